"""Pieces of an answer become statements as soon as it is sure where they end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from generation.citations import Statement
from generation.lists import is_item
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


@dataclass(frozen=True)
class Draft:
    """`before`: what stands between it and the draft before, a blank or a line break."""

    statement: Statement
    before: str

    @property
    def text(self) -> str:
        return self.statement.text + "".join(f" [{marker}]" for marker in self.statement.markers)


class DraftReader:
    """Reads an answer piece by piece.

    A run of markers or the end of a line ends a draft, or several: sentences before one run all rest on it. A stop
    behind the markers goes before them; markers in mid-sentence go to its end. What follows must have begun, or the
    answer ended, before a draft is given: until then another marker may come. Items of a list without markers, and the
    line with a colon above them, wait for the next item that has some, and rest on the same.
    """

    def __init__(self) -> None:
        self._rest, self._before = "", ""
        self._waiting: list[Draft] = []

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
        item = is_item(body)
        waits = not markers and (item or body.endswith(":"))
        if not waits:
            yield from self._released(markers if item else ())
        for start, end in sentence_spans(body):
            draft = Draft(Statement(body[start:end], markers), self._before)
            self._before = " "
            if waits:
                self._waiting.append(draft)
            else:
                yield draft

    def _released(self, markers: tuple[int, ...]) -> list[Draft]:
        """Those that waited, with the markers of what came."""
        ready = [replace(one, statement=replace(one.statement, markers=markers)) for one in self._waiting]
        self._waiting.clear()
        return ready


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
