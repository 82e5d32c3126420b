"""What openpyxl does not give of a sheet that it reads row by row: formulas whose results no program has computed yet,
merged cells, and what is hidden."""

import re
from bisect import bisect_right
from html import unescape
from typing import NamedTuple, TypeAlias

from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?>([^<]+)</(?:\w+:)?f>\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
PLACE = re.compile(rb'(?:^|\s)r="([A-Z]+[0-9]+)"')
TEXT = re.compile(rb'(?:^|\s)t="str"')
"""A result that is a text, perhaps an empty one."""

HIDDEN = re.compile(rb'<(?:\w+:)?(row|col)\s([^<>]*\bhidden="(?:1|true)"[^<>]*)>')
NUMBERS = re.compile(rb'\b(r|min|max)="([0-9]{1,7})"')
FOLDED = re.compile(rb'\boutlineLevel="[1-9]')
FILTERED = re.compile(rb"<(?:\w+:)?(?:filterColumn|tablePart)\b")
MAX_COLUMNS = 16_384
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


Formulas: TypeAlias = dict[str, str]
"""By the cell's name, such as "B7"."""
Merges: TypeAlias = dict[tuple[int, int], tuple[int, int]]
"""Row and column of the first cell, from 1, -> how many columns and rows are merged with it, itself counted."""


class Hidden(NamedTuple):
    """Numbers, from 1, of rows and columns."""

    rows: frozenset[int]
    columns: frozenset[int]


def passed_over(sheet: ReadOnlyWorksheet) -> tuple[Formulas, Merges, Hidden]:
    with sheet.parent._archive.open(sheet._worksheet_path) as file:
        data = file.read()
    hidden = _hidden(data)
    return _uncomputed(data), _merged(data, hidden), hidden


def _uncomputed(data: bytes) -> Formulas:
    cells = ((PLACE.search(cell[1]), cell) for cell in UNCOMPUTED.finditer(data) if not TEXT.search(cell[1]))
    return {place[1].decode(): f"={unescape(cell[2].decode('utf-8', 'replace'))}" for place, cell in cells if place}


def _merged(data: bytes, hidden: Hidden) -> Merges:
    areas = (range_boundaries(found[1].decode()) for found in MERGED.finditer(data))
    rows = sorted(hidden.rows)
    return {
        (top, left): (right - left + 1, bottom - top + 1 - (bisect_right(rows, bottom) - bisect_right(rows, top)))
        for left, top, right, bottom in areas
    }


def _hidden(data: bytes) -> Hidden:
    """What a filter or a folded group hides for now is no secret and counts as seen."""
    rows: set[int] = set()
    columns: set[int] = set()
    for kind, attributes in HIDDEN.findall(data):
        numbers = {name: int(number) for name, number in NUMBERS.findall(attributes)}
        if FOLDED.search(attributes):
            continue
        if kind == b"row":
            rows.add(numbers.get(b"r", 0))
        else:
            columns.update(range(numbers.get(b"min", 0), min(numbers.get(b"max", 0), MAX_COLUMNS) + 1))
    return Hidden(frozenset() if FILTERED.search(data) else frozenset(rows), frozenset(columns))
