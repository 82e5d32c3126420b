"""Pieces of an answer become statements as soon as it is sure where they end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generation.citations import Statement
from ingest.sentences import sentence_spans

_GROUP = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]"
_RUN = re.compile(rf"\s*{_GROUP}(?:[\s,;]*{_GROUP})*")
"""Markers behind one another; models write [1][2] and [1, 2]."""
_LINE_END = re.compile(r"[^\S\n]*\n\s*")
_STOP = re.compile(r"[.!?:]+")
_NUMBER = re.compile(r"\d{1,3}")
_STOPS = ".!?:…。！？"


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
    behind the markers goes before them. What follows must have begun, or the answer ended, before a draft is given:
    until then another marker may come.
    """

    def __init__(self) -> None:
        self._rest, self._before = "", ""

    def feed(self, piece: str) -> list[Draft]:
        self._rest += piece
        return list(self._ready(final=False))

    def end(self) -> list[Draft]:
        return list(self._ready(final=True))

    def _ready(self, final: bool) -> Iterator[Draft]:
        while cut := _cut(self._rest, final):
            body, markers, line_ends, self._rest = cut
            yield from self._drafts(body, markers)
            if line_ends:
                self._before = "\n" if self._before else ""

    def _drafts(self, body: str, markers: tuple[int, ...]) -> Iterator[Draft]:
        for start, end in sentence_spans(body):
            yield Draft(Statement(body[start:end], markers), self._before)
            self._before = " "


def _cut(text: str, final: bool) -> tuple[str, tuple[int, ...], bool, str] | None:
    """The first part of `text` that is complete: words, markers, whether a line ends behind them, and the rest."""
    run, line = _RUN.search(text), _LINE_END.search(text)
    if run and (line is None or run.start() <= line.start()):
        stop = _STOP.match(text, run.end())
        end = stop.end() if stop else run.end()
        body = text[: run.start()].strip()
        if stop and body and body[-1] not in _STOPS:
            body += stop.group()
        markers = tuple(dict.fromkeys(int(number) for number in _NUMBER.findall(run.group())))
    elif line:
        body, end, markers = text[: line.start()].strip(), line.start(), ()
    elif final and text.strip():
        return text.strip(), (), True, ""
    else:
        return None
    following = text[end:].lstrip()
    if not final and (not following or following[0] in "[,;" + _STOPS):
        return None
    between = text[end : len(text) - len(following)]
    return body, markers, "\n" in between, following
