import datetime as dt
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from ingest.parsers.docxtree import COMPATIBILITY
from ingest.parsers.routing import RoutingParser
from ingest.parsers.spreadsheets import shown, sniff_delimiter
from ingest.parsers.tables import MAX_ROWS
from ingest.parsers.titles import document_title


def test_docx_headings_lists_and_tables(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Manual", 1)
    document.add_paragraph("First words.")
    document.add_heading("Parts", 2)
    document.add_paragraph("bolt", style="List Bullet")
    document.add_paragraph("nut", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, words in zip(table._cells, ["Part", "Price", "bolt", "3 | 4"], strict=True):
        cell.text = words
    document.save(str(tmp_path / "a.docx"))
    text, parts, prices = parser.parse(tmp_path / "a.docx")
    assert (text.headings, text.text) == (("Manual",), "First words.")
    assert (parts.headings, parts.text) == (("Manual", "Parts"), "- bolt\n- nut")
    assert prices.kind == "table" and prices.headings == ("Manual", "Parts")
    assert prices.text == "| Part | Price |\n| --- | --- |\n| bolt | 3 \\| 4 |"


def test_docx_title_is_above_the_headings(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("The Book", 0)
    document.add_heading("Chapter", 1)
    document.add_paragraph("Words here.")
    document.save(str(tmp_path / "a.docx"))
    assert parser.parse(tmp_path / "a.docx")[-1].headings == ("The Book", "Chapter")


def add_xml(paragraph: Any, inner: str) -> None:
    spaces = f'{nsdecls("w", "wp", "a")} xmlns:v="urn:v" xmlns:mc="{COMPATIBILITY[1:-1]}"'
    for element in parse_xml(f"<w:p {spaces}>{inner}</w:p>"):
        paragraph._p.append(element)


@pytest.mark.parametrize(
    "inner",
    [
        "<w:ins w:id='1' w:author='a'>RUN</w:ins><w:del w:id='2'><w:r><w:delText>old</w:delText></w:r></w:del>",
        "<w:moveFrom w:id='1' w:author='a'><w:r><w:t>old</w:t></w:r></w:moveFrom><w:moveTo w:id='2'>RUN</w:moveTo>",
        "<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>RUN</w:sdtContent></w:sdt>",
        "<w:fldSimple w:instr='DOCPROPERTY x'>RUN</w:fldSimple>",
        "<w:smartTag w:element='x'><w:smartTagPr/><w:ins w:id='1' w:author='a'>RUN</w:ins></w:smartTag>",
        "<w:hyperlink w:anchor='x'><w:sdt><w:sdtContent>RUN</w:sdtContent></w:sdt></w:hyperlink>",
    ],
)
def test_docx_runs_in_containers(parser: RoutingParser, tmp_path: Path, inner: str) -> None:
    document = docx.Document()
    add_xml(document.add_paragraph("Notice period: "), inner.replace("RUN", "<w:r><w:t>three months</w:t></w:r>"))
    document.save(str(tmp_path / "a.docx"))
    assert [section.text for section in parser.parse(tmp_path / "a.docx")] == ["Notice period: three months"]


def test_docx_hidden_runs_are_left_out(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Seen")
    for value, text in ((True, " secret"), (False, " too")):
        paragraph.add_run(text).font.hidden = value
    document.save(str(tmp_path / "a.docx"))
    assert parser.parse(tmp_path / "a.docx")[0].text == "Seen too"


def test_docx_block_controls(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("First words.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Phone", "112"
    for block, control in ((table._tbl.tr_lst[0], "<w:sdtPr/>"), (table._tbl, "<w:sdtPr/>")):
        wrap(block, control)
    wrap(document.add_paragraph("Controlled.")._p, "<w:sdtPr/>")
    contents = "<w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
    wrap(document.add_paragraph("Chapter 1 ... 7")._p, contents)
    document.save(str(tmp_path / "a.docx"))
    texts = [section.text for section in parser.parse(tmp_path / "a.docx")]
    assert texts == ["First words.", "| Phone | 112 |\n| --- | --- |", "Controlled."]


def wrap(block: Any, properties: str) -> None:
    control = parse_xml(f"<w:sdt {nsdecls('w')}>{properties}<w:sdtContent/></w:sdt>")
    block.addprevious(control)
    control[-1].append(block)


def test_docx_text_boxes_follow_their_paragraph(parser: RoutingParser, tmp_path: Path) -> None:
    lines = "<w:p><w:r><w:t>In box WHERE</w:t></w:r>MORE</w:p><w:p><w:r><w:t>End.</w:t></w:r></w:p>"
    box = f"<w:txbxContent>{lines}</w:txbxContent>"
    vml = f"<w:r><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></w:r>"
    inner = vml.replace("WHERE", "two").replace("MORE", "")
    drawing = f"<w:drawing><wp:anchor><a:graphic>{box}</a:graphic></wp:anchor></w:drawing>"
    choice = drawing.replace("WHERE", "one").replace("MORE", inner)
    both = f"<mc:AlternateContent><mc:Choice>{choice}</mc:Choice><mc:Fallback>{vml}</mc:Fallback></mc:AlternateContent>"
    document = docx.Document()
    add_xml(document.add_paragraph("Before."), f"<w:r>{both}</w:r>")
    document.add_paragraph("After.")
    document.save(str(tmp_path / "a.docx"))
    (section,) = parser.parse(tmp_path / "a.docx")
    assert section.text.split("\n\n") == ["Before.", "In box one", "In box two", "End.", "End.", "After."]


def add_notes(document: Any, name: str, *notes: str) -> None:
    """Footnotes or endnotes with the ids 1, 2 and so on, below a separator."""
    tag = f"w:{name[:-1]}"
    blocks = "".join(f'<{tag} w:id="{number}">{note}</{tag}>' for number, note in enumerate(notes, 1))
    separator = f'<{tag} w:id="0" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></{tag}>'
    content = f"<w:{name} {nsdecls('w', 'r')}>{separator}{blocks}</w:{name}>".encode()
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml." + name + "+xml"
    part = Part(PackURI(f"/word/{name}.xml"), kind, content, document.part.package)
    document.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{name}")


def test_docx_notes_follow_the_paragraph_that_refers_to_them(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    add_xml(
        document.add_paragraph("Thirty days."),
        "<w:r><w:footnoteReference w:id='1'/></w:r><w:r><w:endnoteReference w:id='1'/></w:r>"
        "<w:r><w:footnoteReference w:id='2'/></w:r><w:del><w:r><w:footnoteReference w:id='3'/></w:r></w:del>",
    )
    document.add_paragraph("Next.")
    run = "<w:r><w:footnoteRef/></w:r><w:r><w:t>{}</w:t></w:r>"
    link = "<w:p><w:hyperlink r:id='rId99'>" + run.format("See the act.") + "</w:hyperlink></w:p>"
    inserted = "<w:p><w:ins w:id='9' w:author='a'>" + run.format("Twenty for trainees.") + "</w:ins></w:p>"
    add_notes(document, "footnotes", link, inserted, "<w:p>" + run.format("Old.") + "</w:p>")
    add_notes(document, "endnotes", "<w:p>" + run.format("At the end.") + "</w:p>")
    document.save(str(tmp_path / "a.docx"))
    (section,) = parser.parse(tmp_path / "a.docx")
    assert section.text.split("\n\n") == [
        "Thirty days.",
        "See the act.",
        "Twenty for trainees.",
        "At the end.",
        "Next.",
    ]


def test_pptx_without_a_title(parser: RoutingParser, tmp_path: Path) -> None:
    deck = pptx.Presentation()
    titled = deck.slides.add_slide(deck.slide_layouts[1])
    titled.shapes.title.text, titled.placeholders[1].text = "Line1\vLine2", "above\vbelow"
    untitled = deck.slides.add_slide(deck.slide_layouts[6])
    untitled.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.text = "Quarterly review"
    deck.save(str(tmp_path / "a.pptx"))
    first, second = parser.parse(tmp_path / "a.pptx")
    assert (first.page, first.headings, first.text) == (1, ("Line1 Line2",), "above\nbelow")
    assert (second.page, second.headings, second.text) == (2, (), "Quarterly review")
    assert document_title([second], "a_deck.pptx") == "a deck"


def test_docx_table_of_contents_without_a_content_control(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    for name in ("TOC Heading", "toc 1", "toc 2"):
        if name not in {style.name for style in document.styles}:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Contents", "TOC Heading")
    document.add_paragraph("1 Leave\t3", "toc 1")
    document.add_paragraph("1.1 Days\t3", "toc 2")
    document.add_heading("Leave", 1)
    document.add_paragraph("30 days.")
    document.save(str(tmp_path / "a.docx"))
    (section,) = parser.parse(tmp_path / "a.docx")
    assert (section.headings, section.text) == (("Leave",), "30 days.")


def test_pptx_slides_notes_and_tables(parser: RoutingParser, tmp_path: Path) -> None:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Goals"
    first.placeholders[1].text = "Grow fast\nStay small"
    first.notes_slide.notes_text_frame.text = "Say it slowly."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Figures"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, values in enumerate([("Year", "Sales"), ("2024", "7")]):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Thanks"
    deck.save(str(tmp_path / "a.pptx"))
    goals, figures, thanks = parser.parse(tmp_path / "a.pptx")
    assert (goals.page, goals.headings) == (1, ("Goals",))
    assert goals.text == "Grow fast\n\nStay small\n\nNotes: Say it slowly."
    assert (figures.page, figures.headings, figures.kind) == (2, ("Figures",), "table")
    assert figures.text == "| Year | Sales |\n| --- | --- |\n| 2024 | 7 |"
    assert (thanks.page, thanks.text) == (3, "Thanks")


def test_xlsx_values_as_shown(parser: RoutingParser, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Staff"
    sheet.append(["Name", "Age", "Since", "Share"])
    sheet.append(["Ann", 25.0, dt.datetime(2020, 2, 3), 0.125])
    sheet.append(["Bob\nLee", 0.1 + 0.2, dt.datetime(2020, 2, 3, 4, 5), None])
    sheet["D2"].number_format = "0.0%"
    sheet["F9"] = None
    book.create_sheet("Empty")
    book.save(tmp_path / "a.xlsx")
    (table,) = parser.parse(tmp_path / "a.xlsx")
    assert (table.kind, table.headings) == ("table", ("Staff",))
    assert table.text.split("\n") == [
        "| Name | Age | Since | Share |",
        "| --- | --- | --- | --- |",
        "| Ann | 25 | 2020-02-03 | 12.5% |",
        "| Bob Lee | 0.3 | 2020-02-03 04:05:00 |  |",
    ]


def test_xlsx_hidden_sheets_formulas_and_durations(parser: RoutingParser, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Task", "Hours"])
    book.active.append(["paint", dt.timedelta(hours=30, minutes=5)])
    book.active.append(["sum", '=SUM(B2:B2)&" <h>"'])
    for state in ("hidden", "veryHidden"):
        sheet = book.create_sheet(state)
        sheet.append(["secret", "x"])
        sheet.sheet_state = state
    book.save(tmp_path / "a.xlsx")
    (table,) = parser.parse(tmp_path / "a.xlsx")
    assert table.text.split("\n")[2:] == ["| paint | 30:05 |", '| sum | =SUM(B2:B2)&" <h>" |']


def test_xlsx_captions_and_blocks(parser: RoutingParser, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [["Report 2024"], [], ["a", "b"], [1, 2], [], [3, 4], [], ["c", "d"], [5, 6]]
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    caption, first, second = parser.parse(tmp_path / "a.xlsx")
    assert (caption.kind, caption.text) == ("text", "Report 2024")
    assert first.text.endswith("| 1 | 2 |\n| 3 | 4 |")
    assert second.text.startswith("| c | d |")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "TRUE"), (1e20, "1e+20"), (-3.0, "-3"), (dt.date(2024, 1, 2), "2024-01-02"), ("007", "007")],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.05, "#,##0.0%", "5.0%"),
        (0.125, "0%", "13%"),
        (1234.5, '"EUR" #,##0.00', "EUR 1,234.50"),
        (-1234.5, "#,##0.00\\ [$€-407]", "-1,234.50 €"),
        (-5, "0_);[Red]\\(0\\)", "(5)"),
        (0, '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', "- €"),
        (1234567, '#,##0,"k"', "1,235k"),
        (7, "00000", "00007"),
        (0.5, "#.0#", ".5"),
        (2.5, "0", "3"),
        (-3.25, "0.0;", "-3.25"),
        (3.25, "General", "3.25"),
        (3.25, "0.00E+00", "3.25"),
        (3.25, "# ?/?", "3.25"),
        (3.25, "[>3]0", "3.25"),
        (3.25, ";;;", "3.25"),
        (0.1 + 0.2, "0." + "0" * 60, "0.3" + "0" * 59),
        (3.25, "0" * 300, "3.25"),
    ],
)
def test_number_formats(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_csv_lines_above_the_table(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Report of 2025,,\n\nIn euros\nName,Amount,\nAnn,1,\n", encoding="utf-8")
    caption, table = parser.parse(path)
    assert caption.text == "Report of 2025\nIn euros"
    assert table.text == "| Name | Amount |\n| --- | --- |\n| Ann | 1 |"


def test_csv_first_cell_may_be_empty_and_one_column_is_a_table(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for content, first in ((",count\na,1\nb,2\n", "|  | count |"), ("id\n1\n2\n", "| id |")):
        path.write_text(content, encoding="utf-8")
        (table,) = parser.parse(path)
        assert table.text.split("\n")[0] == first


def test_csv_separator_line(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\na,b;c\n1,5;2\n", encoding="utf-8")
    (table,) = parser.parse(path)
    assert table.text == "| a,b | c |\n| --- | --- |\n| 1,5 | 2 |"


def test_csv_quotes_out_of_place_stay_on_their_line(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["a,b", '"5 inch,1', '"two\nlines",2', '"x, "y" z",3', '"6 inch,4', "long,{}", "end,5"]
    path.write_text("\n".join(lines).format("x" * 200_000), encoding="utf-8")
    (table,) = parser.parse(path)
    rows = table.text.split("\n")[2:]
    assert [row[:9] for row in rows] == ['| "5 inch', "| two lin", '| x, y" z', '| "6 inch', "| long | ", "| end | 5"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(parser: RoutingParser, tmp_path: Path, delimiter: str) -> None:
    lines = [["id", "note"], ["007", '"x, y; z"'], ["1.50", "b"]]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    (table,) = parser.parse(path)
    assert table.text.split("\n")[2:] == ["| 007 | x, y; z |", "| 1.50 | b |"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Preisliste, Stand 2024\nArtikel;Preis\nSchraube;1,50\nMutter;2,50", ";"),
        ("Datum;Betrag, EUR\n01.02.2024;1,50", ";"),
        ("1,50;2,50\n3,50;4,50", ";"),
        ("1.050,50\t-2,5\n3,50\t4,50", "\t"),
        ("Name;Place, country\nAnn;Bonn, DE\nBob;Ulm, DE", ";"),
        ("id,n,tags\n1,5,a;b\n2,6,c;d", ","),
        ("1,50\n2,75", ","),
        ('"a;b","c;d"\n"e","f;g"', ","),
    ],
)
def test_commas_within_numbers_and_texts(text: str, delimiter: str) -> None:
    assert sniff_delimiter(text) == delimiter


def test_one_column_has_some_delimiter() -> None:
    assert sniff_delimiter("a\nb\n") in ",;\t|"


def test_long_table_repeats_its_header(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("n\tsquare\n" + "".join(f"{n}\t{n * n}\n" for n in range(2 * MAX_ROWS + 1)), encoding="utf-8")
    sections = parser.parse(path)
    assert len(sections) == 3
    assert {section.text.split("\n")[0] for section in sections} == {"| n | square |"}
    assert sum(len(section.text.split("\n")) - 2 for section in sections) == 2 * MAX_ROWS + 1
