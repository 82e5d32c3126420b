"""Tables of slides lose their merged cells in the partitioner, so these are filled before."""

from collections.abc import Iterator
from typing import Any

from pptx.oxml.ns import qn
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.table import _Cell

from ingest.parsers.spans import Cell, Spans, headed


def unmerged(presentation: Presentation) -> Presentation:
    """`presentation`, changed in place: each cell that is merged says itself what `spans` finds for it."""
    for slide in presentation.slides:
        for table in slide._element.iter(qn("a:tbl")):
            if any(cell.is_merge_origin for cell in table.iter(qn("a:tc"))):
                _fill(table, slide)
    return presentation


def _fill(table: Any, slide: Slide) -> None:
    spans = Spans()
    lines = [spans.next_line(dict(_cells(row, slide))) for row in table.tr_lst]
    rows = headed(lines)
    for number, row in enumerate(table.tr_lst):
        texts = rows[number] if number < len(rows) else {}
        for column, cell in enumerate(row.tc_lst):
            _Cell(cell, slide).text = texts.get(column, "")


def _cells(row: Any, slide: Slide) -> Iterator[tuple[int, Cell]]:
    for column, cell in enumerate(row.tc_lst):
        if not cell.is_spanned and cell.text.strip():
            yield column, Cell(_Cell(cell, slide).text, cell.gridSpan, cell.rowSpan)
