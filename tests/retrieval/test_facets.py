"""Values of a field are counted by documents."""

from retrieval.facets import FacetValue, facets
from tests.retrieval.shelves import hit

HITS = [
    hit("a", 3, "one", page=1, headings=("Leave", "Annual"), metadata={"year": 2025, "draft": True}),
    hit("b", 2, "one", page=2, headings=("Leave",), metadata={"year": 2025, "draft": True}),
    hit("c", 1, "two", kind="table", metadata={"year": 2024, "draft": 1}),
]


def counted(field: str) -> list[tuple[object, int]]:
    (values,) = facets(HITS, [field]).values()
    return [(one.value, one.documents) for one in values]


def test_documents_are_counted_not_chunks() -> None:
    assert counted("year") == counted("metadata.year") == [(2024, 1), (2025, 1)]
    assert counted("source") == [("a.md", 2)]
    assert counted("document_id") == [("one", 1), ("two", 1)]
    assert counted("page") == [(1, 1), (2, 1)]
    assert counted("headings") == [("Annual", 1), ("Leave", 1)]
    assert counted("kind") == [("table", 1), ("text", 1)]
    assert counted("absent") == []


def test_a_number_is_one_value_however_it_is_written() -> None:
    written = (2024, 2024.0, 2024.5)
    hits = [hit(f"{year}", 1, f"{year}", metadata={"year": year}) for year in written]
    assert facets(hits, ["year"]) == {"year": (FacetValue(2024, 2), FacetValue(2024.5, 1))}


def test_true_is_not_one() -> None:
    (values,) = facets(HITS, ["draft"]).values()
    assert values == (FacetValue(1, 1), FacetValue(True, 1))
    assert [type(one.value) for one in values] == [int, bool]
