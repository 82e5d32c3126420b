"""Rows of cells become Markdown pipe tables: one row, one line."""

from collections.abc import Iterator, Sequence

from ingest.parsers.decoding import clean

MAX_ROWS = 200
"""A longer table is split, and each part repeats the header row."""

Row = Sequence[str]


def markdown_tables(rows: Sequence[Row]) -> Iterator[str]:
    """One Markdown table for every `MAX_ROWS` body rows; the first row is the header."""
    squared = square(rows)
    if not squared:
        return
    header, body = squared[0], squared[1:]
    head = [_line(header), _line(["---"] * len(header))]
    for start in range(0, max(len(body), 1), MAX_ROWS):
        yield "\n".join(head + [_line(row) for row in body[start : start + MAX_ROWS]])


def square(rows: Sequence[Row]) -> list[list[str]]:
    """All rows of the same width, white space collapsed, without empty rows and empty columns."""
    cleaned = [[" ".join(clean(cell).split()) for cell in row] for row in rows]
    filled = [row for row in cleaned if any(row)]
    if not filled:
        return []
    used = sorted({column for row in filled for column, cell in enumerate(row) if cell})
    return [[row[column] if column < len(row) else "" for column in used] for row in filled]


def _line(cells: Row) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
