"""What a mail repeats of earlier ones: it must not speak with the date and the sender of the new one.

English and German, as Outlook, Gmail, Thunderbird and Apple's Mail write it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lxml import etree

from ingest.types import Section

REPLY = re.compile(r"(?:re|aw|antw|sv|fwd?|wg)\s*(?:\[\d+\])?:", re.IGNORECASE)
"""How the subject of an answer or of a forwarded mail begins."""
LINE = "-----Original Message-----"
LABEL = "Earlier message"

_LINE = (
    r"[-_]{2,}\s?(?:Original\sMessage|Forwarded\sMessage|(?:Ursprüngliche|Weitergeleitete|Original-?)\s?Nachricht)"
    r"\s?[-_]{2,}"
)
_SAID_BY = r"(?:On|Am)\b[^\n]+(?:\n[^\n>]+)??(?:\bwrote|\bschrieb\b[^\n:]*)[ \t]*:"
_FIELD = r"(?:From|Von|Sent|Gesendet|Date|Datum|To|An|Cc|Bcc|Reply-To|Subject|Betreff)"
_FIELDS = rf"[^\w\n]*(?:From|Von):[^\n]+(?:\n[^\w\n]*{_FIELD}:[^\n]*)*"
_HEAD = re.compile(
    rf"^(?:(?:{_SAID_BY}\s*)?{_LINE}(?:\s*(?:{_SAID_BY}|{_FIELDS}))?|(?P<bare>{_FIELDS}))",
    re.MULTILINE | re.IGNORECASE,
)
_VALUES = re.compile(rf"\b(?P<name>{_FIELD}):(?:\*|[^\S\n])*(?P<value>\S.*?)[*\s]*?(?=\s\*?{_FIELD}:|$)", re.MULTILINE)
_SENDER, _SENT, _SUBJECT = ("From", "Von"), ("Sent", "Gesendet", "Date", "Datum"), ("Subject", "Betreff")
_ADDRESSED = re.compile(r"\b(?:To|An|Subject|Betreff):")
_QUOTE = re.compile(rf"(?:^(?P<by>{_SAID_BY})[ \t]*\n\s*)?(?P<lines>(?:^>[^\n]*(?:\n|\Z))+)", re.MULTILINE)
_MARKS = re.compile(r"^>[> ]*", re.MULTILINE)
_RULE = re.compile(r"(?:^|\n)[ \t]*[-_]{5,}\s*\Z")


def parted(sections: Iterable[Section], is_reply: bool) -> Iterator[Section]:
    """What is new as it was; what is repeated, below a heading that says whose it is and of when.

    Args:
        is_reply: ">" marks what is repeated also where no line above says so, and fields alone begin an earlier mail.
    """
    earlier = ""
    for section in sections:
        parts = list(_parts(section.text, earlier, is_reply)) if section.kind == "text" else [(earlier, section.text)]
        earlier = parts[-1][0]
        for label, text in parts if earlier or section.kind == "table" else _quotes(section.text, is_reply):
            if text.strip():
                headings = (label, *section.headings) if label else section.headings
                yield replace(section, text=text.strip("\n"), headings=headings)


def _parts(text: str, label: str, is_reply: bool) -> Iterator[tuple[str, str]]:
    """Label and text of what stands before, between and after the heads; all below a head was said before."""
    start, kept = 0, ""
    for head in _HEAD.finditer(text):
        before = text[start : head.start()]
        found = _label(head[0]) if not head["bare"] or _is_head(head[0], before, is_reply or bool(label)) else ""
        if found:
            yield label, kept + _RULE.sub("", before).lstrip("\n")
            label, start, kept = found, head.end(), _kept(head[0])
    yield label, kept + (_MARKS.sub("", text[start:]) if label else text[start:]).lstrip("\n")


def _is_head(fields: str, before: str, is_reply: bool) -> bool:
    """Fields alone may as well say whence a train goes, and when."""
    known = is_reply or _RULE.search(before) is not None
    return "@" in _value(fields, _SENDER) or (known and bool(_value(fields, _SUBJECT)))


def _kept(head: str) -> str:
    """A paragraph of the fields that the label does not repeat, one a line."""
    found = [(field["name"], field["value"]) for field in _VALUES.finditer(head)]
    lines = [f"{name}: {value}\n" for name, value in found if name not in (*_SENDER, *_SENT)]
    return "".join([*lines, "\n"]) if lines else ""


def _value(head: str, names: tuple[str, ...]) -> str:
    return next((field["value"] for field in _VALUES.finditer(head) if field["name"] in names), "")


def _label(head: str) -> str:
    """ "" where it is the head of no mail."""
    if said := re.search(_SAID_BY, head):
        return f"{LABEL} ({' '.join(said[0].rstrip(' :').split())})"
    sender, sent = _value(head, _SENDER), _value(head, _SENT)
    if sender and sent and _ADDRESSED.search(head):
        return f"{LABEL} ({sender}, {sent})"
    return LABEL if re.search(_LINE, head, re.IGNORECASE) else ""


def _quotes(text: str, is_reply: bool) -> Iterator[tuple[str, str]]:
    start = 0
    for quote in _QUOTE.finditer(text):
        if quote["by"] or is_reply:
            yield "", text[start : quote.start()]
            yield _label(quote["by"] or LINE), _MARKS.sub("", quote["lines"])
            start = quote.end()
    yield "", text[start:]


def marked(root: etree._Element) -> etree._Element:
    """`root`, changed in place: `LINE` stands above the quote of an earlier mail with which an HTML mail ends."""
    cited = root.xpath("//blockquote[@type='cite'] | //*[contains(concat(' ', @class, ' '), ' gmail_quote ')]")
    for element in cited[:1]:
        if not any(text.strip() for text in element.xpath("following::text()")):
            line = etree.Element("p")
            line.text = LINE
            element.addprevious(line)
    return root
