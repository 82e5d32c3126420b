"""Documents that better hits name come nearer to them."""

import pytest

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
        ("the year 2025", "2025", True),
    ],
)
def test_what_counts_as_a_name(text: str, title: str, expected: bool) -> None:
    hits = [hit(text, 3.0, "a", title="Start"), hit("other", 1.0, "b", title=title)]
    assert (ranked(hits)[1].origin["named"] > 0) is expected


def test_a_document_does_not_name_itself() -> None:
    hits = [
        hit("Travel policy, page 1", 3.0, "a", title="Travel policy"),
        hit("page 2", 2.0, "a", title="Travel policy"),
        hit("a copy", 1.0, "b", title="Travel policy"),
    ]
    assert [one.origin["named"] for one in ranked(hits)] == [0.0, 0.0, 0.0]


def test_only_the_best_hits_are_followed() -> None:
    hits = [hit(f"text {number}", 20.0 - number, str(number), title=f"T{number}") for number in range(8)]
    hits[6] = hit("Parking is explained elsewhere", 14.0, "6", title="T6")
    hits.append(hit("cars", 1.0, "p", title="Parking"))
    assert ranked(hits)[-1].origin["named"] == 0.0


def test_nothing_found() -> None:
    assert ranked([]) == []
