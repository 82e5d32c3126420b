"""Two columns of prose that a PDF has row by row are read one after the other; they are no table."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.parsers.pdflines import Line
from ingest.parsers.pdfrows import ALIGNED_WITHIN, Cell, cells_of

LEAST_LINES = 4
LEAST_WORDS = 3
"""Of a line of prose on average."""
GOING_ON = 0.5
"""Share of the lines below the first that begin within a sentence; rows of a table begin anew."""
ROW_GAP = 0.4
"""Font sizes by which rows of a table may be further apart than lines of one cell."""
LEAST_ROWS = 2
TOGETHER = 0.5
"""Share of the lines at which a sentence begins where it begins in both columns: in prose that is chance."""


def unwoven(lines: Sequence[Line]) -> list[Line]:
    """The same lines, those of two columns of prose apart: the left one, then the right one."""
    runs: list[list[Line]] = []
    gutter: float | None = None
    for line in lines:
        pair = _pair(line)
        if not runs or pair is None or gutter is None or abs(pair[1].left - gutter) > ALIGNED_WITHIN * line.size:
            runs.append([])
        runs[-1].append(line)
        gutter = None if pair is None else pair[1].left
    return [line for run in runs for line in _in_order(run)]


def _pair(line: Line) -> tuple[Line, Line] | None:
    cells = list(cells_of(line))
    return (_part(line, cells[0]), _part(line, cells[1])) if len(cells) == 2 else None


def _part(line: Line, cell: Cell) -> Line:
    span = slice(cell.start, cell.end)
    return replace(
        line,
        text=line.text[span],
        boxes=line.boxes[span],
        left=cell.left,
        right=cell.right,
        hyphenated=line.text[span].endswith("-") and len(line.text[span]) > 1,
        cells=(),
    )


def _in_order(rows: Sequence[Line]) -> Sequence[Line]:
    pairs = [pair for row in rows if (pair := _pair(row)) is not None]
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return [*left, *right] if _is_prose(left) and _is_prose(right) and not _are_rows(pairs) else rows


def _are_rows(pairs: Sequence[tuple[Line, Line]]) -> bool:
    """Whether they are wrapped cells of a table: a gap sets apart what begins anew, or both columns do so together."""
    begins = [[not line.text[0].islower() for line in pair] for pair in pairs[1:]]
    pitches = [below.top - above.top for (above, _), (below, _) in pairwise(pairs)]
    wide = min(pitches) + ROW_GAP * pairs[0][0].size
    if any(any(both) and pitch > wide for both, pitch in zip(begins, pitches, strict=True)):
        return True
    together, either = sum(map(all, begins)), sum(map(any, begins))
    return together >= LEAST_ROWS and together >= TOGETHER * either


def _is_prose(lines: Sequence[Line]) -> bool:
    words = sum(len(line.text.split()) for line in lines)
    going_on = sum(line.text[0].islower() for line in lines[1:])
    return len(lines) >= LEAST_LINES and words >= LEAST_WORDS * len(lines) and going_on >= GOING_ON * (len(lines) - 1)
