"""Table rows in PDF pages: cells that line up with those of the row above or below are set apart by " | "."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.parsers.pdflines import Line

SEPARATOR = " | "
ALIGNED_WITHIN = 0.4
"""Font sizes between edges that count as the same; a bracket may stand out."""
NEIGHBOURS = 2
"""Rows above and below that are looked at: a label that wraps stands between two rows."""
HEAD_GAP = 1.5
"""Font sizes between the head of a table and its first row; a running header is further away."""
LABEL = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]{1,4})[.)]|[^\w\s]{1,2}|o")
"""A list label or bullet, which stands apart from its text but is no cell."""
CURRENCY = re.compile(r"(?<=[\w)%\u2013\u2014-] )[$\u20ac\u00a3\u00a5](?= )")
"""A currency sign often stands next to the cell before it and far from its own number."""
DASHES = frozenset("-\u2012\u2013\u2014\u2212")


@dataclass(frozen=True)
class Cell:
    start: int
    end: int
    left: float
    right: float


def with_cells(lines: Sequence[Line]) -> list[Line]:
    """The same lines; where cells line up, the text has separators (with zero boxes)."""
    cells = [list(cells_of(line)) for line in lines]
    return [
        _separated(line, cells[i]) if _lines_up(cells, i, ALIGNED_WITHIN * line.size) else line
        for i, line in enumerate(lines)
    ]


def heads(line: Line, below: Line) -> bool:
    """Whether `line` is the head of a table: close above a row, with at least half of its cells in step with that."""
    own, others = list(cells_of(line))[1:], list(cells_of(below))[1:]
    if not own or below.top - line.bottom > HEAD_GAP * line.size:
        return False
    aligned = sum(_aligned([cell], others, ALIGNED_WITHIN * line.size) for cell in own)
    return 2 * aligned >= len(own)


def cells_of(line: Line) -> Iterator[Cell]:
    if not line.cells:
        return
    signs = (found.start() for found in CURRENCY.finditer(line.text))
    start = 0
    for end in [*sorted({*line.cells, *signs}), len(line.text)]:
        if end < len(line.text) and _belongs_to_next(line.text[start:end].strip(), start == 0):
            continue
        last = start + len(line.text[start:end].rstrip()) - 1
        yield Cell(start, last + 1, float(line.boxes[start, 0]), float(line.boxes[last, 2]))
        start = end


def _belongs_to_next(text: str, first: bool) -> bool:
    """Currency signs and opening brackets are part of the number after them, labels part of their text.

    A dash is a value: it stands for nothing.
    """
    if not first and not DASHES.isdisjoint(text):
        return False
    return not any(char.isalnum() for char in text) or (first and LABEL.fullmatch(text) is not None)


def _lines_up(cells: Sequence[Sequence[Cell]], index: int, within: float) -> bool:
    own = cells[index]
    if len(own) < 2:
        return False
    near = range(max(index - NEIGHBOURS, 0), min(index + NEIGHBOURS + 1, len(cells)))
    return any(_aligned(own[1:], cells[other][1:], within) for other in near if other != index)


def _aligned(cells: Sequence[Cell], others: Sequence[Cell], within: float) -> bool:
    return any(
        abs(cell.left - other.left) < within or abs(cell.right - other.right) < within
        for cell in cells
        for other in others
    )


def _separated(line: Line, cells: Sequence[Cell]) -> Line:
    gap = np.zeros((len(SEPARATOR), 4), np.float32)
    boxes = [part for cell in cells for part in (gap, line.boxes[cell.start : cell.end])][1:]
    text = SEPARATOR.join(line.text[cell.start : cell.end] for cell in cells)
    return replace(line, text=text, boxes=np.concatenate(boxes), cells=())
