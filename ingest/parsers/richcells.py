"""Values of cells whose parts look different: without what is struck out, with raised digits as superscripts."""

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock

from ingest.parsers.superscripts import raised


def plain_value(cell: ReadOnlyCell) -> object:
    """The cell's value, text as str; None where the whole cell is struck out, which then does not count any more."""
    value = cell.value
    if value is None or (cell.has_style and cell.font.strike):
        return None
    return _plain(value) if isinstance(value, CellRichText) else value


def _plain(parts: CellRichText) -> str:
    text = ""
    for part in parts:
        font = part.font if isinstance(part, TextBlock) else None
        if font is None:
            text += str(part)
        elif not font.strike:
            text += raised(part.text, text) if font.vertAlign == "superscript" else part.text
    return text
