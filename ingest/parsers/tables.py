"""Rows of cells become Markdown pipe tables: one row, one line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingest.parsers.decoding import clean

MAX_ROWS = 200
"""A longer table is split, and each part repeats the header row."""
MAX_EMPTY = 200_000
"""Empty cells of a table that is nearly empty, so that a few bytes do not become gigabytes."""
MAX_NAME = 100
"""Characters of a column's name that are repeated in a cell."""

Row = Sequence[str]
SparseRow = Mapping[int, str]
"""Texts by column."""


def markdown_tables(rows: Sequence[Row]) -> Iterator[str]:
    """One Markdown table for every `MAX_ROWS` body rows; the first row is the header."""
    squared = square(rows)
    if not squared:
        return
    header, body = squared[0], squared[1:]
    head = [_line(header), _line(["---"] * len(header))]
    for start in range(0, max(len(body), 1), MAX_ROWS):
        yield "\n".join(head + [_line(row) for row in body[start : start + MAX_ROWS]])


def square(rows: Sequence[Row]) -> list[Row]:
    """As `dense`, white space collapsed."""
    return dense([dict(enumerate(" ".join(clean(cell).split()) for cell in row)) for row in rows])


def dense(rows: Iterable[SparseRow]) -> list[Row]:
    """All rows of the same width, without empty rows and empty columns.

    Where nearly all cells would be empty, the texts of each row are one cell instead, with their columns' names.
    """
    filled = [texts for row in rows if (texts := {column: text for column, text in row.items() if text})]
    used = sorted({column for row in filled for column in row})
    cells = sum(map(len, filled))
    if len(used) * len(filled) > cells + max(MAX_EMPTY, 20 * cells):
        return [[_in_one_cell(row, filled[0] if number else {})] for number, row in enumerate(filled)]
    return [[row.get(column, "") for column in used] for row in filled]


def _in_one_cell(row: SparseRow, header: SparseRow) -> str:
    texts = []
    for column, text in sorted(row.items()):
        name = header.get(column, "")
        texts.append(f"{name}: {text}" if 0 < len(name) <= MAX_NAME else text)
    return "; ".join(texts)


def _line(cells: Row) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
