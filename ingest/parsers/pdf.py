"""PDF files: sections page by page, with a box for every character.

The text of a page is kept whole, heading lines included, apart from running headers and footers; headings only label
it. Lines stay lines, paragraphs are parted by an empty line, and words that a line end divided are joined.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import UnreadableFileError
from ingest.parsers.pdfchars import Bookmark, open_pdf, read_bookmarks, read_chars
from ingest.parsers.pdfcolumns import unwoven
from ingest.parsers.pdfheadings import PdfHeading, PlacedHeadings, headings_from_fonts, headings_from_outline
from ingest.parsers.pdflines import Line, page_lines
from ingest.parsers.pdfpictures import shows_picture
from ingest.parsers.pdfrows import with_cells
from ingest.parsers.pdfrunning import running_lines
from ingest.types import Section
from ingest.unread import page_ranges

WORD = re.compile(r"\w+(?:-\w+)*")
WORD_END = re.compile(r"[\w-]*$")
CONJUNCTION = re.compile(r"(?:und|oder|bzw|sowie|bis|and|or)\b")
PARAGRAPH_GAP = 0.4
"""How much wider than usual, in font sizes, the space above a new paragraph is."""


def read_pdf(path: Path, name: str) -> list[Section]:
    """Sections in page order; each lies on one page and under one heading path. The first names the unread pages.

    Raises:
        UnreadableFileError: encrypted, damaged, without pages, or without a text layer.
    """
    bookmarks, pages, unread = _read(path, name)
    headings = headings_from_outline(bookmarks, pages) or headings_from_fonts(pages)
    vocabulary = _vocabulary(pages)
    sections = list(_sections(pages, headings, vocabulary))
    if not sections:
        raise UnreadableFileError(f"{name} has no text layer: run OCR on it and add the result.")
    return [replace(sections[0], unread_pages=page_ranges(unread)), *sections[1:]]


def _read(path: Path, name: str) -> tuple[list[Bookmark], list[list[Line]], list[int]]:
    """Bookmarks, the lines of every page without the running ones, and the numbers of pages that hold no others."""
    with open_pdf(path, name) as pdf:
        bookmarks = read_bookmarks(pdf)
        pages, heights = [], []
        for index in range(len(pdf)):
            chars = read_chars(pdf, index)
            pages.append(page_lines(chars))
            heights.append(chars.height)
        kept = _without_running(pages, heights)
        unread = [i + 1 for i, lines in enumerate(kept) if not lines and shows_picture(pdf, i, not pages[i])]
    return bookmarks, kept, unread


def _without_running(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[list[Line]]:
    running = running_lines(pages, heights)
    kept = ([line for i, line in enumerate(lines) if i not in out] for lines, out in zip(pages, running, strict=True))
    return [with_cells(unwoven(lines)) for lines in kept]


def _sections(
    pages: Sequence[Sequence[Line]], headings: PlacedHeadings, vocabulary: frozenset[str]
) -> Iterator[Section]:
    path: list[PdfHeading] = []
    for page, lines in enumerate(pages):
        starts = sorted({0, *(i for at, i in headings if at == page)})
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            for heading in headings.get((page, start), ()):
                path = [above for above in path if above.depth < heading.depth] + [heading]
            if start < end:
                text, boxes = join_lines(lines[start:end], vocabulary)
                yield Section(text, page + 1, tuple(above.text for above in path), boxes)


def _vocabulary(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """Words of the document, with and without hyphens; empty where no line ends in a divided word."""
    if not any(line.hyphenated for lines in pages for line in lines):
        return frozenset()
    return frozenset(word for lines in pages for line in lines for word in WORD.findall(line.text.lower()))


@dataclass
class _Joined:
    texts: list[str] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, text: str, boxes: NDArray[np.float32] | None = None) -> None:
        self.texts.append(text)
        self.boxes.append(np.zeros((len(text), 4), np.float32) if boxes is None else boxes)


def join_lines(lines: Sequence[Line], vocabulary: frozenset[str]) -> tuple[str, NDArray[np.float32]]:
    """Text of consecutive lines and its boxes, (len(text), 4); at least one line."""
    joined = _Joined()
    usual = _usual_gap(lines)
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        if after is None or not (line.hyphenated and after.text) or _suspends(line.text, after.text, vocabulary):
            joined.add(line.text, line.boxes)
            if after is not None:
                joined.add("\n\n" if _parts(line, after, usual) else "\n")
        elif _keeps_hyphen(line.text, after.text, vocabulary):
            joined.add(line.text, line.boxes)
        else:
            joined.add(line.text[:-1], line.boxes[:-1])
    return "".join(joined.texts), np.concatenate(joined.boxes)


def _usual_gap(lines: Sequence[Line]) -> float:
    gaps = [after.top - line.bottom for line, after in pairwise(lines)]
    return float(np.median(gaps)) if gaps else 0.0


def _parts(line: Line, after: Line, usual: float) -> bool:
    """Whether a paragraph ends: the gap is wider than usual, or the text goes on higher up, in another column."""
    gap = after.top - line.bottom
    return gap > usual + PARAGRAPH_GAP * line.size or after.bottom < line.top


def _suspends(before: str, after: str, vocabulary: frozenset[str]) -> bool:
    """Whether the hyphen stands for what two words share: "Ein-\\nund Ausgabe", not "Kür-\\nbis"."""
    start, conjunction = WORD_END.search(before[:-1].lower()), CONJUNCTION.match(after)
    return start is not None and conjunction is not None and start.group() + conjunction.group() not in vocabulary


def _keeps_hyphen(before: str, after: str, vocabulary: frozenset[str]) -> bool:
    """Whether the hyphen belongs to the word: "well-\\nknown" against "exam-\\nple"."""
    if not after[0].islower():
        return True
    start = WORD_END.search(before[:-1].lower())
    end = WORD.match(after.lower())
    if start is None or end is None:
        return False
    first, second = start.group().lstrip("-"), end.group()
    return f"{first}-{second}" in vocabulary and f"{first}{second}" not in vocabulary
