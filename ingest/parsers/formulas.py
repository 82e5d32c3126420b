"""Formulas of a sheet whose results no program has computed yet: openpyxl gives nothing for them."""

import re
from html import unescape

from openpyxl.worksheet._read_only import ReadOnlyWorksheet

UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?>([^<]+)</(?:\w+:)?f>\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
PLACE = re.compile(rb'(?:^|\s)r="([A-Z]+[0-9]+)"')
TEXT = re.compile(rb'(?:^|\s)t="str"')
"""A result that is a text, perhaps an empty one."""


def uncomputed(sheet: ReadOnlyWorksheet) -> dict[str, str]:
    """Formulas by the cell's name, such as "B7"."""
    with sheet.parent._archive.open(sheet._worksheet_path) as file:
        data = file.read()
    cells = ((PLACE.search(cell[1]), cell) for cell in UNCOMPUTED.finditer(data) if not TEXT.search(cell[1]))
    return {place[1].decode(): f"={unescape(cell[2].decode('utf-8', 'replace'))}" for place, cell in cells if place}
