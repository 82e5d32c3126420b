"""Workbooks and delimited text become tables with every value as a reader sees it.

`unstructured` reads both through pandas, which turns 007 into 7, rounds to six digits and puts a time on every date;
so openpyxl and the csv module are used directly.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple, TypeAlias

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL, EmptyCell, ReadOnlyCell
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from ingest.parsers.blocks import Block, Heading, Paragraph, Table, sections_of
from ingest.parsers.decoding import decode
from ingest.parsers.numberformats import formatted
from ingest.parsers.richcells import plain_value
from ingest.parsers.sheetxml import passed_over
from ingest.parsers.spans import Cell, Line, Spans, headed
from ingest.parsers.tables import Row, dense
from ingest.types import Section

Value: TypeAlias = object
DELIMITERS = ";\t|,"
"""The comma last: where it divides the rows no better than another one, it is part of the cells."""
DECIMAL_COMMA = re.compile(r"(?<![\w,])(\d[\d.]*),(?=\d+(?![\w,]))")
QUOTED_CELL = re.compile(rf'(?:^|(?<=[{DELIMITERS}]))"(?:[^"]|"")*"(?=[{DELIMITERS}]|$)', re.MULTILINE)
SNIFFED_ROWS = 50
PATIENCE = 10
"""How many times as many lines as the file has may be read in vain: each quote out of place may draw in all below."""
SEPARATOR_LINE = re.compile(r'\A"?sep=([^"\n])"?[ \t]*\n', re.IGNORECASE)
"""By it Excel is told the delimiter."""
MAX_CELL = 2**31 - 1


class _Cell(NamedTuple):
    text: str
    is_text: bool


def read_xlsx(path: Path, name: str) -> list[Section]:
    """One table for each block of rows on each sheet that is not hidden; the heading is the sheet's name. Rows and
    columns that are hidden and cells that are struck out are left out."""
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, rich_text=True)
    try:
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        return sections_of([block for sheet in sheets for block in _sheet_blocks(sheet)])
    finally:
        workbook.close()


def read_csv(path: Path, name: str) -> list[Section]:
    """One table, with the lines above it that fill only their first cell as text.

    The delimiter is the one that a first line of the form sep=; names, else the one that divides the first rows most
    evenly.
    """
    text = decode(path.read_bytes(), name)
    csv.field_size_limit(MAX_CELL)
    named = SEPARATOR_LINE.match(text)
    body, delimiter = (text[named.end() :], named.group(1)) if named else (text, sniff_delimiter(text))
    return sections_of(_csv_blocks(_csv_rows(body, delimiter)))


def _csv_blocks(rows: Iterable[Row]) -> Iterator[Block]:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    captions = list(takewhile(lambda row: not any(cell.strip() for cell in row[1:]), filled))
    if len(captions) == len(filled):  # a table of one column
        captions = []
    for row in captions:
        yield Paragraph(row[0], is_item=True)
    yield Table(filled[len(captions) :])


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    """A quote out of place stands for itself: it must not draw the lines below, or the whole file, into its cell."""
    lines = io.StringIO(text).readlines()
    start, patience = 0, PATIENCE * len(lines)
    while start < len(lines):
        below = map(lines.__getitem__, range(start, min(start + 1 + patience, len(lines))))
        reader = csv.reader(below, delimiter=delimiter, strict=True)
        try:
            yield next(reader)
            start += reader.line_num
        except csv.Error:
            yield _csv_row(lines[start], delimiter)
            start, patience = start + 1, max(patience - reader.line_num, 0)


def _csv_row(line: str, delimiter: str) -> Row:
    if line.count('"') % 2:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE))
    return next(csv.reader([line], delimiter=delimiter))


def sniff_delimiter(text: str) -> str:
    # Masked, quoted cells cannot mislead, nor a quote out of place draw in the lines below.
    plain = QUOTED_CELL.sub('""', text[: 64 * 1024])
    lines = [_without_decimal_commas(line) for line in plain.split("\n")[:SNIFFED_ROWS]]
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _without_decimal_commas(line: str) -> str:
    """Where another delimiter is there, the comma within a number is none."""
    return DECIMAL_COMMA.sub(r"\1.", line) if any(mark in line for mark in DELIMITERS[:-1]) else line


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Share of rows with the most frequent number of cells (0 where that is 1), then that number."""
    widths = [line.count(delimiter) + 1 for line in lines if line]
    usual = max(set(widths), key=widths.count, default=1)
    return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 1)


def _sheet_blocks(sheet: ReadOnlyWorksheet) -> Iterator[Block]:
    blocks = list(_row_groups(sheet))
    if blocks:
        yield Heading(sheet.title, 0)
    for lines in blocks:
        captions = list(takewhile(lambda line: len(line.texts) == 1, lines))
        for line in captions:
            yield Paragraph(" ".join(line.texts.values()), is_item=True)
        yield Table(dense(headed(lines[len(captions) :])))


def _row_groups(sheet: ReadOnlyWorksheet) -> Iterator[list[Line]]:
    """Rows that belong together: an empty row and then a row of texts (a header) starts another group."""
    spans = Spans()
    group: list[Line] = []
    after_gap = False
    for cells, is_text in _filled_rows(sheet):
        if group and after_gap and cells and is_text:
            yield group
            group = []
        line = spans.next_line(cells)
        if cells:
            group.append(line)
        after_gap = not cells
    if group:
        yield group


def _filled_rows(sheet: ReadOnlyWorksheet) -> Iterator[tuple[dict[int, Cell], bool]]:
    """Cells that say something, by column, and whether all of them are texts. A row may be 16,384 cells wide."""
    # The stored dimensions are wrong in files of some writers.
    sheet.reset_dimensions()
    formulas, merges, hidden = passed_over(sheet)
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number in hidden.rows:
            continue
        shown_cells = ((column, _cell(cell, formulas)) for column, cell in enumerate(row, 1) if cell is not EMPTY_CELL)
        cells = {column: cell for column, cell in shown_cells if cell.text and column not in hidden.columns}
        placed = {column: Cell(cell.text, *merges.get((number, column), (1, 1))) for column, cell in cells.items()}
        yield placed, all(cell.is_text for cell in cells.values())


def _cell(cell: ReadOnlyCell | EmptyCell, formulas: Mapping[str, str]) -> _Cell:
    """A formula without its result is better than nothing."""
    if not isinstance(cell, ReadOnlyCell):
        return _Cell("", False)
    if formulas and cell.value is None:
        return _Cell(formulas.get(cell.coordinate, ""), False)
    value = plain_value(cell)
    return _Cell(shown(value, cell.number_format), isinstance(value, str))


def shown(value: Value, number_format: str | None = None) -> str:
    """A cell's value as a reader of the sheet sees it; dates in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, number_format or "")
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return _duration(value)
        case _:
            return str(value)


def _duration(value: dt.timedelta) -> str:
    """Hours and minutes, however many days they are, and seconds where there are some."""
    minutes, seconds = divmod(round(abs(value.total_seconds())), 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _number(value: float, number_format: str) -> str:
    text = formatted(value, number_format)
    if text is not None:
        return text
    # Fifteen digits are what spreadsheet programs keep: 0.1 + 0.2 is 0.3 there.
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
