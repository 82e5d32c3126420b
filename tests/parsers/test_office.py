import datetime as dt
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest.parsers.routing import RoutingParser
from ingest.parsers.spreadsheets import shown, sniff_delimiter
from ingest.parsers.tables import MAX_ROWS


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(parser: RoutingParser, tmp_path: Path, delimiter: str) -> None:
    lines = [["id", "note"], ["007", '"x, y; z"'], ["1.50", "b"]]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    (table,) = parser.parse(path)
    assert table.text.split("\n")[2:] == ["| 007 | x, y; z |", "| 1.50 | b |"]


def test_one_column_has_some_delimiter() -> None:
    assert sniff_delimiter("a\nb\n") in ",;\t|"


def test_long_table_repeats_its_header(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("n\tsquare\n" + "".join(f"{n}\t{n * n}\n" for n in range(2 * MAX_ROWS + 1)), encoding="utf-8")
    sections = parser.parse(path)
    assert len(sections) == 3
    assert {section.text.split("\n")[0] for section in sections} == {"| n | square |"}
    assert sum(len(section.text.split("\n")) - 2 for section in sections) == 2 * MAX_ROWS + 1


def message(**parts: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Grüße an alle", "Ann <ann@example.org>", "bob@example.org"
    mail["Date"] = "Mon, 05 Feb 2024 10:00:00 +0000"
    if "plain" in parts:
        mail.set_content(parts["plain"])
    if "html" in parts:
        (mail.add_alternative if "plain" in parts else mail.set_content)(parts["html"], subtype="html")
    return mail


def test_eml_prefers_plain_and_names_attachments(parser: RoutingParser, tmp_path: Path) -> None:
    mail = message(plain="Hello\n\nthere", html="<p>HTML</p>")
    mail.add_attachment(b"%PDF-secret", maintype="application", subtype="pdf", filename="plan.pdf")
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    head, body = parser.parse(tmp_path / "a.eml")
    assert head.headings == body.headings == ("Grüße an alle",)
    assert head.text.split("\n") == [
        "From: Ann <ann@example.org>",
        "To: bob@example.org",
        "Date: Mon, 05 Feb 2024 10:00:00 +0000",
        "Attachments: plan.pdf",
    ]
    assert body.text == "Hello\n\nthere"


def test_eml_html_body(parser: RoutingParser, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(message(html="<h1>Top</h1><p>Words &amp; more</p>").as_bytes())
    assert [(s.headings, s.text) for s in parser.parse(tmp_path / "a.eml")][1:] == [
        (("Grüße an alle", "Top"), "Words & more")
    ]
