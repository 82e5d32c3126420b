"""Which passages and citations are right."""

import pytest

from eval.datasets.questions import Evidence
from eval.experiment.judging import cites, holds
from generation.types import Citation
from ingest.types import Chunk

TEXT = "Parental leave is thirty days. It may be taken in two parts."


def chunk(start: int, end: int, source: str = "leave.md", page: int | None = None) -> Chunk:
    return Chunk("c", "d", "r", "t", (), source, "Leave", TEXT[start:end], "", 0, page, (), start, end)


def citation(start: int, end: int, source: str = "leave.md", page: int | None = None) -> Citation:
    return Citation(1, "d", "c", "Leave", source, page, (), start, end, TEXT[start:end], 1.0)


SPAN = Evidence("leave.md", "leave", span=(9, 14))


@pytest.mark.parametrize(
    ("start", "end", "right"), [(0, 30, True), (9, 14, True), (10, 30, False), (0, 13, False), (30, 60, False)]
)
def test_a_chunk_holds_a_span_that_lies_in_it(start: int, end: int, right: bool) -> None:
    assert holds(chunk(start, end), SPAN) == right
    assert not holds(chunk(start, end, "travel.md"), SPAN)


@pytest.mark.parametrize(
    ("start", "end", "right"), [(0, 30, True), (9, 14, True), (10, 12, True), (10, 30, False), (31, 60, False)]
)
def test_a_citation_lies_in_a_span_or_round_it(start: int, end: int, right: bool) -> None:
    assert cites(citation(start, end), SPAN) == right
    assert not cites(citation(start, end, "travel.md"), SPAN)


def test_a_span_is_right_at_its_place_alone() -> None:
    elsewhere = Evidence("leave.md", "leave", span=(59, 64))
    assert "leave" in chunk(0, 30).text
    assert not holds(chunk(0, 30), elsewhere)
    assert not cites(citation(0, 30), elsewhere)


def test_a_quote_is_right_wherever_it_stands() -> None:
    quote = Evidence("leave.md", "is *thirty*  days")
    assert (holds(chunk(0, 30), quote), holds(chunk(31, 60), quote)) == (True, False)
    assert (cites(citation(18, 29), quote), cites(citation(31, 60), quote)) == (True, False)


def test_a_page_is_right_where_there_are_pages() -> None:
    page = Evidence("leave.md", page=3)
    assert [holds(chunk(0, 30, page=number), page) for number in (3, 4, None)] == [True, False, False]
    assert [cites(citation(0, 30, page=number), page) for number in (3, 4, None)] == [True, False, False]
    assert not holds(chunk(0, 30), Evidence("leave.md"))
    assert not cites(citation(0, 30), Evidence("leave.md"))


def test_a_document_of_the_same_file_name_is_another_one() -> None:
    quote = Evidence("b/leave.md", "thirty days")
    assert [holds(chunk(0, 30, source), quote) for source in ("a/leave.md", "b/leave.md")] == [False, True]
    assert [cites(citation(0, 30, source), quote) for source in ("a/leave.md", "b/leave.md")] == [False, True]
