"""Running lines of a PDF against what is its text."""

from pathlib import Path

import pytest

from ingest.parsers.routing import RoutingParser
from tests.parsers.test_pdf import Pdf, paragraph


def texts(pdf: Pdf, tmp_path: Path) -> list[str]:
    return [section.text for section in RoutingParser().parse(pdf.save(tmp_path / "a.pdf"))]


@pytest.mark.parametrize(("size", "style", "first_line"), [(18, "B", 52), (10, "", 47), (10, "", 80)])
def test_headings_that_number_pages_of_their_own_stay(
    size: float, style: str, first_line: float, tmp_path: Path
) -> None:
    """Larger than the text, close above it, or apart from it."""
    pdf = Pdf()
    for number in range(1, 5):
        pdf.sheet((40, 35, f"Zone {number}"), size=size, style=style).put(*paragraph(first_line))
    assert [text.split("\n")[0] for text in texts(pdf, tmp_path)] == [f"Zone {number}" for number in range(1, 5)]


def test_a_heading_that_comes_back_stays(tmp_path: Path) -> None:
    pdf = Pdf()
    for site in ("Leeds", "Bremen", "Leeds", "Leeds"):
        pdf.sheet((40, 35, site), size=18).put(*paragraph(80))
    sections = RoutingParser().parse(pdf.save(tmp_path / "a.pdf"))
    assert [section.headings for section in sections] == [("Leeds",), ("Bremen",), ("Leeds",), ("Leeds",)]


@pytest.mark.parametrize(("size", "style"), [(18, ""), (10, "B")])
def test_years_at_the_top_are_no_page_numbers(size: float, style: str, tmp_path: Path) -> None:
    pdf = Pdf()
    for year in range(2021, 2025):
        pdf.sheet((40, 40, str(year)), size=size, style=style).put(*paragraph(80))
    sections = RoutingParser().parse(pdf.save(tmp_path / "a.pdf"))
    assert [section.text.split("\n")[0] for section in sections] == ["2021", "2022", "2023", "2024"]
    assert [section.headings for section in sections] == [
        (str(year),) if size > 10 else () for year in range(2021, 2025)
    ]


@pytest.mark.parametrize("gap", [12, 30])
def test_the_last_sentence_of_each_page_stays(gap: float, tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(4):
        top = 100 + 20 * number if gap > 12 else 100
        pdf.sheet((40, top, f"Staff have 2{number} days of leave."), (40, top + gap, "Unused days lapse in March."))
    assert all("Unused" in text for text in texts(pdf, tmp_path))


@pytest.mark.parametrize("footer", ["Page {}", "Handbook | {}", "S. {} von 9", "Handbook - {}", "{} Handbook", "{}"])
def test_page_numbers_go(footer: str, tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(1, 5):
        pdf.sheet(*paragraph(100), (180, 580, footer.format(number)))
    assert {text.split("\n")[-1] for text in texts(pdf, tmp_path)} == {paragraph(100)[-1][2]}


def test_small_print_close_to_the_text_goes(tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(4):
        pdf.sheet(*paragraph(20, 20), (40, 275, f"Here {number} stands")).put((40, 11, "ACME Inc, Leeds"), size=8)
    assert [text.count("ACME") for text in texts(pdf, tmp_path)] == [1, 0, 0, 0]
