"""What every chunker must do, with a whitespace tokenizer and with that of the real model."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunkers import TokenChunker
from ingest.parsers.decoding import clean
from ingest.ports import Chunker, Embedder
from ingest.types import Chunk, Document, Section
from tests.fakes import HashEmbedder

SPECIAL_TOKENS = 2
WORDS = (
    *("leave", "Überstunden", "残業手当", "🕰️👩‍👩‍👧", "a", "1,234.50"),
    *("well-being", "x" * 120, "...", "No.", "Ünï\u0301", "\n| a | b |\n", "\n  c | 1\nd | 2"),
)
BREAKS = (" ", " ", " ", ". ", "? ", "\n", "\n\n", "; ", ", ", "  ", "\t", "\u2003", "\xa0", "")

Spans = Callable[[str], Sequence[tuple[int, int]]]
Make = Callable[..., Chunker]


@pytest.fixture(params=["hash", "minilm"])
def spans(request: pytest.FixtureRequest) -> Spans:
    model: Embedder = HashEmbedder() if request.param == "hash" else request.getfixturevalue("minilm")
    return model.token_spans


@pytest.fixture
def make(spans: Spans) -> Make:
    return lambda chunk_tokens=32, overlap_tokens=0, max_tokens=256: TokenChunker(
        spans, max_tokens, chunk_tokens, overlap_tokens, SPECIAL_TOKENS
    )


def document(*sections: Section, title: str = "Handbook") -> Document:
    return Document("doc", "default", "acme", ("hr",), "a.md", title, "0" * 64, "r1", sections, {"year": 2025})


def check(chunks: Sequence[Chunk], source: Document, spans: Spans, limit: int) -> None:
    """What holds for the chunks of every document."""
    for position, chunk in enumerate(chunks):
        assert source.text[chunk.char_start : chunk.char_end] == chunk.text
        assert chunk.text == chunk.text.strip() != ""
        assert chunk.position == position
        assert len(spans(chunk.indexed_text)) + SPECIAL_TOKENS <= limit
    starts = [chunk.char_start for chunk in chunks]
    assert starts == sorted(starts)
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def lost(chunks: Sequence[Chunk], source: Document) -> str:
    """Characters, white space aside, that no chunk covers."""
    covered = {index for chunk in chunks for index in range(chunk.char_start, chunk.char_end)}
    return "".join(c for index, c in enumerate(source.text) if index not in covered and not c.isspace())


def prose(number: int) -> str:
    return " ".join(f"Sentence {index} says that rule {index} holds for all of us." for index in range(number))


texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BREAKS)), max_size=120).map(
    lambda pairs: "".join(word + mark for word, mark in pairs)
)
headings = st.lists(st.sampled_from(["Leave", "Sick pay", "残業", "y" * 90, "A " * 60]), max_size=3).map(tuple)
kinds = st.sampled_from(["text", "text", "table"])
sections = st.builds(lambda text, path, kind: Section(text, None, path, None, kind), texts, headings, kinds)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    parts=st.lists(sections, max_size=4),
    title=st.sampled_from(["", "Handbook", "T" * 200, "word " * 80]),
    chunk_tokens=st.sampled_from([16, 32, 100]),
    overlap=st.sampled_from([0, 0, 5, 40]),
)
def test_chunks_quote_their_document_fit_the_model_and_lose_nothing(
    make: Make, spans: Spans, parts: list[Section], title: str, chunk_tokens: int, overlap: int
) -> None:
    source = document(*parts, title=title)
    chunks = make(chunk_tokens, overlap).chunk(source)
    check(chunks, source, spans, chunk_tokens)
    assert lost(chunks, source) == ""


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(clean), kind=kinds)
def test_any_text_at_all(make: Make, spans: Spans, text: str, kind: str) -> None:
    source = document(Section(text, kind=kind))  # type: ignore[arg-type]
    chunks = make(16).chunk(source)
    check(chunks, source, spans, 16)
    assert lost(chunks, source) == ""


def test_a_chunk_carries_what_its_document_and_section_say(make: Make) -> None:
    (chunk,) = make().chunk(document(Section("Thirty days.", 7, ("Leave", "Annual"), None, "text")))
    assert (chunk.document_id, chunk.revision, chunk.tenant, chunk.groups) == ("doc", "r1", "acme", ("hr",))
    assert (chunk.source, chunk.title, chunk.metadata) == ("a.md", "Handbook", {"year": 2025})
    assert (chunk.page, chunk.headings, chunk.kind) == (7, ("Leave", "Annual"), "text")
    assert chunk.indexed_text == "Handbook > Leave > Annual\nThirty days."


def test_ids_are_the_same_each_time_and_others_in_each_revision(make: Make) -> None:
    source = document(Section(prose(20)))
    later = Document(**{**source.__dict__, "revision": "r2"})
    first, again, other = (make().chunk(one) for one in (source, source, later))
    assert [chunk.id for chunk in first] == [chunk.id for chunk in again]
    assert not {chunk.id for chunk in first} & {chunk.id for chunk in other}


def test_sentences_stay_whole_where_they_fit(make: Make) -> None:
    chunks = make(48).chunk(document(Section(prose(30))))
    assert len(chunks) > 5
    assert all(chunk.text.startswith("Sentence") and chunk.text.endswith("of us.") for chunk in chunks)


def test_never_more_than_the_model_reads_even_where_more_is_wanted(make: Make, spans: Spans) -> None:
    source = document(Section(prose(60)))
    check(make(4000, 0, 64).chunk(source), source, spans, 64)


def test_without_overlap_nothing_is_repeated(make: Make) -> None:
    chunks = make(32).chunk(document(Section(prose(30))))
    assert all(left.char_end <= right.char_start for left, right in pairwise(chunks))


def test_overlap_repeats_the_end_of_the_chunk_before(make: Make, spans: Spans) -> None:
    chunks = make(64, 24).chunk(document(Section(prose(40))))
    shared = [left.char_end - right.char_start for left, right in pairwise(chunks)]
    assert len(chunks) > 5
    assert min(shared) > 0
    for size, chunk in zip(shared, chunks, strict=False):
        assert len(spans(chunk.text[-size:])) <= 24


def test_chunks_do_not_cross_sections(make: Make) -> None:
    chunks = make(256).chunk(document(Section("One.", 1), Section("Two.", 2), Section("Three.", 2)))
    assert [(chunk.text, chunk.page) for chunk in chunks] == [("One.", 1), ("Two.", 2), ("Three.", 2)]


def test_a_heading_that_only_introduces_the_next_section_is_context_not_chunk(make: Make) -> None:
    chunks = make().chunk(
        document(Section("Leave", headings=("Leave",)), Section("Thirty days.", headings=("Leave", "Annual")))
    )
    assert [chunk.text for chunk in chunks] == ["Thirty days."]
    assert chunks[0].context == "Handbook > Leave > Annual"


@pytest.mark.parametrize("after", [(), (Section("Nine to five.", headings=("Hours",)),)], ids=["last", "sibling"])
def test_a_heading_that_introduces_nothing_is_a_chunk(make: Make, after: tuple[Section, ...]) -> None:
    chunks = make().chunk(document(Section("Leave", headings=("Leave",)), *after))
    assert chunks[0].text == "Leave"


def test_a_table_is_cut_between_rows_and_its_parts_know_the_header(make: Make, spans: Spans) -> None:
    header = "Grade | Days | Pay"
    rows = [f"Level {number} | {number + 20} | {number * 1000}" for number in range(40)]
    source = document(Section("\n".join((header, *rows)), kind="table"))
    chunks = make(64).chunk(source)
    check(chunks, source, spans, 64)
    assert len(chunks) > 3
    assert [line for chunk in chunks for line in chunk.text.split("\n")] == [header, *rows]
    assert chunks[0].context == "Handbook"
    assert {chunk.context for chunk in chunks[1:]} == {f"Handbook\n{header}"}


def test_a_table_row_longer_than_a_chunk_is_cut_and_nothing_is_lost(make: Make, spans: Spans) -> None:
    row = " | ".join(f"cell {number}" for number in range(200))
    source = document(Section(f"Name | Value\n{row}\nlast | row", kind="table"))
    chunks = make(32).chunk(source)
    check(chunks, source, spans, 32)
    assert lost(chunks, source) == ""


def test_an_abbreviation_ends_no_chunk(make: Make) -> None:
    sentence = "See Art. 5 and Sec. 3.2 of it, approx. 40 EUR by Dr. Smith."
    chunks = make(40).chunk(document(Section(" ".join([sentence] * 40))))
    assert len(chunks) > 5
    assert all(chunk.text.startswith("See Art.") and chunk.text.endswith("Dr. Smith.") for chunk in chunks)


def test_rows_in_a_text_stay_whole_and_know_the_header_of_their_table(make: Make, spans: Spans) -> None:
    header = "Plan | Price | Note"
    rows = [f"Plan{number} | {number + 10} EUR | is. New" for number in range(40)]
    source = document(Section("\n".join((prose(3), "", f"  {header}", *rows, "", prose(20)))))
    chunks = make(64).chunk(source)
    check(chunks, source, spans, 64)
    assert lost(chunks, source) == ""
    lines = [line.strip() for chunk in chunks for line in chunk.text.split("\n") if " | " in line]
    assert lines == [header, *rows]
    for chunk in chunks:
        within = chunk.text.startswith("Plan") and header not in chunk.text
        assert chunk.context == (f"Handbook\n{header}" if within else "Handbook")


def test_a_chunk_that_begins_with_the_header_has_it_no_second_time(make: Make) -> None:
    rows = [f"Plan{number} | {number + 10}" for number in range(40)]
    first, *others = make(32).chunk(document(Section("\n".join(("  Plan | Price", *rows)))))
    assert (first.text.split("\n")[0], first.context) == ("Plan | Price", "Handbook")
    assert {chunk.context for chunk in others} == {"Handbook\nPlan | Price"}


def test_a_table_without_a_header_gives_no_context(make: Make) -> None:
    rows = [f"Number {number} | {number + 100}" for number in range(60)]
    assert {chunk.context for chunk in make(32).chunk(document(Section("\n".join(rows))))} == {"Handbook"}


def test_a_header_over_budget_is_told_from_a_title(make: Make, spans: Spans) -> None:
    header = " | ".join(f"Column {name}" for name in "abcdefghijkl")
    source = document(Section("\n".join((header, *(f"Row | {number}" for number in range(60))))), title="A title " * 9)
    chunks = make(48).chunk(source)
    check(chunks, source, spans, 48)
    assert {chunk.context.startswith("\n") and chunk.context.endswith("Column l") for chunk in chunks[1:]} == {True}


@pytest.mark.parametrize("mark", ["\n\n", "\n", " ", ""], ids=["paragraphs", "lines", "words", "letters"])
def test_a_long_text_is_read_in_pieces(mark: str) -> None:
    read: list[int] = []

    def spans(text: str) -> list[tuple[int, int]]:
        read.append(len(text))
        return HashEmbedder().token_spans(text)

    source = document(Section(mark.join(f"Rule{number}holds" for number in range(20_000))))
    chunks = TokenChunker(spans, 256, 64, 0, SPECIAL_TOKENS).chunk(source)
    assert max(read) <= 100_000
    assert lost(chunks, source) == ""
    assert all(source.text[chunk.char_start : chunk.char_end] == chunk.text for chunk in chunks)
    if mark:
        assert len(chunks) > 300
        assert all(chunk.text.startswith("Rule") and chunk.text.endswith("holds") for chunk in chunks)


@pytest.mark.parametrize(
    "text",
    ["x" * 5000, "残業手当" * 800, "🕰️👩‍👩‍👧" * 300, "a," * 2000, "-" * 4000],
    ids=["letters", "CJK", "emoji", "commas", "dashes"],
)
def test_runs_without_spaces(make: Make, spans: Spans, text: str) -> None:
    source = document(Section(text))
    chunks = make(32).chunk(source)
    check(chunks, source, spans, 32)
    assert lost(chunks, source) == ""


def test_a_context_over_budget_keeps_the_nearest_headings(make: Make, spans: Spans) -> None:
    path = tuple(f"Level {depth} of the very long outline" for depth in range(30))
    source = document(Section("Thirty days.", headings=path), title="A title " * 50)
    (chunk,) = make(64).chunk(source)
    assert chunk.context.endswith("Level 29 of the very long outline")
    assert len(spans(chunk.context)) <= 16
    assert chunk.text == "Thirty days."


def test_nothing_in_nothing_out(make: Make) -> None:
    assert make().chunk(document()) == []
    assert make().chunk(document(Section(""), Section(" \n\t "))) == []


@pytest.mark.parametrize("overlap", [0, 5, 16])
def test_text_that_repeats_itself(make: Make, spans: Spans, overlap: int) -> None:
    source = document(Section("leave " * 10), Section("TODO. " * 300), Section("- - " * 200))
    chunks = make(16, overlap).chunk(source)
    check(chunks, source, spans, 16)
    assert lost(chunks, source) == ""
