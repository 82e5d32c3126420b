import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image

from ingest.errors import UnreadableFileError
from ingest.parsers.routing import RoutingParser
from ingest.types import Section

WIDTH, HEIGHT = 400.0, 600.0
WORDS = ("none", "one", "two", "three", "four", "five", "six")
NETTLE = Path("/usr/share/doc/nettle-dev/nettle.pdf.gz")


class Pdf(FPDF):
    """A page of lines at given places, in points from the top left corner."""

    def __init__(self) -> None:
        super().__init__(unit="pt", format=(WIDTH, HEIGHT))
        self.set_auto_page_break(False)

    def sheet(self, *lines: tuple[float, float, str], size: float = 10, style: str = "") -> "Pdf":
        self.add_page()
        return self.put(*lines, size=size, style=style)

    def put(self, *lines: tuple[float, float, str], size: float = 10, style: str = "") -> "Pdf":
        self.set_font("Helvetica", style, size)
        for x, y, text in lines:
            self.text(x, y, text)
        return self

    def save(self, path: Path) -> Path:
        self.output(str(path))
        return path


def paragraph(top: float, count: int = 6) -> list[tuple[float, float, str]]:
    return [(40, top + 12 * i, f"Body line {i} goes on with ordinary words") for i in range(count)]


def check_boxes(sections: Sequence[Section], width: float = WIDTH, height: float = HEIGHT) -> None:
    for section in sections:
        assert section.boxes is not None and section.boxes.shape == (len(section.text), 4)
        assert section.boxes.dtype == np.float32
        left, top, right, bottom = section.boxes.T
        assert (left <= right).all() and (top <= bottom).all()
        assert left.min() >= 0 and top.min() >= 0 and right.max() <= width + 0.01 and bottom.max() <= height + 0.01


def box_of(section: Section, words: str) -> tuple[float, float, float, float]:
    assert section.boxes is not None
    start = section.text.index(words)
    boxes = section.boxes[start : start + len(words)]
    boxes = boxes[boxes[:, 2] > 0]
    assert (np.diff(boxes[:, 0]) > 0).all(), "characters of a word run from left to right"
    return (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())


def test_pages_text_and_boxes(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf().sheet((40, 100, "Hello brave world")).sheet((200, 300, "Second page"))
    first, second = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert [(first.page, first.text), (second.page, second.text)] == [(1, "Hello brave world"), (2, "Second page")]
    check_boxes([first, second])
    left, top, right, bottom = box_of(first, "Hello")
    assert left == pytest.approx(40, abs=1) and top < 100 < bottom + 1 and 9 < bottom - top < 13
    assert box_of(first, "brave")[0] > right
    assert box_of(second, "Second")[0] == pytest.approx(200, abs=1)


def test_gzipped_pdf(parser: RoutingParser, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf.gz"
    path.write_bytes(gzip.compress(bytes(Pdf().sheet((40, 100, "Hello")).output())))
    assert parser.parse(path)[0].text == "Hello"


@pytest.mark.parametrize(
    ("rotation", "size", "place"),
    [(90, (600, 400), (600 - 100, 40)), (180, (400, 600), (400 - 40, 600 - 100)), (270, (600, 400), (100, 400 - 40))],
)
def test_rotated_page(
    parser: RoutingParser, tmp_path: Path, rotation: int, size: tuple[int, int], place: tuple[int, int]
) -> None:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(bytes(Pdf().sheet((40, 100, "Hello")).output()))
    page = pdf[0]
    page.set_rotation(rotation)
    pdf.save(str(tmp_path / "a.pdf"))
    page.close()
    pdf.close()
    (section,) = parser.parse(tmp_path / "a.pdf")
    check_boxes([section], *size)
    assert section.boxes is not None
    left, top, right, bottom = section.boxes[0]
    # The baseline start of the "H" is a corner of its box.
    assert min(abs(left - place[0]), abs(right - place[0])) < 3
    assert min(abs(top - place[1]), abs(bottom - place[1])) < 3


def test_crop_box(parser: RoutingParser, tmp_path: Path) -> None:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(bytes(Pdf().sheet((140, 250, "Hello")).output()))
    page = pdf[0]
    page.set_cropbox(100, 200, 300, 500)
    pdf.save(str(tmp_path / "a.pdf"))
    page.close()
    pdf.close()
    (section,) = parser.parse(tmp_path / "a.pdf")
    check_boxes([section], 200, 300)
    left, top, _, bottom = box_of(section, "Hello")
    assert left == pytest.approx(40, abs=1) and top < 150 < bottom + 1


def test_divided_words_are_joined(parser: RoutingParser, tmp_path: Path) -> None:
    lines = ["A well-known exam-", "ple of a well-", "known rule for Anglo-", "Saxon texts"]
    pdf = Pdf().sheet(*((40, 100 + 12 * i, line) for i, line in enumerate(lines)))
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert section.text == "A well-known example of a well-known rule for Anglo-Saxon texts"
    check_boxes([section])
    start = section.text.index("example")
    assert section.boxes is not None
    assert section.boxes[start + 3, 1] < section.boxes[start + 4, 1], "the word goes on one line below"


def test_paragraphs_are_parted(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf().sheet(*paragraph(100, 3), *paragraph(160, 3))
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert [part.count("\n") for part in section.text.split("\n\n")] == [2, 2]


def test_outline_gives_headings(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.set_font("Helvetica", "", 10)
    for level, y, title in [(0, 80, "Alpha"), (1, 200, "Beta"), (0, 400, "Gamma")]:
        pdf.set_y(y - 10)
        pdf.start_section(title, level=level)
        pdf.text(40, y, title)
        pdf.put(*paragraph(y + 14, 3))
    sections = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert [section.headings for section in sections] == [("Alpha",), ("Alpha", "Beta"), ("Gamma",)]
    assert [section.text.split("\n")[0] for section in sections] == ["Alpha", "Beta", "Gamma"]


def test_font_size_gives_headings(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf().sheet((40, 60, "The Big Title"), size=24)
    pdf.put((40, 100, "Chapter of things"), size=16).put(*paragraph(120, 8))
    pdf.put((40, 260, "1.1 Bold and numbered"), style="B").put(*paragraph(280, 8))
    pdf.sheet((40, 60, "Another chapter"), size=16).put(*paragraph(80, 8))
    sections = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert [section.headings for section in sections] == [
        ("The Big Title",),
        ("The Big Title", "Chapter of things"),
        ("The Big Title", "Chapter of things", "1.1 Bold and numbered"),
        ("The Big Title", "Another chapter"),
    ]


def test_running_lines_are_left_out(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(1, 7):
        pdf.sheet((40, 30, "The Company Handbook"), *paragraph(100), (180, 580, f"Page {number} of 6"))
        pdf.put((40, 200, f"Here {WORDS[number]} stands"))
    sections = parser.parse(pdf.save(tmp_path / "a.pdf"))
    text = "\n".join(section.text for section in sections)
    assert text.count("Handbook") == 1 and "of 6" not in text, "the first stays, so that no text is lost"
    assert text.count("Body line 0") == 6 and text.count("stands") == 6


def test_head_of_a_table_stays_on_every_page(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    for page in range(4):
        pdf.sheet((40, 20, "ACME Inc"), (340, 20, "Secret"), (40, 45, "Part"), (200, 45, "Price"))
        pdf.put((40, 57, "and size"), (200, 57, "in euros"))
        for row in range(5):
            pdf.put((40, 69 + 12 * row, f"{WORDS[row]} {WORDS[page]}"), (200, 69 + 12 * row, f"{page}{row}"))
    for page, section in enumerate(parser.parse(pdf.save(tmp_path / "a.pdf"))):
        text = section.text.removeprefix("ACME Inc Secret\n\n")
        assert text.startswith(f"Part | Price\nand size | in euros\nnone {WORDS[page]} | {page}0\n")


def test_figures_in_the_margin_are_no_page_numbers(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    for figures in ("120 340", "125 777", "990 311", "101 555"):
        pdf.sheet((40, 30, f"Sum {figures}"), *paragraph(100))
    text = "\n".join(section.text for section in parser.parse(pdf.save(tmp_path / "a.pdf")))
    assert text.count("Sum") == 4


def test_table_rows_stay_on_one_line(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf().sheet(*paragraph(60))
    rows = [("Net sales", "$ 10", "$ 2,300"), ("Costs", "7", "(19)"), ("Margin of all", "3", "2,281")]
    for i, (label, first, second) in enumerate(rows):
        pdf.put((40, 200 + 14 * i, label))
        for right, text in ((250, first), (340, second)):
            pdf.put((right - pdf.get_string_width(text), 200 + 14 * i, text))
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    for row in rows:
        assert " | ".join(row) in section.text
    check_boxes([section])
    assert "Body line 0 goes on with ordinary words\n" in section.text


def test_password(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf().sheet((40, 100, "secret"))
    pdf.set_encryption(owner_password="o", user_password="u")
    with pytest.raises(UnreadableFileError, match="password"):
        parser.parse(pdf.save(tmp_path / "a.pdf"))


def test_truncated(parser: RoutingParser, tmp_path: Path) -> None:
    data = bytes(Pdf().sheet(*paragraph(100)).output())
    (tmp_path / "a.pdf").write_bytes(data[: len(data) // 3])
    with pytest.raises(UnreadableFileError, match=r"a\.pdf"):
        parser.parse(tmp_path / "a.pdf")


def test_no_text_layer(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.rect(10, 10, 100, 100)
    with pytest.raises(UnreadableFileError, match="OCR"):
        parser.parse(pdf.save(tmp_path / "a.pdf"))


def test_pages_that_are_only_pictures_are_named(parser: RoutingParser, tmp_path: Path) -> None:
    picture = Image.fromarray(np.full((40, 30), 99, np.uint8))
    pdf = Pdf().sheet((40, 100, "Cover sheet"))
    for number in range(2, 7):
        pdf.add_page()
        if number in (2, 3, 6):
            pdf.image(picture, 0, 0, WIDTH, HEIGHT)
        pdf.put((180, 580, f"Page {number} of 6"))
    pdf.add_page()
    pdf.rect(10, 10, 100, 100)
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert section.unread_pages == "2-3, 6-7"


def test_a_scan_with_page_numbers_has_no_text_layer(parser: RoutingParser, tmp_path: Path) -> None:
    pdf = Pdf()
    for number in range(1, 5):
        pdf.sheet((180, 580, f"{number}"))
    with pytest.raises(UnreadableFileError, match="OCR"):
        parser.parse(pdf.save(tmp_path / "a.pdf"))


def test_no_pages(parser: RoutingParser, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
    with pytest.raises(UnreadableFileError, match=r"no pages|damaged"):
        parser.parse(tmp_path / "a.pdf")


def test_threads_share_pdfium(parser: RoutingParser, tmp_path: Path) -> None:
    paths = [Pdf().sheet(*paragraph(100), (40, 300, f"number {n}")).save(tmp_path / f"{n}.pdf") for n in range(8)]
    with ThreadPoolExecutor(4) as threads:
        texts = [sections[0].text for sections in threads.map(parser.parse, paths * 3)]
    assert all(f"number {i % 8}" in text for i, text in enumerate(texts))


@pytest.mark.skipif(not NETTLE.exists(), reason="the Nettle manual is not installed")
def test_a_real_manual(parser: RoutingParser) -> None:
    sections = parser.parse(NETTLE)
    check_boxes(sections, 612, 792)
    assert any(section.headings[-1:] == ("SHA256",) for section in sections)


def test_columns_of_prose_are_read_one_after_the_other(parser: RoutingParser, tmp_path: Path) -> None:
    lines = ["Employees at the site in", "{} have {} days of", "leave each year and may", "carry over {} of them."]
    columns = {40: ("Leeds", "25", "five"), 220: ("Bremen", "30", "ten")}
    pdf = Pdf()
    pdf.add_page()
    for i, line in enumerate(lines):
        for x, (site, days, over) in columns.items():
            pdf.put((x, 100 + 14 * i, line.format(*(over,) if i == 3 else (site, days))))
    (section,) = parser.parse(pdf.save(tmp_path / "a.pdf"))
    assert " ".join(section.text.split()) == " ".join(
        f"Employees at the site in {site} have {days} days of leave each year and may carry over {over} of them."
        for site, days, over in columns.values()
    )
    check_boxes([section])
