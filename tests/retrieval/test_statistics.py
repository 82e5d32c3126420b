"""What is remembered of a tenant's words, and when it is forgotten."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import UnavailableError
from retrieval.filters import EVERYTHING
from retrieval.store.edge import EdgeStore
from retrieval.store.statistics import TenantStatistics
from retrieval.types import Access
from tests.contracts.conftest import IDENTITY, chunk, put

OWN = {1: 4.0, 2: 3.0}
WHOLE = {1: 2.0, 2: 3.0, 3: 5.0}


class Counted:
    def __init__(self) -> None:
        self.asked: list[tuple[int, str | None]] = []
        self.broken = False
        self.statistics = TenantStatistics(self.idf, chunks=1_000, large=100)

    def idf(self, term: int, tenant: str | None) -> float | None:
        self.asked.append((term, tenant))
        if self.broken:
            raise UnavailableError("closed")
        return (WHOLE if tenant is None else OWN).get(term)

    def learnt(self, *terms: int) -> dict[int, float] | None:
        """What is known once nothing is being learnt any more."""
        until = time.monotonic() + 10
        while (found := self.statistics.weights(terms, "acme")) is None and time.monotonic() < until:
            time.sleep(0.01)
        return found


@pytest.fixture
def counted() -> Iterator[Counted]:
    made = Counted()
    with closing(made.statistics):
        yield made


def test_terms_are_learnt_beside_the_query_and_once(counted: Counted) -> None:
    assert counted.statistics.weights([1, 2], "acme") is None
    assert counted.learnt(1, 2) == {1: 2.0, 2: 1.0}
    asked = list(counted.asked)
    assert counted.learnt(2, 1) == {1: 2.0, 2: 1.0}
    assert counted.asked == asked
    assert counted.statistics.weights([1], "other") is None  # each tenant has its own


def test_a_word_that_nobody_used_weighs_nothing_until_the_next_write(counted: Counted) -> None:
    assert counted.learnt(3) == {3: 0.0}
    counted.statistics.changed(1, 1_001)
    assert counted.statistics.weights([3], "acme") is None


def test_small_changes_are_tolerated_and_many_are_not(counted: Counted) -> None:
    assert counted.learnt(1)
    counted.statistics.changed(10, 1_000)
    assert counted.statistics.weights([1], "acme") == {1: 2.0}
    counted.statistics.changed(1, 1_000)
    assert counted.statistics.weights([1], "acme") is None


def test_in_a_small_collection_the_engine_counts(counted: Counted) -> None:
    assert counted.learnt(1)
    counted.statistics.changed(0, 99)
    assert counted.statistics.weights([1], "acme") is None


def test_an_engine_that_fails_is_asked_again(counted: Counted) -> None:
    counted.broken = True
    assert counted.statistics.weights([1], "acme") is None
    until = time.monotonic() + 10
    while not counted.asked and time.monotonic() < until:
        time.sleep(0.01)
    counted.broken = False
    assert counted.learnt(1) == {1: 2.0}


def test_the_scores_are_those_that_the_engine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, texts = Access("acme"), ["annual leave leave", "leave", "office leave hours", "office"]
    with closing(EdgeStore(tmp_path / "i", IDENTITY, reserve=0)) as store:
        put(store, *(chunk(text, str(number)) for number, text in enumerate(texts)))
        put(store, *(chunk(f"leave n{number}", f"far-{number}", tenant="other") for number in range(50)))
        questions = ["annual leave", "office hours", "leave zebra", "hours"]
        counted = [store.bm25(text, reader, EVERYTHING, 10) for text in questions]
        monkeypatch.setattr(store._statistics, "_large", 1)
        for text, expected in zip(questions, counted, strict=True):
            terms = store.terms(text)
            until = time.monotonic() + 10
            while store._statistics.weights(terms, "acme") is None and time.monotonic() < until:
                time.sleep(0.01)
            assert store._statistics.weights(terms, "acme") is not None
            found = store.bm25(text, reader, EVERYTHING, 10)
            assert dict(found) == pytest.approx(dict(expected), rel=1e-5)


def test_a_closed_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EdgeStore(tmp_path / "i", IDENTITY, reserve=0)
    monkeypatch.setattr(store._statistics, "_large", 0)
    store.close()
    with pytest.raises(UnavailableError, match="closed"):
        store.bm25("leave", Access("acme"), EVERYTHING, 10)
