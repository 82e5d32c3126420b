"""HTML tables as rows of cell texts, spans filled in."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lxml import etree

from ingest.parsers.spans import Cell, Line, Spans, hangs_below, headed
from ingest.parsers.tables import Row, dense

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
    """Cell texts, the header in one row; a cell below it that spans columns is followed by empty cells, one that spans
    rows is repeated in each."""
    rows = sorted(table.iter("tr"), key=lambda row: row.getparent().tag == "tfoot")
    lines = list(_lines(rows))
    return dense(headed(lines, _heads(rows, lines)))


def _heads(rows: Sequence[etree._Element], lines: Sequence[Line]) -> int:
    """How many of the first rows with a text are marked as the header, and are not the name of a group or data."""
    told = [(row, line) for row, line in zip(rows, lines, strict=True) if line.texts]
    heads = 0
    while heads < len(told) and _is_head(told[heads][0]):
        row, line = told[heads]
        if heads and row.getparent().tag != "thead" and not hangs_below(told[heads - 1][1], line):
            break
        heads += 1
    return heads if heads < len(told) else 1


def _lines(rows: Iterable[etree._Element]) -> Iterator[Line]:
    spans = Spans()
    for _, group in groupby(rows, key=lambda row: row.getparent()):
        spans.clear()
        for row in group:
            yield spans.next_line(dict(_placed(row, spans)))


def _placed(row: etree._Element, spans: Spans) -> Iterator[tuple[int, Cell]]:
    column = 0
    for element in row.iterchildren("td", "th"):
        column = spans.end_of(column)
        cell = Cell(cell_text(element), _span(element, "colspan") or 1, _span(element, "rowspan") or MAX_SPAN)
        yield column, cell
        column += cell.columns


def _is_head(row: etree._Element) -> bool:
    return row.getparent().tag == "thead" or {cell.tag for cell in row.iterchildren("td", "th")} == {"th"}


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


def _span(cell: etree._Element, name: str) -> int:
    """0 means: all rows to the end of the group."""
    return min(max(whole_number(cell.get(name), 1), 0), MAX_SPAN)


def whole_number(value: str | None, default: int) -> int:
    """Value of an attribute; `default` where it is missing or no number of at most nine digits."""
    found = WHOLE_NUMBER.fullmatch(value or "")
    return int(found.group(1)) if found else default
