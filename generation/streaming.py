"""Pieces of an answer become statements as soon as it is sure where they end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from generation.citations import Statement
from generation.lists import is_item, read_under
from generation.outlines import ends_with_colon
from generation.verification.polarity import confines
from ingest.sentences import sentence_spans

_GROUP = r"\[\d{1,3}(?:\s*[-–,;]\s*\d{1,3})*\]"
_RUN = re.compile(rf"\s*{_GROUP}(?:[\s,;]*{_GROUP})*")
"""Markers behind one another; models write [1][2], [1, 2] and [1-3]."""
_LINE_END = re.compile(r"[^\S\n]*\n\s*")
_STOPS = ".!?:…。！？"
_STOP = re.compile(f"[{_STOPS}]+")
_NUMBERS = re.compile(r"(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?")
_GOES_ON = re.compile(r"\s*[,;]\s*[^\s\[]|\s+[a-zß-ÿ]")
"""What follows a marker inside a sentence."""
_SOURCE = re.compile(
    r"\b(?:according to|as (?:stated|described|mentioned|shown) in|per|see|laut|gemäß|siehe)\s*$", re.IGNORECASE
)
"""What is said of a passage itself: without its marker it says nothing."""
_BRACKETED = re.compile(rf"\(\s*(?:see |siehe )?({_GROUP}(?:[\s,;]*{_GROUP})*)\s*\)", re.IGNORECASE)
"""([1]) and (see [1])."""
_LONGEST_RANGE = 20
_WHOLE = re.compile(rf"(?:[.!?…。！？]|{_GROUP})[\s*_\"'”’»)]*$|\n\s*$")


@dataclass(frozen=True)
class Draft:
    """`before`: what stands between it and the draft before, a blank or a line break. `lead`: what leads in the list
    that it is an item of, where that says no or "only": without it the item would say something else."""

    statement: Statement
    before: str
    lead: "Draft | None" = None

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
        return self.statement.text + "".join(f" [{marker}]" for marker in self.statement.markers)


class DraftReader:
    """Reads an answer piece by piece.

    A run of markers or the end of a line ends a draft, or several: sentences before one run all rest on it. A stop
    behind the markers goes before them; markers in mid-sentence go to its end. What follows must have begun, or the
    answer ended, before a draft is given: until then another marker may come. Items of a list without markers, and the
    line with a colon above them, wait for the next item that has some, and rest on the same. A line with a colon that
    says no is not given by itself where items follow, but as the `lead` of each.
    """

    def __init__(self) -> None:
        self._rest, self._before = "", ""
        self._waiting: list[Draft] = []
        self._lead: Draft | None = None

    def feed(self, piece: str) -> list[Draft]:
        self._rest += piece
        return list(self._ready(final=False))

    def end(self) -> list[Draft]:
        return [*self._ready(final=True), *self._released(())]

    def _ready(self, final: bool) -> Iterator[Draft]:
        while cut := _cut(self._rest, final):
            body, markers, line_ends, self._rest = cut
            yield from self._drafts(body, markers)
            if line_ends:
                self._before = "\n" if self._before else ""

    def _drafts(self, body: str, markers: tuple[int, ...]) -> Iterator[Draft]:
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
            yield Draft(Statement(body[start:end], markers), self._before, None if start else lead)
            self._before = " "

    def _released(self, markers: tuple[int, ...]) -> list[Draft]:
        """Those that waited, with the markers of what came where they have none."""
        ready = [one.citing(one.statement.markers or markers) for one in self._waiting]
        self._waiting.clear()
        return ready


def ends_whole(text: str) -> bool:
    """Whether an answer ends where a sentence or an item may end."""
    return _WHOLE.search(text) is not None


def _cut(text: str, final: bool) -> tuple[str, tuple[int, ...], bool, str] | None:
    """The first part of `text` that is complete: words, markers, whether a line ends behind them, and the rest."""
    text, inside = _without_inner(_BRACKETED.sub(r"\1", text))
    run, line = _RUN.search(text), _LINE_END.search(text)
    if run and (line is None or run.start() <= line.start()):
        stop = _STOP.match(text, run.end())
        end = stop.end() if stop else run.end()
        body = text[: run.start()].strip()
        if stop and body and body[-1] not in _STOPS:
            body += stop.group()
        markers = tuple(dict.fromkeys([*inside, *_numbers(run.group())]))
    elif line:
        body, end, markers = text[: line.start()].strip(), line.start(), inside
    elif final and text.strip():
        return text.strip(), inside, True, ""
    else:
        return None
    following = text[end:].lstrip()
    if not final and (not following or following[0] in "[,;" + _STOPS):
        return None
    between = text[end : len(text) - len(following)]
    return body, markers, "\n" in between, following


def _without_inner(text: str) -> tuple[str, tuple[int, ...]]:
    """Without the markers inside the first sentence that has some, and these."""
    found: list[int] = []
    start = 0
    while run := _RUN.search(text, start):
        before, after = text[: run.start()], text[run.end() :]
        if "\n" in before or before[-1:] in _STOPS or not _GOES_ON.match(after):
            break
        found += _numbers(run.group())
        if source := _SOURCE.search(before):
            before, after = before[: source.start()].rstrip(), after.lstrip(" ,;)")
            after = f" {after}" if before else after[:1].upper() + after[1:]
        text, start = before + after, len(before)
    return text, tuple(dict.fromkeys(found))


def _numbers(run: str) -> list[int]:
    """Of markers; [1-3] are three."""
    found: list[int] = []
    for first, last in _NUMBERS.findall(run):
        low, high = int(first), int(last or first)
        found += range(low, high + 1) if low <= high < low + _LONGEST_RANGE else [low, high]
    return found
