"""E-mail messages: the subject is the heading, then sender, recipients and date, then the body."""

import base64
import binascii
import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any, TypeAlias, cast

from ingest.errors import EmptyFileError, UnreadableFileError
from ingest.parsers.blocks import Heading, Paragraph, sections_of
from ingest.parsers.calendars import events
from ingest.parsers.checks import check_not_empty
from ingest.parsers.decoding import clean, decode, decode_as
from ingest.parsers.htmltree import parsed, tidied
from ingest.parsers.mailhistory import REPLY, marked, parted
from ingest.types import Section

SHOWN_HEADERS = ("From", "To", "Cc", "Date")
EXPECTED_HEADERS = ("From", "To", "Date", "Subject", "Received", "Message-ID")
PREFERENCE = {"text/plain": 0, "text/html": 1, "multipart/related": 1}
STUB = re.compile(r"\bhtml\b|\bbrowser\b", re.IGNORECASE)
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts without blanks between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
LACKING = 5
"""Words of the HTML that a plain text must lack at least, to be none of the same message."""
FORWARDED = "message/rfc822"
CALENDAR = "text/calendar"
ZERO_WIDTH = dict.fromkeys(map(ord, "\u034f\u180e\u200b\u200c\u200d\u200e\u200f\u2060"))
"""Mails are padded with these, so that no preview shows what follows."""

Texts: TypeAlias = dict[MIMEPart, str]


class _Lenient(email.policy.EmailPolicy):
    """A header that breaks the grammar is read as plain text."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        # The library's parser stumbles in many ways over what it does not expect.
        except Exception:
            return super().header_fetch_parse("Subject", value)


def read_eml(path: Path, name: str) -> list[Section]:
    """Plain text is preferred to HTML; forwarded messages and events are read too, attachments are named but not
    parsed."""
    data = path.read_bytes()
    check_not_empty(data, name)
    message = _message(data)
    if not any(message[header] for header in EXPECTED_HEADERS):
        raise UnreadableFileError(
            f"{name} is not an e-mail message: export it again as .eml or give it its true suffix."
        )
    if _is_text(message) and not _is_branch(message):
        _text(message, name)  # an odd part is named like an attachment, but here it is all that there is
    return _message_sections(message, name)


def _message(data: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(data, policy=_Lenient(message_factory=EmailMessage)))


def _message_sections(message: MIMEPart, name: str) -> list[Section]:
    subject = " ".join(clean(str(message["Subject"] or "")).split()) or "(no subject)"
    texts = _texts(message, name)
    sections = sections_of(Paragraph(line, is_item=True) for line in _head(message, texts))
    is_reply = bool(message["In-Reply-To"] or message["References"] or REPLY.match(subject))
    for part in _shown_parts(message, texts):
        said = _part_sections(part, texts, name)
        sections += said if _is_forwarded(part) else parted(said, is_reply)
    return [_under(subject, section) for section in sections] or sections_of([Heading(subject, 0)])


def _head(message: MIMEPart, texts: Texts) -> Iterator[str]:
    for header in SHOWN_HEADERS:
        if value := message[header]:
            yield f"{header}: {' '.join(str(value).split())}"
    hidden = [part for part in _leaves(message) if not _is_forwarded(part) and part not in texts]
    if names := [name for part in hidden if (name := _attachment_name(part))]:
        yield f"Attachments: {', '.join(names)}"


def _attachment_name(part: MIMEPart) -> str:
    """A text that could not be read is named even where it has no name."""
    return str(part.get_filename() or (part.get_content_type() if _is_text(part) else ""))


def _texts(message: MIMEPart, name: str) -> Texts:
    """What the parts that are text say, "" where they say nothing; those that turn out to be no text are left out."""
    texts = {}
    for part in filter(_is_text, _leaves(message)):
        with suppress(UnreadableFileError):
            texts[part] = _text(part, name)
    return texts


def _text(part: MIMEPart, name: str) -> str:
    payload, charset = part.get_payload(decode=True), part.get_content_charset()
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = decode_as(data, charset, name) if charset else decode(data, name)
    except EmptyFileError:
        return ""
    text = events(text) if part.get_content_type() == CALENDAR else text
    return text if clean(text).translate(ZERO_WIDTH).strip() else ""


def _leaves(part: MIMEPart) -> Iterator[MIMEPart]:
    if not _is_branch(part):
        yield part
        return
    for child in part.iter_parts():
        yield from _leaves(child)


def _shown_parts(part: MIMEPart, texts: Texts) -> Iterator[MIMEPart]:
    """Texts and forwarded messages; of alternatives, the first in `PREFERENCE` that says something, and all events."""
    if not _is_branch(part):
        if _is_forwarded(part) or texts.get(part):
            yield part
        return
    children = [list(_shown_parts(child, texts)) for child in _by_preference(part)]
    if part.get_content_type() == "multipart/alternative":
        calendars = [parts for parts in children if parts and parts[0].get_content_type() == CALENDAR]
        children = _telling([parts for parts in children if parts and parts not in calendars], texts) + calendars
    for parts in children:
        yield from parts


def _telling(alternatives: list[list[MIMEPart]], texts: Texts) -> list[list[MIMEPart]]:
    """The first; HTML instead of a plain text that lacks most of it ("Please use a client that can show HTML"), or
    beside it, where that says something else."""
    plain, *others = alternatives or [[]]
    pages = [part for part in (others[0] if others else []) if part.get_content_type() == "text/html"]
    if not pages or [part.get_content_type() for part in plain] != ["text/plain"]:
        return alternatives[:1]
    here, there = _words(texts[plain[0]]), _words(_page_text(texts[pages[0]]))
    if len(there - here) < max(LACKING, len(there) / 2):
        return alternatives[:1]
    is_stub = STUB.search(texts[plain[0]]) or len(here - there) < len(here) / 2
    return others[:1] if is_stub else alternatives[:2]


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.casefold()))


def _page_text(html: str) -> str:
    root = parsed(html)
    return "" if root is None else " ".join(tidied(root).itertext())


def _by_preference(part: MIMEPart) -> list[MIMEPart]:
    children = list(part.iter_parts())
    if part.get_content_type() == "multipart/alternative":
        children.sort(key=lambda child: PREFERENCE.get(child.get_content_type(), len(PREFERENCE)))
    return children


def _is_branch(part: MIMEPart) -> bool:
    return part.get_content_maintype() == "multipart" and part.is_multipart()


def _is_text(part: MIMEPart) -> bool:
    """A part of several whose boundary is missing or wrong is plain text too."""
    return part.get_content_maintype() in ("text", "multipart") and part.get_content_disposition() != "attachment"


def _is_forwarded(part: MIMEPart) -> bool:
    return part.get_content_type() == FORWARDED and part.is_multipart()


def _forwarded(part: MIMEPart) -> MIMEPart:
    """The message within; some programs encode it, which the standard forbids."""
    message = cast(MIMEPart, part.get_content())
    if str(part["Content-Transfer-Encoding"] or "").strip().lower() == "base64":
        with suppress(binascii.Error, ValueError):
            return _message(base64.b64decode(str(message.get_payload())))
    return message


def _part_sections(part: MIMEPart, texts: Texts, name: str) -> list[Section]:
    if _is_forwarded(part):
        return _message_sections(_forwarded(part), name)
    if part.get_content_type() != "text/html":
        return sections_of([Paragraph(texts[part])])
    # HTML is rarely met here, and its parser takes a second to load.
    from ingest.parsers.markup import tree_sections

    root = parsed(texts[part])
    return [] if root is None else tree_sections(marked(root))


def _under(subject: str, section: Section) -> Section:
    return Section(section.text, headings=(subject, *section.headings), kind=section.kind)
