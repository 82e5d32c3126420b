"""Documents that better hits name come nearer to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.references import ReferenceSearcher
from retrieval.types import Hit
from tests.retrieval.shelves import Row, hit, query, texts


def ranked(hits: list[Hit], weight: float = 0.3) -> list[Hit]:
    return ReferenceSearcher(Row(hits), weight).search(query("x"))


def test_a_named_document_passes_one_that_nobody_names() -> None:
    hits = [
        hit("Details are in the travel policy.", 3.0, "a", title="Welcome"),
        hit("cheese", 2.2, "b", title="Canteen"),
        hit("hotels", 2.0, "c", title="Travel Policy 2025"),
        hit("far", 1.0, "d", title="Parking"),
    ]
    assert texts(ranked(hits)) == ["Details are in the travel policy.", "hotels", "cheese", "far"]
    assert texts(ranked(hits, 0.0)) == [one.chunk.text for one in hits]


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("as the Data Retention Schedule says", "data-retention_schedule", True),
        ("see the travel policy", "Travel policy 2025", True),
        ("see the travel policy", "Travel policy v2", True),
        ("born to Ed Wood in 1924", "Ed Wood (film)", True),
        ("see the travel policies", "Travel policy", False),
        ("you may leave early", "Leave", False),
        ("what Leave says", "Leave", True),
        ("anything", "", False),
        ("anything at all", "(all)", False),
        ("the year 2025", "2025", False),  # any text may hold a number
        ("page 7 of 9", "7", False),
        ("what R2 says", "R2", True),
    ],
)
def test_what_counts_as_a_name(text: str, title: str, expected: bool) -> None:
    hits = [hit(text, 3.0, "a", title="Start"), hit("other", 1.0, "b", title=title)]
    assert ("named" in ranked(hits)[1].origin) is expected


def test_a_document_does_not_name_itself() -> None:
    hits = [
        hit("Travel policy, page 1", 3.0, "a", title="Travel policy"),
        hit("page 2", 2.0, "a", title="Travel policy"),
        hit("a copy", 1.0, "b", title="Travel policy"),
    ]
    assert ranked(hits) == hits


def test_only_the_best_hits_are_followed() -> None:
    hits = [hit(f"text {number}", 20.0 - number, str(number), title=f"T{number}") for number in range(8)]
    hits[6] = hit("Parking is explained elsewhere", 14.0, "6", title="T6")
    hits.append(hit("cars", 1.0, "p", title="Parking"))
    assert ranked(hits) == hits


def test_nothing_found() -> None:
    assert ranked([]) == []


def test_where_nothing_is_told_apart_nothing_moves() -> None:
    hits = [hit("see Parking", 1.0, "a", title="Start"), hit("cars", 1.0, "b", title="Parking")]
    assert ranked(hits) == hits


@given(
    st.lists(st.tuples(st.floats(-5, 20), st.sampled_from(["Alpha", "Beta", "Gamma", "see Alpha", "see Beta Gamma"]))),
    st.integers(1, 70),
)
def test_a_short_list_is_the_head_of_a_long_one(rows: list[tuple[float, str]], top_k: int) -> None:
    many = [hit(f"{text} {number}", score, str(number), title=text) for number, (score, text) in enumerate(rows * 6)]
    row = Row(sorted(many, key=lambda one: -one.score))
    searcher = ReferenceSearcher(row, 0.3)
    assert searcher.search(query("x", top_k)) == searcher.search(query("x", 200))[:top_k]


def test_how_much_a_named_document_gains() -> None:
    hits = [hit("see Bees", 9.0, "a", title="Start"), hit("x", 6.5, "b", title="B"), hit("y", 5.0, "c", title="Bees")]
    first, second, third = ranked(hits, 0.5)
    assert (first, third) == (hits[0], hits[1])
    assert (second.chunk.text, second.score, second.origin["named"]) == ("y", 7.0, 1.0)
