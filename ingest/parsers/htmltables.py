"""HTML tables as rows of cell texts, spans filled in."""

import re

from lxml import etree

from ingest.parsers.tables import Row

MAX_SPAN = 1000
"""What HTML allows; larger values in a file would only cost memory."""
WHOLE_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,9})\s*")
# fmt: off
BREAKING = frozenset((
    "address", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "table", "td", "th", "tr", "ul",
))
# fmt: on


def rows_of_html(html: str) -> list[Row]:
    """Rows of the first table in `html`."""
    root = etree.fromstring(html.encode(), etree.HTMLParser(encoding="utf-8", huge_tree=True))
    table = root.find(".//table") if root is not None else None
    return [] if table is None else rows_of(table)


def rows_of(table: etree._Element) -> list[Row]:
    """Cell texts; a cell that spans several columns or rows is followed by empty cells."""
    rows: list[Row] = []
    below: dict[int, int] = {}
    for tr in table.iter("tr"):
        cells: list[str] = []
        for cell in tr.iterchildren("td", "th"):
            _skip_spanned(cells, below)
            columns, lines = _span(cell, "colspan"), _span(cell, "rowspan")
            if lines > 1:
                below |= {len(cells) + column: lines for column in range(columns)}
            cells += [cell_text(cell)] + [""] * (columns - 1)
        _skip_spanned(cells, below)
        below = {column: left - 1 for column, left in below.items() if left > 1}
        rows.append(cells)
    return rows


def cell_text(cell: etree._Element) -> str:
    """Text as a browser shows it on one line: only block elements and breaks part words."""
    parts: list[str] = []
    for event, node in etree.iterwalk(cell, events=("start", "end")):
        if node.tag in BREAKING and node is not cell:
            parts.append(" ")
        if event == "start":
            parts.append(node.text or "")
        elif node is not cell:
            parts.append(node.tail or "")
    return " ".join("".join(parts).split())


def _skip_spanned(cells: list[str], below: dict[int, int]) -> None:
    while len(cells) in below:
        cells.append("")


def _span(cell: etree._Element, name: str) -> int:
    return min(max(whole_number(cell.get(name), 1), 1), MAX_SPAN)


def whole_number(value: str | None, default: int) -> int:
    """Value of an attribute; `default` where it is missing or no number of at most nine digits."""
    found = WHOLE_NUMBER.fullmatch(value or "")
    return int(found.group(1)) if found else default
