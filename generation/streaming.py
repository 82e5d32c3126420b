"""Pieces of an answer become statements as soon as it is sure where they end."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from generation.citations import Statement
from generation.lists import is_item, read_under
from generation.markers import GROUP, normal, open_from, subscripts, unmasked
from generation.outlines import ends_with_colon
from generation.verification.polarity import confines
from ingest.sentences import sentence_spans

_RUN = re.compile(rf"{GROUP}(?:[\s,;]*{GROUP})*")
"""Markers behind one another; models write [1][2], [1, 2] and [1-3]."""
_BLANKS = re.compile(r"(\s{16})\s+")
_AT_ONCE = 1024
"""Characters: every part that is cut off costs as many."""
_STOPS = ".!?:…。！？"
_STOP = re.compile(f"[{_STOPS}]+")
_RULE = re.compile(r"(?=[^-]*-)\|(?:[\s:]*-+[\s:]*\|)*(?:[\s:]*-+[\s:]*)?")
_BAR = re.compile(r"[^\S\n]*\|")
_NUMBERS = re.compile(r"(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?")
_GOES_ON = re.compile(r"\s*[,;]\s*[^\s\[]|\s+[a-zß-ÿ]|[^\S\n]*\|[^\S\n]*[^\s|\[]")
"""What follows a marker inside a sentence or a row."""
_SOURCE = re.compile(
    r"\b(?:according to|as (?:stated|described|mentioned|shown) in|(?:as )?per|see|laut|gemäß|siehe)"
    r"(?: (?:the )?(?:passages?|sources?|documents?))?\s*$",
    re.IGNORECASE,
)
"""What is said of a passage itself: without its marker it says nothing."""
_JOINED = re.compile(rf"({GROUP}) (?:and|und|or|&) (?={GROUP})")
"""According to [1] and [2]."""
_BRACKETED = re.compile(rf"\(\s*(?:see |siehe )?({GROUP}(?:[\s,;]*{GROUP})*)\s*\)", re.IGNORECASE)
"""([1]) and (see [1])."""
_LONGEST_RANGE = 20
_WHOLE = re.compile(rf"(?:[.!?…。！？]|{GROUP})\Z")
_LAST = 99
"""Characters that hold the last markers."""


@dataclass(frozen=True)
class Draft:
    """`before`: what stands between it and the draft before, a blank or a line break. `lead`: what leads in the list
    that it is an item of, where that says no or "only": without it the item would say something else. `header`: the two
    lines above the rows of the table that it is one of."""

    statement: Statement
    before: str
    lead: "Draft | None" = None
    header: str = ""

    @property
    def claim(self) -> Statement:
        """What it says, read under its lead."""
        if not self.lead:
            return self.statement
        return replace(self.statement, text=read_under(self.lead.statement.text, self.statement.text))

    def citing(self, markers: tuple[int, ...]) -> "Draft":
        return replace(self, statement=replace(self.statement, markers=markers))

    @property
    def text(self) -> str:
        """With its markers, a row before its last bar: behind it nobody would show them."""
        row = self.statement.text.startswith("|") and self.statement.text.endswith(" |")
        said, end = (self.statement.text[:-2], " |") if row else (self.statement.text, "")
        return said + "".join(f" [{marker}]" for marker in self.statement.markers) + end


class DraftReader:
    """Reads an answer piece by piece.

    A run of markers or the end of a line ends a draft, or several: sentences before one run all rest on it. A stop
    behind the markers goes before them; markers in mid-sentence go to its end. What follows must have begun, or the
    answer ended, before a draft is given: until then another marker may come. Items of a list without markers, and the
    line with a colon above them, wait for the next item that has some, and rest on the same. A line with a colon that
    says no is not given by itself where items follow, but as the `lead` of each, and the names of columns as the
    `header` of each row.

    Args:
        passages: their texts, which tell the indices of code from markers.
    """

    def __init__(self, passages: Iterable[str] = ()) -> None:
        self._code = subscripts(passages)
        self._held, self._rest, self._before = "", "", ""
        self._waiting: list[Draft] = []
        self._lead: Draft | None = None
        self._names, self._header = "", ""
        """The last row, until it is sure whether it names columns; the lines above the rows that come."""

    def feed(self, piece: str) -> list[Draft]:
        found: list[Draft] = []
        for start in range(0, len(piece), _AT_ONCE):
            self._take(piece[start : start + _AT_ONCE], final=False)
            found += self._ready(final=False)
        return found

    def end(self) -> list[Draft]:
        self._take("", final=True)
        return [*self._ready(final=True), *self._unnamed(), *self._released(())]

    def _take(self, piece: str, final: bool) -> None:
        """What has come, but for the beginning of a marker at its end."""
        text = self._held + piece
        end = len(text) if final else open_from(text)
        kept = len(self._rest.rstrip())
        whole = self._rest[:kept] + _BLANKS.sub(_few, self._rest[kept:] + text[:end])
        self._rest, self._held = normal(whole, kept, self._code), text[end:]

    def _ready(self, final: bool) -> Iterator[Draft]:
        while cut := _cut(self._rest, final):
            body, markers, line_ends, self._rest = cut
            if _RULE.fullmatch(body) and self._names:
                self._header, self._names = f"{self._names}\n{body}", ""
            else:
                yield from self._unnamed()
                yield from self._drafts(body, markers)
            if line_ends:
                self._before = "\n" if self._before else ""

    def _unnamed(self) -> Iterator[Draft]:
        """The last row, which names no columns."""
        body, self._names = self._names, ""
        yield from self._split(body, (), None)

    def _drafts(self, body: str, markers: tuple[int, ...]) -> Iterator[Draft]:
        if body.startswith("|") and not markers:
            self._names = body
            return
        self._header = self._header if body.startswith("|") else ""
        item, leads_in = is_item(body), ends_with_colon(body)
        drafts = list(self._split(body, markers, self._lead_of_items() if item else None))
        if not item or leads_in:
            self._lead = drafts[-1] if leads_in and confines(drafts[-1].statement.text) else None
        if leads_in or (item and not markers):
            self._waiting += drafts
        else:
            yield from self._released(markers if item else ())
            yield from drafts

    def _lead_of_items(self) -> Draft | None:
        """Which no longer waits to be given by itself."""
        self._waiting = [one for one in self._waiting if one is not self._lead]
        return self._lead

    def _split(self, body: str, markers: tuple[int, ...], lead: Draft | None) -> Iterator[Draft]:
        """The sentences of a body; only the first one of an item goes on where its lead ends."""
        for start, end in sentence_spans(body):
            yield Draft(
                Statement(unmasked(body[start:end]), markers), self._before, None if start else lead, self._header
            )
            self._before = " "

    def _released(self, markers: tuple[int, ...]) -> list[Draft]:
        """Those that waited, with the markers of what came where they have none."""
        ready = [one.citing(one.statement.markers or markers) for one in self._waiting]
        self._waiting.clear()
        return ready


def ends_whole(text: str) -> bool:
    """Whether an answer ends where a sentence or an item may end."""
    bare = text.rstrip()
    if "\n" in text[len(bare) :]:
        return True
    return _WHOLE.search(bare.rstrip(" *_\"'”’»)")[-_LAST:]) is not None


def _cut(text: str, final: bool) -> tuple[str, tuple[int, ...], bool, str] | None:
    """The first part of `text` that is complete: words, markers, whether a line ends behind them, and the rest."""
    if not (final or "]" in text or "\n" in text):
        return None
    text, inside = _without_inner(_BRACKETED.sub(r"\1", _JOINED.sub(r"\1", text)))
    run, line = _RUN.search(text), len(text.partition("\n")[0])
    before = text[: run.start()].rstrip() if run else text
    if run and len(before) <= len(text[:line].rstrip()):
        body, end = _with_stop(before.strip(), text, run.end())
        markers = tuple(dict.fromkeys([*inside, *_numbers(run.group())]))
    elif line < len(text):
        body, end, markers = text[:line].strip(), line, inside
    elif final and text.strip():
        return text.strip(), inside, True, ""
    else:
        return None
    following = text[end:].lstrip()
    if not final and (following.strip() in ("", "|") or following[0] in ",;" + _STOPS):
        return None
    between = text[end : len(text) - len(following)]
    return body, markers, "\n" in between, following


def _with_stop(body: str, text: str, end: int) -> tuple[str, int]:
    """With the stop that follows the markers before `end`, or the bar that closes a row, and where that ends."""
    if bar := _BAR.match(text, end) if body.startswith("|") else None:
        return f"{body} |", bar.end()
    stop = _STOP.match(text, end)
    if stop and body and body[-1] not in _STOPS:
        body += stop.group()
    return body, stop.end() if stop else end


def _without_inner(text: str) -> tuple[str, tuple[int, ...]]:
    """Without the markers inside the first sentence that has some, and these."""
    found: list[int] = []
    start = 0
    while run := _RUN.search(text, start):
        before, after = text[: run.start()].rstrip(), text[run.end() :]
        if "\n" in before or before[-1:] in _STOPS or not _GOES_ON.match(after):
            break
        found += _numbers(run.group())
        if source := _SOURCE.search(before):
            before, after = before[: source.start()].rstrip(), after.lstrip(" ,;)")
            after = f" {after}" if before else after[:1].upper() + after[1:]
        text, start = before + after, len(before)
    return text, tuple(dict.fromkeys(found))


def _few(blanks: re.Match[str]) -> str:
    """The first ones; a line break stays one."""
    return blanks[1] + ("\n" if "\n" in blanks.group() and "\n" not in blanks[1] else "")


def _numbers(run: str) -> list[int]:
    """Of markers; [1-3] are three."""
    found: list[int] = []
    for first, last in _NUMBERS.findall(run):
        low, high = int(first), int(last or first)
        found += range(low, high + 1) if low <= high < low + _LONGEST_RANGE else [low, high]
    return found
