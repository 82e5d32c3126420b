from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.errors import UnreadableFileError
from ingest.parsers.decoding import clean, decode
from ingest.parsers.tables import markdown_tables, square
from ingest.parsers.titles import document_title
from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]


def test_text_is_kept_as_it_is(parse: Parse) -> None:
    assert parse("a.txt", "  one\r\n\r\n two \rthree\n")[0].text == "  one\n\n two \nthree\n"


def test_form_feeds_are_pages(parse: Parse) -> None:
    assert [(section.page, section.text) for section in parse("a.log", "one\f\ftwo")] == [(1, "one"), (3, "two")]


def test_control_characters_go(parse: Parse) -> None:
    assert parse("a.txt", "A bell \a rang and a tab\tstays, " * 3)[0].text.startswith("A bell  rang and a tab\tstays")


def test_text_is_normalized(parse: Parse) -> None:
    source = "Cafe\u0301 Mu\u0308ller, of\ufb01ce, break\u200bhint, hy\xadphen, m\u00b2"
    for name in ("a.txt", "a.md"):
        assert parse(name, source)[0].text == "Café Müller, office, breakhint, hyphen, m²"


@pytest.mark.parametrize("separator", ["\v", "\f", "\x85", "\x1c", "\x1d", "\x1e"])
def test_separators_part_words(separator: str) -> None:
    assert clean(f"one{separator}two") == "one\ntwo"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_western_encodings(encoding: str) -> None:
    text = "Größe und café, naïve façade: plain words make up the rest."
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Pracownik ma prawo do urlopu. Wniosek należy złożyć wcześniej, są też święta."),
        ("cp1250", "Imię;Nazwisko\nŁukasz;Wójcik\nJóźwiak;Święta"),
        ("cp1250", "Zaměstnanec má nárok na dovolenou. Žádost se podává příslušnému vedoucímu."),
        ("cp1250", "Név;Cím\nSzűcs Gergő;Győr"),
        ("cp1250", "A munkavállalónak húsz nap szabadság jár, legkésőbb két héttel előtte kérve."),
        ("cp1254", "Çalışanın yirmi gün yıllık izin hakkı vardır. Başvuru İstanbul'a yapılır."),
        ("cp1252", "Müller’s „Grüße“ kosten 5 € – für Ärzte, Öfen und Straßen von 3 m³."),
        ("cp1252", "L’employé a droit à vingt jours. Où est l’œuvre ? Ça coûte 5 £… « Été » à Noël."),
        ("cp1252", "It’s “quoted” text – with €5, £6m, £million, ¥7 and ½ of 3 m³ ± 1 °C."),
        ("cp1252", "José, Müller and Ångström met in São Paulo."),
        ("cp1252", "Il dipendente è già in ferie: così è la città, perché lunedì non c’è più."),
        ("cp1252", "João;São Paulo\nInês;Brasília"),
    ],
)
def test_latin_code_pages(encoding: str, text: str) -> None:
    for times in (1, 30):
        assert decode(text.encode(encoding) * times, "a.txt") == text * times


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_one_bad_byte_costs_one_character(start: bytes) -> None:
    text = "Größe und café, naïve façade: plain words make up the rest. "
    assert decode(start + text.encode() + b"\xff", "a.txt") == text + "\ufffd"
    assert decode(start + text.encode()[:-3] + "é".encode()[:1], "a.txt") == text[:-3] + "\ufffd"


def test_windows_1252_with_an_undefined_byte() -> None:
    assert decode("costs €5 ".encode("cp1252") * 9 + b"\x81", "a.txt") == "costs €5 " * 9 + "\ufffd"


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "gb18030"])
def test_other_scripts_are_detected(encoding: str) -> None:
    text = {
        "cp1251": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. " * 5,
        "shift_jis": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 5,
        "gb18030": "道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。" * 5,
    }[encoding]
    assert decode(text.encode(encoding), "a.txt") == text


@given(st.binary(max_size=400))
@example(b"\x1b")  # nothing is left of it
def test_decode_gives_text_or_refuses(data: bytes) -> None:
    try:
        text = decode(data, "a.txt")
    except UnreadableFileError as error:
        assert "a.txt" in str(error)
    else:
        assert text.strip() and "\x00" not in clean(text) and clean(text).encode()


cells = st.lists(st.lists(st.text(alphabet="ab |\n\\", max_size=6), max_size=4), max_size=6)


@given(cells)
def test_tables_are_rectangular(rows: list[list[str]]) -> None:
    widths = {len(row) for row in square(rows)}
    assert len(widths) <= 1
    for text in markdown_tables(rows):
        bars = {line.replace("\\|", "").count("|") for line in text.split("\n")}
        assert len(bars) == 1


def test_columns_without_text_are_left_out() -> None:
    assert square([["", "a", "", "b"], ["", "", ""], ["", "1", *[" "] * 16_000, "stray"]]) == [
        ["a", "b", ""],
        ["1", "", "stray"],
    ]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("/srv/docs/annual_report-2023.pdf.gz", "annual report 2023"),
        ("https://example.org/a/My%20Page.html?x=1#y", "My Page"),
        ("C:\\files\\Plan.docx", "Plan"),
        ("README", "README"),
        (".env", ".env"),
    ],
)
def test_title_from_name(source: str, title: str) -> None:
    assert document_title([Section("x")], source) == title


def test_chapter_on_a_later_page_is_no_title() -> None:
    sections = [Section("Cover", 1), Section("x", 5, ("Introduction",))]
    assert document_title(sections, "manual.pdf") == "manual"


@pytest.mark.parametrize("source", ["staff_list.xlsx", "staff_list.XLSX.gz"])
def test_sheet_names_are_no_title(source: str) -> None:
    assert document_title([Section("x", headings=("Sheet1",))], source) == "staff list"


def test_title_from_first_heading() -> None:
    assert document_title([Section("x"), Section("y", headings=("Top", "Sub"))], "a.md") == "Top"
