"""What a reader sees: nothing that is struck out or hidden, but check boxes, symbols and formulae."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE

from ingest.errors import UnreadableFileError
from ingest.parsers.richcells import plain_value
from ingest.parsers.routing import RoutingParser
from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


@pytest.mark.parametrize("struck", ["<s>25</s>", "<strike>25</strike>", "<del>25</del>", "<b style='LINE'>25</b>"])
def test_struck_text_of_html_is_left_out(parse: Parse, struck: str) -> None:
    struck = struck.replace("LINE", "color: red; text-decoration: line-through")
    html = f"<p>They have {struck} 30 days.</p><table><tr><td>Leeds</td><td>{struck} 30</td></tr></table>"
    prose, cells = parse("a.html", html)
    assert prose.text == "They have 30 days." and "| Leeds | 30 |" in cells.text


def test_struck_text_of_markdown_is_left_out(parse: Parse) -> None:
    (section,) = parse("a.md", "They have ~~25~~ 30 days.\n\n~~Smoking is allowed.~~\n\nThe <s> tag.\n")
    assert section.text == "They have 30 days.\n\nThe <s> tag."


def docx_text(parser: RoutingParser, tmp_path: Path, document: Any) -> str:
    document.save(str(tmp_path / "a.docx"))
    return "\n---\n".join(section.text for section in parser.parse(tmp_path / "a.docx"))


def test_struck_and_hidden_text_of_docx_is_left_out(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    document.styles.add_style("Secret", 1).font.hidden = True
    document.styles.add_style("Secret child", 1).base_style = document.styles["Secret"]
    paragraph = document.add_paragraph("Seen")
    for text, attribute in ((" old", "strike"), (" older", "double_strike"), (" and kept", "bold")):
        setattr(paragraph.add_run(text).font, attribute, True)
    hidden = document.add_paragraph("Hidden by style", style="Secret child")
    hidden.add_run(", but this is not").font.hidden = False
    table = document.add_table(2, 1)
    table.cell(0, 0).text, table.cell(1, 0).text = "Kept", "Deleted"
    deleted = parse_xml(f"<w:del {nsdecls('w')} w:id='1' w:author='x'/>")
    table.rows[1]._tr.get_or_add_trPr().append(deleted)
    text = docx_text(parser, tmp_path, document)
    assert text == "Seen and kept\n\n, but this is not\n---\n| Kept |\n| --- |"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>", "☑"),
        ("<w:r><w:sym w:font='Symbol' w:char='F0A3'/></w:r>", "≤"),
        ("<w:r><w:sym w:font='Arial' w:char='20AC'/></w:r>", "€"),
        ("<w:r><w:fldChar w:fldCharType='begin'><w:ffData>STATE</w:ffData></w:fldChar></w:r>", "☐"),
        ("<m:oMathPara><m:oMath>FRACTION</m:oMath></m:oMathPara>", "s/(12 + n)"),
        ("<m:oMath>RUN:2;FRACTION</m:oMath>", "2 s/(12 + n)"),
        ("<m:oMath>RUN:1;RUN:2;</m:oMath>", "12"),
        (
            "<m:oMath><m:nary>CHAR<m:sub>RUN:i=1;</m:sub><m:sup>RUN:12;</m:sup><m:e>RUN:50;</m:e></m:nary></m:oMath>",
            "∑_(i=1)^12 50",
        ),
        ("<m:oMath><m:nary><m:sup/><m:e>RUN:50;</m:e></m:nary></m:oMath>", "∫ 50"),
        (
            "<m:oMath><m:m><m:mr><m:e>RUN:1;</m:e><m:e>RUN:2;</m:e></m:mr><m:mr><m:e>RUN:3;</m:e></m:mr></m:m></m:oMath>",
            "1, 2; 3",
        ),
    ],
)
def test_symbols_and_formulae_of_docx_are_text(parser: RoutingParser, tmp_path: Path, inner: str, text: str) -> None:
    inner = inner.replace("STATE", "<w:checkBox><w:default w:val='1'/><w:checked w:val='0'/></w:checkBox>")
    run = "<m:r><m:rPr/><m:t>{}</m:t></m:r>"
    fraction = f"<m:f><m:fPr/><m:num>{run.format('s')}</m:num><m:den>{run.format('12 + n')}</m:den></m:f>"
    inner = inner.replace("CHAR", "<m:naryPr><m:chr m:val='∑'/></m:naryPr>").replace("FRACTION", fraction)
    inner = re.sub("RUN:(.*?);", lambda found: run.format(found[1]), inner)
    document = docx.Document()
    paragraph = document.add_paragraph("It is ")
    for element in parse_xml(f"<w:p {nsdecls('w')} {MATH}>{inner}</w:p>"):
        paragraph._p.append(element)
    paragraph.add_run(" here")
    assert docx_text(parser, tmp_path, document) == f"It is {text} here"


def test_the_chosen_entry_of_a_docx_field_is_text(parser: RoutingParser, tmp_path: Path) -> None:
    entries = "<w:result w:val='1'/><w:listEntry w:val='Leeds'/><w:listEntry w:val='Bremen'/>"
    field = f"<w:fldChar {nsdecls('w')} w:fldCharType='begin'><w:ffData><w:ddList>{entries}</w:ddList></w:ffData>"
    document = docx.Document()
    document.add_paragraph("Site: ").add_run()._r.append(parse_xml(f"{field}</w:fldChar>"))
    assert docx_text(parser, tmp_path, document) == "Site: Bremen"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<input type=checkbox checked> Smoker <input type=checkbox> Other", "☑ Smoker ☐ Other"),
        ("<input type=radio id=a><label for=a>Remote</label>", "☐ Remote"),
        ("Name: <input value='Ann Lee'> <input type=submit value=Go>", "Name: Ann Lee"),
        ("Menu <input type=checkbox id=menu><label for=menu></label>", "Menu"),
        ("A <math><mfrac><mi>s</mi><mn>12</mn></mfrac></math> a month", "A s/12 a month"),
        ("<math><msup><mi>e</mi><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow></msup></math>", "e^(a+1)"),
        ("<math><mn>2</mn><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>h</mi></math>", "2 1/2 h"),
        ("<math><munderover><mo>∑</mo><mi>i</mi><mn>12</mn></munderover><mi>m</mi></math>", "∑_i^12 m"),
        ("<math><mover><mi>x</mi><mo>¯</mo></mover></math>", "x¯"),
        ("<math><msup><mn>3</mn><mn>2</mn></msup><mn>5</mn></math>", "3^2 5"),
        ("<math><msqrt><mn>2</mn></msqrt><annotation>\\sqrt</annotation></math>", "√2"),
        ("It is <span><math><mi>e</mi></math><span class=katex-html>e</span></span>", "It is e"),
    ],
)
def test_forms_and_formulae_of_html_are_text(parse: Parse, html: str, text: str) -> None:
    assert parse("a.html", f"<p>{html}</p>")[0].text == text


def test_tasks_of_confluence_say_whether_they_are_done(parse: Parse) -> None:
    tasks = "<ul class=inline-task-list><li class=checked><span>Done</span></li><li>Open</li></ul>"
    assert parse("a.html", tasks)[0].text == "- ☑ Done\n- ☐ Open"


def test_a_document_all_struck_out_holds_no_text(parse: Parse) -> None:
    with pytest.raises(UnreadableFileError, match="holds no text"):
        parse("a.md", "~~All of it.~~")


def test_slides_without_what_is_hidden_or_struck_but_with_charts(parser: RoutingParser, tmp_path: Path) -> None:
    deck = pptx.Presentation()
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "Old plan"
    hidden._element.set("show", "0")
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Revenue"
    paragraph = slide.shapes.add_textbox(0, 0, 99999, 99999).text_frame.paragraphs[0]
    for text, look in (("Staff have ", {}), ("20", {"strike": "sngStrike"}), ("25", {}), ("1", {"baseline": "30000"})):
        run = paragraph.add_run()
        run.text = text
        for name, value in look.items():
            run._r.get_or_add_rPr().set(name, value)
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["2023", "2024"]
    data.add_series("Sales", (10, 20.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 99999, 99999, data)
    deck.save(str(tmp_path / "a.pptx"))
    prose, chart = parser.parse(tmp_path / "a.pptx")
    assert (prose.page, prose.headings, prose.text) == (2, ("Revenue",), "Staff have 25¹")
    assert chart.text == "|  | Sales |\n| --- | --- |\n| 2023 | 10 |\n| 2024 | 20.5 |"


def chart_rows(parser: RoutingParser, tmp_path: Path, kind: XL_CHART_TYPE, data: Any) -> list[str]:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(kind, 0, 0, 99999, 99999, data)
    deck.save(str(tmp_path / "a.pptx"))
    return parser.parse(tmp_path / "a.pptx")[0].text.split("\n")[2:]


def test_charts_of_points(parser: RoutingParser, tmp_path: Path) -> None:
    for other, rows in (
        (2.5, ["| 1.5 | 10 | 10 |", "| 2.5 | 20 | 20 |"]),
        (3, ["| 1.5 | 10 |  |", "| 2.5 | 20 |  |", "| 1.5 |  | 10 |", "| 3 |  | 20 |"]),
    ):
        data: Any = XyChartData()  # type: ignore[no-untyped-call]
        for name, last in (("A", 2.5), ("B", other)):
            series = data.add_series(name)
            series.add_data_point(1.5, 10)
            series.add_data_point(last, 20)
        assert chart_rows(parser, tmp_path, XL_CHART_TYPE.XY_SCATTER, data) == rows


def test_charts_with_grouped_categories(parser: RoutingParser, tmp_path: Path) -> None:
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    for year in ("2023", "2024"):
        data.add_category(year).add_sub_category("Q1")
    data.add_series("Sales", (1, 2))
    assert chart_rows(parser, tmp_path, XL_CHART_TYPE.COLUMN_CLUSTERED, data) == ["| 2023 Q1 | 1 |", "| 2024 Q1 | 2 |"]


def sheet_text(parser: RoutingParser, tmp_path: Path, change: Callable[[Any], None]) -> str:
    book = openpyxl.Workbook()
    for row in (["Site", "Limit", "Salary"], ["Leeds", 100, 1], ["Leeds", 150, 2], ["Lyon", 120, 3], ["Rome", 130, 4]):
        book.active.append(row)
    change(book.active)
    book.save(str(tmp_path / "a.xlsx"))
    return " ".join(section.text for section in parser.parse(tmp_path / "a.xlsx"))


def test_sheets_without_what_is_hidden_or_struck(parser: RoutingParser, tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        for cell in sheet[2]:
            cell.font = Font(strike=True)
        sheet.row_dimensions[4].hidden = sheet.column_dimensions["C"].hidden = True
        sheet.merge_cells("A3:A5")

    assert sheet_text(parser, tmp_path, change) == "| Site | Limit |\n| --- | --- |\n| Leeds | 150 |\n| Leeds | 130 |"


def test_rows_that_are_filtered_or_folded_count(parser: RoutingParser, tmp_path: Path) -> None:
    def filtered(sheet: Any) -> None:
        sheet.auto_filter.ref = "A1:C5"
        sheet.auto_filter.add_filter_column(0, ["Leeds"])
        sheet.row_dimensions[4].hidden = True

    def folded(sheet: Any) -> None:
        sheet.row_dimensions.group(4, 4, hidden=True)

    assert all("Lyon" in sheet_text(parser, tmp_path, change) for change in (filtered, folded))


def test_cells_whose_parts_look_different() -> None:
    small, struck = InlineFont(vertAlign="superscript"), InlineFont(strike=True)
    parts = CellRichText(TextBlock(struck, "100 "), "150", TextBlock(small, "1"), TextBlock(InlineFont(), " EUR"))
    assert plain_value(ReadOnlyCell(None, 1, 1, parts, "s", 0)) == "150¹ EUR"
