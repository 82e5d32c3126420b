"""The lists of a passage, by labels and indents: what belongs to which, and what leads it in."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ingest.sentences import Sentence, sentences

BULLETS, NUMBERS = "bullets", "numbers"
BULLET = re.compile(r"[-*•–▪◦‣]\s")
NUMBER = re.compile(r"(?:(?P<bare>\d{1,2}|[a-z])[.)]|\((?P<enclosed>\d{1,2}|[a-z])\))\s")
_TAB = 4
_OUTSIDE = -1
"""The indent of a heading, which ends every list."""


class Run(NamedTuple):
    """A list: its first and last character, its kind, and the sentence with a colon that it begins with, if any."""

    start: int
    end: int
    kind: str
    lead: str


class _Line(NamedTuple):
    """A sentence: the kind of the list that it is an item of, or goes on in on the same line, its indent, and the
    number or letter before it."""

    kind: str
    indent: int
    label: str = ""


class Outline:
    """The sentences of a passage with the lists that they stand in."""

    def __init__(self, text: str, headings: Collection[str]) -> None:
        self.text = text
        self.found = list(sentences(text, headings))
        self._lines = list(self._read(headings))

    @property
    def kinds(self) -> list[str]:
        return [line.kind for line in self._lines]

    def place(self, start: int) -> int | None:
        """Of the sentence that begins at this character."""
        return next((number for number, one in enumerate(self.found) if one.start == start), None)

    def leads_in(self, at: int) -> bool:
        """Whether a sentence leads a list in, so that it says nothing without it."""
        return at + 1 < len(self.found) and ends_with_colon(self._said(at)) and bool(self._lines[at + 1].kind)

    def lists(self, at: int) -> Iterator[Run]:
        """Those that a sentence stands in, from the innermost on, each with what leads it in."""
        item = at if self._lines[at].kind else self._above(at)
        while item is not None:
            first = self._first(item)
            led = first > 0 and self.leads_in(first - 1)
            start = self.found[first - led].start
            yield Run(
                start, self.found[self._last(first)].end, self._lines[item].kind, self._said(first - 1) if led else ""
            )
            item = self._above(first)

    def _said(self, at: int) -> str:
        return self.text[self.found[at].start : self.found[at].end]

    def _read(self, headings: Collection[str]) -> Iterator[_Line]:
        line, end = _Line("", 0), 0
        for number, one in enumerate(self.found):
            if self._said(number) in headings:
                line = _Line("", _OUTSIDE)
            elif not line.kind or "\n" in self.text[end : one.start]:
                line = self._line(one)
            else:
                line = line._replace(label="")
            end = one.end
            yield line

    def _line(self, one: Sentence) -> _Line:
        before = self.text[: one.start].rpartition("\n")[2].expandtabs(_TAB)
        indent = len(before) - len(before.lstrip())
        if before.strip():
            return _Line("", indent)
        number = NUMBER.match(self.text, one.start)
        if BULLET.match(self.text, one.start):
            return _Line(BULLETS, indent)
        return _Line(NUMBERS, indent, number["bare"] or number["enclosed"]) if number else _Line("", indent)

    def _above(self, at: int) -> int | None:
        """The item that a sentence is indented below."""
        inner = self._lines[at].indent
        above = next((one for one in range(at - 1, -1, -1) if self._lines[one].indent < inner), None)
        return above if above is not None and self._lines[above].kind else None

    def _first(self, item: int) -> int:
        """Of the items of its list."""
        base, first = self._lines[item], item
        while first:
            before = next((one for one in range(first - 1, -1, -1) if self._lines[one].indent <= base.indent), -1)
            if before < 0 or self._lines[before][:2] != base[:2]:
                before = self._counted(first, -1)
            if before < 0:
                break
            first = before
        return first

    def _last(self, item: int) -> int:
        """Of the sentences of its list, with what is indented below its items."""
        base, last = self._lines[item], item
        while last + 1 < len(self._lines):
            after = last + 1
            if self._lines[after].indent <= base.indent and self._lines[after][:2] != base[:2]:
                after = self._counted(item, +1)
            if after < 0:
                break
            last = after
            item = last if self._lines[last].label and self._lines[last][:2] == base[:2] else item
        return last

    def _counted(self, item: int, step: int) -> int:
        """The item that counts on from one behind what interrupts the list, such as a note; -1 if there is none."""
        base = self._lines[item]
        sought = _next_label(base.label, step)
        at = item + step
        while sought and 0 <= at < len(self._lines) and self._lines[at].indent >= base.indent:
            one = self._lines[at]
            if one[:2] == base[:2] and one.label and one.label.isdigit() == base.label.isdigit():
                return at if one.label == sought else -1
            at += step
        return -1


def ends_with_colon(text: str) -> bool:
    """Whether it leads something in, in bold or not."""
    return text.rstrip("*_ ").endswith(":")


def _next_label(label: str, step: int) -> str:
    if label.isdigit():
        return str(int(label) + step)
    return chr(ord(label) + step) if label else ""
