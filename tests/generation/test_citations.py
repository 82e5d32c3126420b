"""From markers in an answer to exact places in documents."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.citations import Statement, line_boxes, resolve, statements
from generation.generators.extractive import ExtractiveGenerator, select
from generation.types import Prompt, Quote
from ingest.sentences import sentence_spans
from ingest.types import Section
from retrieval.types import Hit
from tests.generation.passages import hit, hits

PASSAGES = (
    "Parental leave is thirty days. It may be taken in two parts. Ask HR [2] for the form.",
    "The office opens at nine. It closes at six.",
    "| Grade | Days |\n| --- | --- |\n| Senior | 30 |",
)


def quotes_of(found: list[Hit]) -> list[Quote]:
    """Each sentence of each passage, supported the better the earlier it stands."""
    spans = [
        (marker, one.chunk.text, span)
        for marker, one in enumerate(found, start=1)
        for span in sentence_spans(one.chunk.text)
    ]
    return [
        Quote(marker, text[start:end], start, end, round(1 - place / 100, 2))
        for place, (marker, text, (start, end)) in enumerate(spans)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("No marker.", [Statement("No marker.", ())]),
        ("One. [1]", [Statement("One.", (1,))]),
        ("One [1].", [Statement("One", (1,)), Statement(".", ())]),
        ("One. [1][2] [3]\nTwo. [2]", [Statement("One.", (1, 2, 3)), Statement("Two.", (2,))]),
        ("One. [1] And more.", [Statement("One.", (1,)), Statement("And more.", ())]),
        ("[1] One.", [Statement("One.", ())]),
        ("A [note] and [1234].", [Statement("A [note] and [1234].", ())]),
    ],
)
def test_statements(text: str, expected: list[Statement]) -> None:
    assert statements(text) == expected


def test_what_looks_like_a_marker_inside_a_quote_is_none() -> None:
    quote = Quote(1, "Ask HR [2] for the form.", 0, 24, 0.9)
    text = "Ask HR [2] for the form. [1]\nOther. [3]"
    assert statements(text, [quote]) == [Statement(quote.text, (1,)), Statement("Other.", (3,))]
    footnote = Quote(1, "[2] Smith, On Leave [3]", 0, 23, 0.9)
    assert statements(f"{footnote.text} [1]", [footnote]) == [Statement(footnote.text, (1,))]


def test_a_literal_statement_is_cited_where_it_stands() -> None:
    found = hits(*PASSAGES)
    (citation,) = resolve("It may be taken in two parts. [1]", found, quotes_of(found))
    assert (citation.marker, citation.document_id, citation.chunk_id) == (1, "doc-1", "chunk-1")
    assert (citation.title, citation.source) == ("Title 1", "/docs/1.md")
    assert citation.quote == "It may be taken in two parts."
    assert citation.char_start == 100 + PASSAGES[0].index("It may")
    assert citation.support == 0.99


def test_a_paraphrase_is_cited_at_the_nearest_sentence() -> None:
    found = hits(*PASSAGES)
    (citation,) = resolve("You can take parental leave in two parts [1]", found, quotes_of(found))
    assert citation.quote == "It may be taken in two parts."


def test_a_sentence_that_stands_twice_is_cited_where_it_is_supported() -> None:
    text = "Ask HR.\n\nThen wait.\n\nAsk HR."
    (citation,) = resolve("Ask HR. [1]", [hit(text)], [Quote(1, "Ask HR.", 21, 28, 0.8)])
    assert (citation.char_start, citation.support) == (21, 0.8)


@pytest.mark.parametrize("sentence", ["The limit is 500 EUR per night.", "- The limit [2] is 500 EUR per night."])
@pytest.mark.parametrize("indent", ["  ", "\t", "\n \u2003"])
def test_a_sentence_behind_white_space_keeps_its_support(indent: str, sentence: str) -> None:
    found = hits(f"{indent}{sentence} Ask HR.", "Another limit.")
    quotes = quotes_of(found)
    (citation,) = resolve(f"{quotes[0].text} [1]", found, quotes)
    assert (citation.marker, citation.quote, citation.support) == (1, sentence, 1.0)
    assert citation.char_start == 100 + len(indent)


def test_each_marker_of_a_statement_is_a_citation() -> None:
    found = hits(*PASSAGES)
    citations = resolve("The office opens at nine. [2][1]", found, quotes_of(found))
    assert [one.marker for one in citations] == [2, 1]


@pytest.mark.parametrize("marker", [0, 4, 17, 999])
def test_unknown_markers_are_left_out(marker: int) -> None:
    found = hits(*PASSAGES)
    citations = resolve(f"The office opens at nine. [{marker}][2]", found, quotes_of(found))
    assert [one.marker for one in citations] == [2]


def test_without_hits_there_are_no_citations() -> None:
    assert resolve("The office opens at nine. [1]", [], []) == []


answers = st.lists(
    st.one_of(
        st.sampled_from([*PASSAGES, "It closes", "nine", "[1]", "[2]", "[3] [1]", "[0]", "[77]", "\n", " ", "."]),
        st.text(max_size=20),
    ),
    max_size=12,
).map(" ".join)


@given(answers)
def test_a_citation_quotes_its_document_whatever_the_answer_says(text: str) -> None:
    found = hits(*PASSAGES)
    document = {one.chunk.document_id: " " * one.chunk.char_start + one.chunk.text for one in found}
    for citation in resolve(text, found, quotes_of(found)):
        assert document[citation.document_id][citation.char_start : citation.char_end] == citation.quote != ""
        assert 1 <= citation.marker <= len(found)
        assert 0 <= citation.support <= 1


passages = st.lists(
    st.lists(st.sampled_from(["See [2].", "Pay is 5.", "| a | [1] |", "[3] Smith", "残業 [1]。", "x"]), min_size=1),
    min_size=1,
    max_size=4,
).map(lambda parts: [hit("\n\n".join(part), number) for number, part in enumerate(parts, start=1)])


@given(passages)
def test_an_extractive_answer_is_cited_exactly_at_what_it_quotes(found: list[Hit]) -> None:
    quotes = quotes_of(found)
    chosen = select(quotes, 3)
    text = "\n".join(f"{quote.text} [{quote.marker}]" for quote in chosen)
    citations = resolve(text, found, quotes)
    assert [(one.marker, one.quote, one.support) for one in citations] == [
        (quote.marker, quote.text, quote.support) for quote in chosen
    ]


def boxes(*lines: tuple[str, float, float]) -> Section:
    """Lines of text (text, left, top) with characters 5 points wide and 10 high; a line break has no box."""
    rows: list[tuple[float, float, float, float]] = []
    for position, (text, left, top) in enumerate(lines):
        if position:
            rows.append((0, 0, 0, 0))
        rows += [(left + 5 * index, top, left + 5 * index + 5, top + 10) for index in range(len(text))]
    return Section("\n".join(text for text, _, _ in lines), 1, boxes=np.array(rows, np.float32))


def test_one_rectangle_a_line() -> None:
    section = boxes(("Parental leave", 72, 100), ("is thirty days.", 72, 112))
    assert line_boxes([section], 9, 17) == ((117.0, 100.0, 142.0, 110.0), (72.0, 112.0, 82.0, 122.0))


def test_offsets_count_from_the_start_of_the_document() -> None:
    first, second = Section("No layout."), boxes(("abc", 10, 20))
    start = len(first.text) + 2
    assert line_boxes([first, second], start, start + 3) == ((10.0, 20.0, 25.0, 30.0),)
    assert line_boxes([first, second], 0, start) == ()
    assert line_boxes([second, first], 0, 500) == ((10.0, 20.0, 25.0, 30.0),)


def test_columns_on_one_height_are_two_rectangles() -> None:
    section = boxes(("right", 300, 50), ("left", 72, 50))
    assert line_boxes([section], 0, 10) == ((300.0, 50.0, 325.0, 60.0), (72.0, 50.0, 92.0, 60.0))


def test_without_layout_there_are_no_rectangles() -> None:
    assert line_boxes([], 0, 5) == line_boxes([Section("abc")], 0, 3) == ()


@given(st.integers(-5, 60), st.integers(-5, 60))
def test_rectangles_lie_round_the_characters_asked_for(start: int, end: int) -> None:
    section = boxes(("Parental leave", 72, 100), ("is thirty days.", 72, 112), ("Ask.", 72, 124))
    assert section.boxes is not None
    found = line_boxes([Section("x"), section], start, end)
    inside = section.boxes[max(0, start - 3) : max(0, end - 3)]
    inside = inside[inside[:, 2] > inside[:, 0]]
    assert len(found) <= 3
    for left, top, right, bottom in inside.tolist():
        assert any(a <= left and b <= top and c >= right and d >= bottom for a, b, c, d in found)
    assert bool(found) == bool(len(inside))


async def collect(generator: ExtractiveGenerator, quotes: list[Quote]) -> str:
    found = tuple(hits("A.\nB.", "C.", "A."))
    return "".join([str(piece) async for piece in generator.stream(Prompt("?", found, tuple(quotes)))])


def quote(text: str, support: float, marker: int = 1) -> Quote:
    return Quote(marker, text, 0, len(text), support)


def test_a_row_is_cited_with_the_names_of_its_columns() -> None:
    text = "Coats are blue.\n\n| Item | Price |\n| --- | --- |\n| Coat | 12 |\n| Hat | 8 |"
    found = hits(text)
    row, sentence = resolve("| Hat | 8 | [1] Coats are blue. [1]", found, quotes_of(found))
    assert (row.quote, row.table_header) == ("| Hat | 8 |", "| Item | Price |")
    assert (sentence.quote, sentence.table_header) == ("Coats are blue.", "")


def test_the_best_sentences_none_twice_none_far_worse() -> None:
    best = [quote("A.", 0.6), quote("a. ", 0.58, 2), quote("B.", 0.56, 2), quote("C.", 0.55), quote("D.", 0.53)]
    assert [one.text for one in select(best, 5)] == ["A.", "B.", "C."]
    assert [one.text for one in select(best, 2)] == ["A.", "B."]
    assert select([], 3) == []


def test_a_second_sentence_may_be_half_as_good_a_third_one_hardly_worse() -> None:
    best = [quote("A.", 0.6), quote("B.", 0.31), quote("C.", 0.305)]
    assert [one.text for one in select(best, 3)] == ["A.", "B."]
    assert [one.text for one in select([best[0], quote("B.", 0.29)], 3)] == ["A."]


def test_beside_a_sure_sentence_only_its_equals() -> None:
    sure = [quote("A.", 0.8), quote("B.", 0.73, 2), quote("C.", 0.71)]
    assert [one.text for one in select(sure, 5)] == ["A.", "B."]


def test_the_extractive_generator_writes_quotes_with_their_markers() -> None:
    text = asyncio.run(
        collect(ExtractiveGenerator(2), [quote("A.", 0.9, 3), Quote(1, "B.", 3, 5, 0.85), quote("C.", 0.83, 2)])
    )
    assert text == "A. [3]\nB. [1]"
