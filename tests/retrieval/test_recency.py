"""What was written lately comes first, as far as the settings want it."""

from datetime import date

import pytest

from retrieval.recency import RecencySearcher
from retrieval.types import Hit
from tests.retrieval.shelves import Row, hit, query, texts

TODAY = date(2026, 1, 1)
HITS = [
    hit("old", 3.0, "a", metadata={"dated": "2016-01-01"}),
    hit("undated", 2.5, "b"),
    hit("fresh", 2.0, "c", metadata={"valid_from": "2025-12-31"}),
    hit("to come", 1.0, "d", metadata={"dated": "2027-01-01T10:00:00+02:00"}),
]


def found(weight: float) -> list[Hit]:
    return RecencySearcher(Row(HITS), weight, 365.0, lambda: TODAY).search(query("x"))


def test_the_share_decides() -> None:
    assert texts(found(0.0)) == ["old", "undated", "fresh", "to come"]
    assert texts(found(1.0)) == ["to come", "fresh", "undated", "old"]
    assert texts(found(0.5))[0] == "fresh"


def test_freshness_halves_with_the_half_life() -> None:
    fresh = {one.chunk.text: one.origin["freshness"] for one in found(0.3)}
    assert fresh["undated"] == 0.5
    assert fresh["to come"] == 1.0
    assert fresh["fresh"] == pytest.approx(2 ** (-1 / 365))
    assert fresh["old"] == pytest.approx(2**-10, rel=0.02)


def test_a_query_on_a_day_counts_from_that_day() -> None:
    searcher = RecencySearcher(Row(HITS), 1.0, 365.0, lambda: TODAY)
    asked = query("x")
    past = searcher.search(type(asked)(**{**vars(asked), "as_of": date(2016, 1, 1)}))
    assert next(one for one in past if one.chunk.text == "old").origin["freshness"] == 1.0


def test_nothing_found() -> None:
    assert RecencySearcher(Row([]), 0.5, 30.0, lambda: TODAY).search(query("x")) == []


@pytest.mark.parametrize(
    ("dated", "freshness"),
    [
        ("9999-12-31T23:59:59-05:00", 1.0),
        ("0001-01-01T00:00:00+14:00", 0.0),
        ("1970-01-01", 2 ** (-20454 / 365)),
        ("2025-12-31T00:00:00", 2 ** (-1 / 365)),
        ("2025-12-31T23:59:59", 2 ** (-1 / 365)),
        ("2026-01-01T23:59:59", 1.0),
    ],
)
def test_the_ends_of_time(dated: str, freshness: float) -> None:
    row = Row([hit("one", 1.0, metadata={"dated": dated, "valid_from": "2025-12-31"})])
    (found,) = RecencySearcher(row, 0.5, 365.0, lambda: TODAY).search(query("x"))
    assert found.origin["freshness"] == pytest.approx(freshness, abs=1e-6)
