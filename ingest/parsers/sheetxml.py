"""What openpyxl does not give of a sheet that it reads row by row: formulas whose results no program has computed yet,
and merged cells."""

import re
from html import unescape
from typing import TypeAlias

from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?>([^<]+)</(?:\w+:)?f>\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
PLACE = re.compile(rb'(?:^|\s)r="([A-Z]+[0-9]+)"')
TEXT = re.compile(rb'(?:^|\s)t="str"')
"""A result that is a text, perhaps an empty one."""


MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


Formulas: TypeAlias = dict[str, str]
"""By the cell's name, such as "B7"."""
Merges: TypeAlias = dict[tuple[int, int], tuple[int, int]]
"""Row and column of the first cell, from 1, -> how many columns and rows are merged with it, itself counted."""


def passed_over(sheet: ReadOnlyWorksheet) -> tuple[Formulas, Merges]:
    with sheet.parent._archive.open(sheet._worksheet_path) as file:
        data = file.read()
    return _uncomputed(data), _merged(data)


def _uncomputed(data: bytes) -> Formulas:
    cells = ((PLACE.search(cell[1]), cell) for cell in UNCOMPUTED.finditer(data) if not TEXT.search(cell[1]))
    return {place[1].decode(): f"={unescape(cell[2].decode('utf-8', 'replace'))}" for place, cell in cells if place}


def _merged(data: bytes) -> Merges:
    areas = (range_boundaries(found[1].decode()) for found in MERGED.finditer(data))
    return {(top, left): (right - left + 1, bottom - top + 1) for left, top, right, bottom in areas}
