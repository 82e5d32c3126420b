"""Cells that span rows or columns: what they say holds for each row that they reach into, and what a header says for
each of its columns. A row is quoted without those above it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.parsers.tables import SparseRow

MAX_LABEL = 300
"""Characters; a longer text is no label of rows and stays in its first one."""
MAX_REPEATED = 2**20
"""Characters that the cells of a table may repeat: a few bytes can span a million cells."""


class Cell(NamedTuple):
    """`columns` and `rows`: how many it spans, itself counted."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A row by its columns: texts that are not empty, and the widths of cells that span several columns."""

    texts: dict[int, str] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)


class Spans:
    """Cells that reach into the rows below, while these are read from the top."""

    def __init__(self) -> None:
        self._open: dict[int, Cell] = {}
        self._repeatable = MAX_REPEATED

    def clear(self) -> None:
        """Nothing reaches into the next group of rows."""
        self._open.clear()

    def end_of(self, column: int) -> int:
        """The first column from `column` on into which no cell above reaches."""
        while cell := self._open.get(column):
            column += cell.columns
        return column

    def next_line(self, cells: Mapping[int, Cell]) -> Line:
        """The row with these cells, by column, and the texts of the spans above, where it says something itself."""
        line = Line()
        for column, cell in cells.items():
            _put(line, column, cell)
        if line.texts:
            for column, cell in self._open.items():
                if len(cell.text) <= min(MAX_LABEL, self._repeatable) and column not in line.texts:
                    self._repeatable -= len(cell.text)
                    _put(line, column, cell)
        left = {column: cell._replace(rows=cell.rows - 1) for column, cell in (self._open | dict(cells)).items()}
        self._open = {column: cell for column, cell in left.items() if cell.rows > 0}
        return line


def _put(line: Line, column: int, cell: Cell) -> None:
    if cell.text:
        line.texts[column] = cell.text
        if cell.columns > 1:
            line.widths[column] = cell.columns


def headed(lines: Sequence[Line], heads: int = 0) -> list[SparseRow]:
    """Rows of which the first is the whole header: "2024" above "Q1" and "Q2" gives "2024 Q1" and "2024 Q2".

    Args:
        heads: how many lines are the header; 0: that is to be found out.
    """
    lines = [line for line in lines if line.texts]
    heads = heads or _heads(lines)
    body = [line.texts for line in lines[heads:]]
    used = {column for texts in body for column in texts}
    above = [dict(_spread(line, used)) for line in lines[:heads]]
    columns = sorted({column for texts in above for column in texts})
    return [{column: _joined(texts.get(column, "") for texts in above) for column in columns}, *body]


def _heads(lines: Sequence[Line]) -> int:
    """A row goes on with the header above it where it says something below wide cells only."""
    heads = 1
    while heads + 1 < len(lines) and _goes_on(lines[heads - 1], lines[heads]):
        heads += 1
    return heads


def hangs_below(above: Line, line: Line) -> bool:
    """Whether the row has several texts, and a cell of that above reaches into it or spans columns."""
    reaches = any(above.texts.get(column) == text for column, text in line.texts.items())
    return len(line.texts) > 1 and (reaches or bool(above.widths))


def _goes_on(above: Line, line: Line) -> bool:
    own = {column for column, text in line.texts.items() if above.texts.get(column) != text}
    below = {column for start, width in above.widths.items() for column in range(start, start + width)}
    narrow = above.texts.keys() - above.widths.keys()
    return len(own) > 1 and own <= below and bool(narrow or len(above.widths) > 1)


def _spread(line: Line, used: Collection[int]) -> Iterator[tuple[int, str]]:
    """Each used column with the text above it; a title over the whole table stays above the first."""
    for start, text in line.texts.items():
        width = line.widths.get(start, 1) if len(line.texts) > 1 else 1
        columns = [column for column in range(start, start + width) if column in used]
        yield from ((column, text) for column in columns or [start])


def _joined(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, texts)))
