"""Raised digits stay apart from the number before them, in every format."""

from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from generation.verification.numbers import quantities
from ingest.parsers.routing import RoutingParser
from ingest.sentences import sentence_spans
from ingest.types import Section
from tests.parsers.test_pdf import Pdf, check_boxes

Parse = Callable[[str, bytes | str], list[Section]]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("25<sup>1</sup> days", "25¹ days"),
        ("10<sup>6</sup> EUR, 10<sup>-3</sup> m<sup>2</sup>", "10⁶ EUR, 10⁻³ m²"),
        ("25<a href='#n'><sup>2</sup></a> and 30<sup><a>3</a>,<a>4</a></sup> days", "25² and 30³,⁴ days"),
        ("1<sup>1</sup>/<sub>2</sub> or <sup>3</sup>&frasl;<sub>4</sub> days", "1 1/2 or 3⁄4 days"),
        ("the 2<sup>nd</sup> floor, 25<sup>[1]</sup> days, CO<sub>2</sub>", "the 2nd floor, 25[1] days, CO2"),
        ("<sup>1</sup> Plus public holidays", "1 Plus public holidays"),
    ],
)
def test_html(parse: Parse, html: str, text: str) -> None:
    table = f"<table><tr><th>Site</th></tr><tr><td>{html}</td><td>x</td></tr></table>"
    prose, cells = parse("a.html", f"<p>{html}</p>{table}")
    assert prose.text == text and f"| {text} | x |" in cells.text


def test_docx(parser: RoutingParser, tmp_path: Path) -> None:
    document = docx.Document()
    document.styles.add_style("Mark", 2).font.superscript = True
    paragraph = document.add_paragraph("Staff have 25")
    paragraph.add_run("1").font.superscript = True
    paragraph.add_run(" days, 10")
    paragraph.add_run("6", style="Mark")
    paragraph.add_run(" EUR, the 2")
    paragraph.add_run("nd").font.superscript = True
    note = document.add_paragraph()
    note.add_run("1").font.superscript = True
    note.add_run(" Plus holidays")
    document.save(str(tmp_path / "a.docx"))
    (section,) = parser.parse(tmp_path / "a.docx")
    assert section.text == "Staff have 25¹ days, 10⁶ EUR, the 2nd\n\n1 Plus holidays"


def test_pdf(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    for words in ("Staff have 25", "^12", " days, 1", "^1/2", " hours, 10", "^6", " EUR in 2024."):
        pdf.char_vpos = "SUP" if words[0] == "^" else "LINE"
        pdf.write(12, words.lstrip("^"))
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert section.text == "Staff have 25¹² days, 1 1/2 hours, 10⁶ EUR in 2024."
    check_boxes([section])


@pytest.mark.parametrize("label", ["Total: ", "Total:"])
def test_small_digits_on_the_baseline_of_a_pdf_stay(parser: RoutingParser, tmp_path: Path, label: str) -> None:
    pdf = Pdf()
    pdf.add_page()
    left = 20.0
    for size, words in ((20, label), (8, "1200 EUR")):
        pdf.set_font("Helvetica", size=size)
        pdf.text(left, 100, words)
        left += pdf.get_string_width(words)
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert section.text == f"{label}1200 EUR"


def test_the_number_before_a_footnote_is_read() -> None:
    assert [(one.text, one.unit) for one in quantities("25¹ days, 10⁶ EUR")] == [("25", "day")]


def test_a_footnote_belongs_to_the_sentence_before() -> None:
    text = "They have 25 days.¹ Others have “more.”² So be it."
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "They have 25 days.¹",
        "Others have “more.”²",
        "So be it.",
    ]
