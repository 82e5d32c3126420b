"""What is remembered of a tenant's words, and when it is forgotten."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnavailableError
from retrieval.filters import EVERYTHING
from retrieval.store.edge import EdgeStore
from retrieval.store.statistics import TenantStatistics, holders, idf
from retrieval.types import Access
from tests.contracts.conftest import IDENTITY, chunk, put

T = TypeVar("T")

OWN = {1: 4.0, 2: 3.0}
WHOLE = {1: 2.0, 2: 3.0, 3: 5.0, 4: 6.5}
"""Of a thousand chunks: 135, 49, 6 and 1 hold them."""
RARE = {4: 2}
"""Chunks of the tenant that hold it."""


class Counted:
    """Port `Counts` from tables."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str | None]] = []
        self.owners = {"acme", "other"}
        self.broken = False
        self.chunks, self.sizes = 100, 0
        self.statistics = TenantStatistics(self, chunks=1_000, large=100, rare=3)

    def idf_in(self, term: int, tenant: str | None) -> float | None:
        if tenant:
            self.asked.append((term, tenant))
            if self.broken:
                raise UnavailableError("closed")
        return (WHOLE if tenant is None else OWN).get(term)

    def holding(self, term: int, tenant: str, most: int) -> int:
        return min(RARE.get(term, 0), most)

    def size(self, tenant: str) -> int:
        self.sizes += 1
        return self.chunks

    def tenants(self) -> set[str]:
        return self.owners

    def learnt(self, *terms: int) -> dict[int, float] | None:
        """What is known once nothing is being learnt any more."""
        return waited_for(lambda: self.statistics.weights(terms, "acme"))


def waited_for(find: Callable[[], T | None]) -> T | None:
    """The first thing that is found within ten seconds."""
    until = time.monotonic() + 10
    while not (found := find()) and time.monotonic() < until:
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
    assert counted.statistics.weights([3], "acme") == {3: 0.0}
    counted.statistics.changed({"other": 1}, 1_001)
    assert counted.statistics.weights([3], "acme") is None


def test_idf_is_that_of_what_is_known(counted: Counted) -> None:
    assert counted.statistics.idf([1, 4, 9], "acme") == {4: pytest.approx(idf(2, 100)), 9: 0.0}
    counted.learnt(1)
    assert counted.statistics.idf([1], "acme") == {1: 4.0}


def test_idf_is_the_engines_own_where_the_tenant_is_alone(counted: Counted) -> None:
    counted.owners = {"acme"}
    assert waited_for(lambda: counted.statistics.alone("acme"))
    assert counted.statistics.idf([2, 3, 9], "acme") == {2: 3.0, 3: 5.0, 9: 0.0}
    assert counted.asked == []


def test_what_is_remembered_without_writes_has_an_end(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.store.statistics._MOST_ABSENT", 10)
    for term in range(100, 200):
        assert counted.statistics.weights([term], "acme") == {term: 0.0}
    assert len(counted.statistics._absent) <= 10


def test_a_rare_word_is_counted_at_once(counted: Counted) -> None:
    own = math.log(1 + (100 - 2 + 0.5) / (2 + 0.5))
    assert counted.statistics.weights([4, 5], "acme") == {4: pytest.approx(own / 6.5), 5: 0.0}
    assert counted.asked == []  # nothing was left to the background


@given(st.integers(0, 1_000), st.integers(0, 1_000_000))
def test_holders_turns_idf_round(holding: int, more: int) -> None:
    assert holders(idf(holding, holding + more), holding + more) == pytest.approx(holding, abs=1e-6, rel=1e-6)


def test_a_tenant_is_alone_until_another_writes(counted: Counted) -> None:
    counted.owners = {"acme"}
    assert not counted.statistics.alone("acme")  # not known yet
    assert waited_for(lambda: counted.statistics.alone("acme"))
    assert not counted.statistics.alone("other")
    counted.statistics.writing(["other"])
    assert not counted.statistics.alone("acme")


@pytest.mark.parametrize(("written", "left"), [({}, 989), ({"acme": 11}, 1_000)])
def test_deleted_and_replaced_chunks_count_until_the_engine_has_dropped_them(
    counted: Counted, written: dict[str, int], left: int
) -> None:
    counted.owners = {"acme"}
    assert waited_for(lambda: counted.statistics.alone("acme"))
    counted.statistics.changed({"acme": 50}, 1_050)
    counted.statistics.changed({}, 1_045)
    assert counted.statistics.alone("acme")
    counted.statistics.changed({"acme": 5}, 1_000)  # 50 are gone
    assert not counted.statistics.alone("acme")
    counted.statistics.tidied(0)
    assert counted.statistics.alone("acme")
    counted.statistics.changed(written, left)
    assert not counted.statistics.alone("acme")


def test_a_large_index_tells_how_many_deleted_chunks_it_counts(tmp_path: Path) -> None:
    with closing(EdgeStore(tmp_path / "i", IDENTITY, reserve=0)) as store:
        put(store, *(chunk(f"leave n{number}", f"{number}") for number in range(9_000)))
        store.optimize()
        assert store._statistics._dead == 0
        store.delete([f"{number}" for number in range(900)])
        assert store._statistics._dead == 900
        store.optimize()  # fewer than the engine tidies for
        assert store._statistics._dead == 900
    with closing(EdgeStore(tmp_path / "i", IDENTITY, reserve=0)) as store:
        assert store._statistics._dead == 900


def test_a_word_that_more_chunks_hold_than_are_counted_at_once_is_learnt(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RARE, 4, 6)
    monkeypatch.setitem(OWN, 4, 3.25)
    assert counted.statistics.weights([4], "acme") is None
    assert counted.learnt(4) == {4: 0.5}


def test_one_of_two_tenants_is_not_alone(counted: Counted) -> None:
    assert not counted.statistics.alone("acme")
    assert waited_for(lambda: counted.statistics._tenants)
    assert not counted.statistics.alone("acme")


def test_small_changes_are_tolerated_and_many_are_not(counted: Counted) -> None:
    assert counted.learnt(1)
    counted.statistics.changed({"other": 10}, 1_000)
    assert counted.statistics.weights([1], "acme") == {1: 2.0}
    counted.statistics.changed({"other": 1}, 1_000)
    assert counted.statistics.weights([1], "acme") is None


def test_once_the_engine_no_longer_counts_the_dead_a_term_is_weighed_anew(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert counted.learnt(1) == {1: 2.0}
    monkeypatch.setitem(WHOLE, 1, 4.0)
    counted.statistics.tidied(0)
    assert counted.learnt(1) == {1: 1.0}


@pytest.mark.parametrize(("written", "left"), [({"acme": 1}, 1_000), ({}, 999)])
def test_what_is_known_of_a_tenant_is_weighed_against_his_own_chunks(
    counted: Counted, written: dict[str, int], left: int
) -> None:
    """A hundredth of which is one; whose chunks were deleted nobody knows."""
    assert counted.learnt(1)
    counted.statistics.changed(written, left)
    assert counted.statistics.weights([1], "acme") == {1: 2.0}
    counted.statistics.changed(written, left - 1 if left < 1_000 else left)
    assert counted.statistics.weights([1], "acme") is None


def test_a_tenant_is_not_counted_for_every_write(counted: Counted) -> None:
    for _ in range(100):
        assert counted.learnt(1)
        counted.statistics.changed({"other": 1}, 1_000)
    assert counted.sizes < 20


def test_a_word_in_chunks_that_are_just_being_written_does_not_count_against_them(counted: Counted) -> None:
    counted.chunks = 1
    weights = counted.statistics.weights([4], "acme")
    assert weights
    assert weights[4] > 0


def test_in_a_small_collection_the_engine_counts(counted: Counted) -> None:
    assert counted.learnt(1)
    counted.statistics.changed({}, 99)
    assert counted.statistics.weights([1], "acme") is None


def test_an_engine_that_fails_is_asked_again(counted: Counted) -> None:
    counted.broken = True
    assert counted.statistics.weights([1], "acme") is None
    assert waited_for(lambda: counted.asked)
    counted.broken = False
    assert counted.learnt(1) == {1: 2.0}


@pytest.mark.parametrize("rare", [0, 1_000])
@pytest.mark.parametrize("others", [0, 50])
def test_the_scores_are_those_that_the_engine_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rare: int, others: int
) -> None:
    """Whether a term is counted at once or in the background, and whether the tenant is alone or not."""
    reader, texts = Access("acme"), ["annual leave leave", "leave", "office leave hours", "office"]
    with closing(EdgeStore(tmp_path / "i", IDENTITY, reserve=0)) as store:
        put(store, *(chunk(text, str(number)) for number, text in enumerate(texts)))
        for number in range(others):
            put(store, chunk(f"leave n{number}", f"far-{number}", tenant="other"))
        questions = ["annual leave", "office hours", "leave zebra", "hours"]
        counted = [store.bm25(text, reader, EVERYTHING, 10) for text in questions]
        monkeypatch.setattr(store._statistics, "_large", 1)
        monkeypatch.setattr(store._statistics, "_rare", rare)
        for text, expected in zip(questions, counted, strict=True):
            assert waited_for(partial(store._statistics.weights, store.terms(text), "acme"))
            found = store.bm25(text, reader, EVERYTHING, 10)
            assert dict(found) == pytest.approx(dict(expected), rel=1e-5)
        assert waited_for(lambda: store._statistics._tenants)
        assert store._statistics.alone("acme") is (others == 0)
        found = store.bm25("annual leave", reader, EVERYTHING, 10)
        assert dict(found) == pytest.approx(dict(counted[0]), rel=1e-5)


def test_a_tenant_that_grows_is_ranked_by_all_of_his_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little of the collection that is."""
    reader = Access("acme")
    with closing(EdgeStore(tmp_path / "i", IDENTITY, reserve=0)) as store:
        monkeypatch.setattr(store._statistics, "_large", 1)
        put(store, *(chunk(f"travel n{number}", f"far-{number}", tenant="other") for number in range(2_200)))
        put(store, chunk("annual", "first"))
        assert store.bm25("annual", reader, EVERYTHING, 10)
        put(store, *(chunk("pension" if number else "pension pension", f"{number}") for number in range(20)))
        found = store.bm25("pension", reader, EVERYTHING, 30)
        assert store.fetch([found[0][0]], reader)[0].text == "pension pension"
        assert len(found) == 20


def test_a_closed_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EdgeStore(tmp_path / "i", IDENTITY, reserve=0)
    monkeypatch.setattr(store._statistics, "_large", 0)
    store.close()
    with pytest.raises(UnavailableError, match="closed"):
        store.bm25("leave", Access("acme"), EVERYTHING, 10)
