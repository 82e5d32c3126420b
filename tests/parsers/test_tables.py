"""Tables with cells that span rows and columns, in every format that has them."""

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest.parsers.routing import RoutingParser
from ingest.parsers.spans import MAX_LABEL
from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]

GRID = [
    ("Site", "Role", "Days", ""),
    ("", "", "2024", "2025"),
    ("Leeds", "Clerk", "25", "26"),
    ("", "Manager", "30", "31"),
    ("Total", "", "55", "57"),
]
MERGED = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (0, 3)), ((2, 0), (3, 0)), ((4, 0), (4, 1))]
LINES = [
    "| Site | Role | Days 2024 | Days 2025 |",
    "| --- | --- | --- | --- |",
    "| Leeds | Clerk | 25 | 26 |",
    "| Leeds | Manager | 30 | 31 |",
    "| Total |  | 55 | 57 |",
]


def as_html(path: Path) -> None:
    path.write_text(
        "<table><tr><td rowspan=2>Site<td rowspan=2>Role<td colspan=2>Days<tr><td>2024<td>2025"
        "<tr><td rowspan=2>Leeds<td>Clerk<td>25<td>26<tr><td>Manager<td>30<td>31<tr><td colspan=2>Total<td>55<td>57"
    )


def as_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in GRID:
        book.active.append([value or None for value in row])
    for (top, left), (bottom, right) in MERGED:
        book.active.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    book.save(path)


def as_docx(path: Path) -> None:
    document = docx.Document()
    table = document.add_table(len(GRID), len(GRID[0]))
    _fill_and_merge(table)
    document.save(str(path))


def as_pptx(path: Path) -> None:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    _fill_and_merge(shapes.add_table(len(GRID), len(GRID[0]), 0, 0, Inches(4), Inches(3)).table)
    deck.save(str(path))


def _fill_and_merge(table: Any) -> None:
    for row, values in enumerate(GRID):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    for first, last in MERGED:
        table.cell(*first).merge(table.cell(*last))


@pytest.mark.parametrize("save", [as_html, as_xlsx, as_docx, as_pptx])
def test_merged_cells_hold_for_each_row_and_header_column(
    parser: RoutingParser, tmp_path: Path, save: Callable[[Path], None]
) -> None:
    path = tmp_path / save.__name__.replace("as_", "a.")
    save(path)
    (table,) = parser.parse(path)
    assert table.text.split("\n") == LINES


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ("<thead><tr><th>A<th colspan=2>B<tr><th><th>at<th>to</thead><tr><td>a<td>8<td>9", "A | B at | B to"),
        ("<tr><th colspan=3>Hours<tr><th>Site<th>from<th>to<tr><td>a<td>8<td>9", "Hours Site | from | to"),
        ("<tr><td>Name<td colspan=2>Contact<tr><td>Ann<td>1<td>2", "Name | Contact | Contact"),
        ("<tr><td colspan=2>Name<td>Age<tr><td>Ann<td><td>3<tr><td>Bob<td><td>4", "Name | Age"),
        ("<tr><td colspan=2>Phones<tr><td>Ann<td>3<tr><td>Bob<td>4", "Phones | "),
        ("<tr><td rowspan=2>Leeds<td>Ann<tr><td>Bob", "Leeds | Ann"),
        ("<tr><th rowspan=2>Site<th>Days<tr><th>2024<tr><td>a<td>8", "Site | Days 2024"),
        ("<tr><th>Role<th>Days<tr><th colspan=2>Leeds<tr><td>Clerk<td>25", "Role | Days"),
        ("<thead><tr><th>Role<th>Days</thead><tr><th colspan=2>Leeds<tr><td>Clerk<td>25", "Role | Days"),
        ("<tr><th>Site<th>Days<tr><th>Leeds<th>25<tr><td>Bremen<td>30", "Site | Days"),
        ("<tr><th>Site<th colspan=2>Call<tr><td><td>Ann<td>111<tr><td>Leeds<td>Bob<td>2", "Site | Call | Call"),
        ("<tr><th>Site<th>Days<tr><th>Leeds<th>25", "Site | Days"),
    ],
)  # fmt: skip
def test_what_belongs_to_the_header(parse: Parse, rows: str, header: str) -> None:
    (table,) = parse("a.html", f"<table>{rows}</table>")
    assert table.text.split("\n")[0] == f"| {header} |"


@pytest.mark.parametrize("style", ["text-decoration: line-through", "visibility:hidden"])
def test_an_emptied_cell_keeps_its_place(parse: Parse, style: str) -> None:
    html = (
        f"<table><tr><th>Site<th>Old<th>New<tr><td>Leeds<td style='{style}'><b>28</b> days<td>30"
        f"<tr style='{style}'><td rowspan=2>York<td>1<td>2<tr><td>21<td>23<tr><td>Bremen<td>20<td>22</table>"
    )
    (table,) = parse("a.html", html)
    assert table.text.split("\n")[2:] == ["| Leeds |  | 30 |", "|  | 21 | 23 |", "| Bremen | 20 | 22 |"]


def test_rows_that_a_cell_reaches_into(parse: Parse) -> None:
    """0 is to the end of the group; no cell reaches further, and none fills rows that say nothing themselves."""
    html = (
        "<table><thead><tr><th rowspan=9>A<th>B</thead><tbody><tr><td rowspan=0>a<td>1<tr><td>2<tr></tbody>"
        f"<tbody><tr><td rowspan=2>{'w' * (MAX_LABEL + 1)}<td>3<tr><td>4</tbody></table>"
    )
    (table,) = parse("a.html", html)
    assert table.text.split("\n")[2:4] == ["| a | 1 |", "| a | 2 |"]
    assert table.text.split("\n")[5:] == ["|  | 4 |"]


def test_foot_of_a_table_comes_last(parse: Parse) -> None:
    (table,) = parse("a.html", "<table><tfoot><tr><td>Sum<td>3</tfoot><tr><th>a<th>b<tr><td>c<td>3</table>")
    assert table.text.split("\n") == ["| a | b |", "| --- | --- |", "| c | 3 |", "| Sum | 3 |"]


def test_few_cells_far_apart_cost_little(parser: RoutingParser, tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(50):
        sheet.append(["a", *[None] * 16_382, 1])
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.html").write_text("<table>" + "<tr><td colspan=1000>a<td>1" * 50 + "</table>")
    for name in ("a.html", "a.xlsx"):
        tracemalloc.start()
        (table,) = parser.parse(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
        tracemalloc.stop()
        assert table.text == "| a | 1 |\n| --- | --- |" + "\n| a | 1 |" * 49


def test_table_of_nearly_nothing_names_the_columns_of_its_texts(parse: Parse) -> None:
    head = "".join(f"<th>n{column}" for column in range(700))
    rows = "".join(f"<tr><td colspan={column}>a{column}<td>b{column}" for column in range(1, 700))
    sections = parse("a.html", f"<table><tr>{head}{rows}</table>")
    assert sections[-1].text.endswith("\n| n0: a699; n699: b699 |")


def test_stray_quotes_cost_time_in_proportion(parse: Parse) -> None:
    lines = 20_000
    started = time.thread_time()
    sections = parse("a.csv", 'id,"x"\n' + 'q","r\n' * lines)
    assert time.thread_time() - started < 10  # minutes, if each line were read to the end of the file
    assert sum(section.text.count('| q" | r |') for section in sections) == lines
