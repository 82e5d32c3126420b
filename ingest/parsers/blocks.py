"""What the structured formats have in common: headings, paragraphs and tables become sections."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from ingest.parsers.decoding import clean
from ingest.parsers.tables import Row, markdown_tables
from ingest.types import Section


@dataclass(frozen=True)
class Heading:
    """`depth` 0 is the topmost level. One without text only ends the headings of its depth and below."""

    text: str
    depth: int
    page: int | None = None


@dataclass(frozen=True)
class Paragraph:
    text: str
    page: int | None = None
    is_item: bool = False


@dataclass(frozen=True)
class Table:
    rows: list[Row]
    page: int | None = None


Block: TypeAlias = Heading | Paragraph | Table


def sections_of(blocks: Iterable[Block]) -> list[Section]:
    """Consecutive text under one heading path and page is one section, and every table is its own.

    Paragraphs are separated by an empty line, list items by a newline. A heading is in the path of what
    follows it; one that nothing follows becomes a section of its own, so that no text is lost.
    """
    assembler = _Assembler()
    for block in blocks:
        assembler.add(block)
    return assembler.finish()


@dataclass
class _OpenHeading:
    text: str
    depth: int
    page: int | None
    covered: bool = False


@dataclass
class _Assembler:
    sections: list[Section] = field(default_factory=list)
    headings: list[_OpenHeading] = field(default_factory=list)
    run: list[Paragraph] = field(default_factory=list)

    def add(self, block: Block) -> None:
        match block:
            case Heading():
                self._open(block)
            case Paragraph():
                self._add_paragraph(block)
            case Table():
                self._flush()
                for text in markdown_tables(block.rows):
                    self._emit(Section(text, block.page, self._path(), kind="table"))

    def finish(self) -> list[Section]:
        self._flush()
        self._close(0)
        return self.sections

    def _add_paragraph(self, block: Paragraph) -> None:
        text = _trim(clean(block.text))
        if not text:
            return
        if self.run and self.run[-1].page != block.page:
            self._flush()
        self.run.append(Paragraph(text, block.page, block.is_item))

    def _open(self, block: Heading) -> None:
        self._flush()
        self._close(block.depth)
        if text := " ".join(clean(block.text).split()):
            self.headings.append(_OpenHeading(text, block.depth, block.page))

    def _close(self, depth: int) -> None:
        while self.headings and self.headings[-1].depth >= depth:
            last = self.headings[-1]
            if not last.covered:
                self._emit(Section(last.text, last.page, self._path()))
            self.headings.pop()

    def _flush(self) -> None:
        if self.run:
            self._emit(Section(_join(self.run), self.run[0].page, self._path()))
            self.run = []

    def _emit(self, section: Section) -> None:
        for heading in self.headings:
            heading.covered = True
        self.sections.append(section)

    def _path(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self.headings)


def _trim(text: str) -> str:
    """Without outer empty lines and trailing white space; the indent of the first line stays."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").rstrip()


def _join(run: list[Paragraph]) -> str:
    parts = [run[0].text]
    for before, paragraph in pairwise(run):
        parts.append("\n" if before.is_item and paragraph.is_item else "\n\n")
        parts.append(paragraph.text)
    return "".join(parts)
