"""The best candidates are read with the question, and both scores decide."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.ports import Searcher
from retrieval.queries.parts import PartsSearcher
from retrieval.reranking import SLICE, RerankingSearcher, RerankOptions, TimedSearcher
from retrieval.types import Hit, Query
from tests.retrieval.shelves import Row, hit, query, texts


class Liking:
    """Port `PairScorer`: how often words of the question stand in the text; time passes as it reads."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.now = seconds, 0.0
        self.read: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.now += self.seconds
        self.read += texts
        return np.array([sum(text.split().count(word) for word in question.split()) for text in texts], np.float32)


def reranked(row: Row, options: RerankOptions, scorer: Liking | None = None, top_k: int = 10) -> list[Hit]:
    scorer = scorer or Liking()
    return RerankingSearcher(row, scorer, options, lambda: scorer.now).search(query("leave", top_k))


def test_the_cross_encoder_decides_alone_or_not_at_all_or_in_part() -> None:
    row = Row([hit("a", 3.0), hit("leave", 2.0), hit("leave leave", 1.0)])
    assert texts(reranked(row, RerankOptions(weight=1.0))) == ["leave leave", "leave", "a"]
    assert texts(reranked(row, RerankOptions(weight=0.0))) == ["a", "leave", "leave leave"]
    (mixed, *_) = reranked(Row([hit("a", 1.0), hit("leave", 0.9), hit("b", 0.0)]), RerankOptions(weight=0.3))
    assert mixed.chunk.text == "leave"
    assert mixed.score == pytest.approx(0.3 + 0.7 * 0.9)
    assert mixed.origin == {"dense": 0.5, "fused": 0.9, "rerank": 1.0}


def test_titles_and_headings_are_read_too() -> None:
    scorer = Liking()
    reranked(Row([hit("ten days", 1.0, context="leave")]), RerankOptions(), scorer)
    assert scorer.read == ["leave\nten days"]


def test_what_is_not_read_keeps_its_order_behind() -> None:
    row = Row([hit(f"text {number}", 9.0 - number) for number in range(6)] + [hit("leave", 0.1)])
    found = reranked(row, RerankOptions(candidates=3, weight=1.0))
    assert texts(found)[3:] == ["text 3", "text 4", "text 5", "leave"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_more_is_asked_for_than_is_given() -> None:
    row = Row([hit(f"text {number}", 9.0 - number) for number in range(8)] + [hit("leave", 0.1)])
    found = reranked(row, RerankOptions(candidates=20, weight=1.0), top_k=1)
    assert texts(found) == ["leave"]
    assert row.asked == [20]
    assert len(reranked(row, RerankOptions(candidates=2), top_k=7)) == 7


def test_a_budget_ends_the_reading_between_slices() -> None:
    row = Row([hit(f"text {number}", 90.0 - number) for number in range(4 * SLICE)])
    for budget, slices in ((0.5, 1), (1000, 1), (1001, 2), (2500, 3), (None, 4)):
        scorer = Liking(seconds=1.0)
        assert len(reranked(row, RerankOptions(candidates=100, budget_ms=budget), scorer, top_k=100)) == 4 * SLICE
        assert len(scorer.read) == slices * SLICE


class Broken(Liking):
    """Gives no number for some texts, and fails at others."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if "broken" in texts:
            raise RuntimeError("out of memory")
        scores = super().score(question, texts)
        return np.array([np.nan if text == "nan" else score for text, score in zip(texts, scores, strict=True)])


def test_a_score_that_is_no_number_counts_as_the_lowest() -> None:
    row = Row([hit("nan", 3.0), hit("leave", 2.0), hit("leave leave", 1.0)])
    for scale in ("minmax", "sigmoid"):
        found = reranked(row, RerankOptions(weight=1.0, scale=scale), Broken())
        assert texts(found) == ["leave leave", *sorted(("leave", "nan"), key=lambda text: found_at(row, text))]
    only = [hit("nan", 2.0)]
    assert reranked(Row(only), RerankOptions(), Broken()) == only


def found_at(row: Row, text: str) -> str:
    """Equal scores go by id."""
    return next(one.chunk.id for one in row.hits if one.chunk.text == text)


def test_where_the_model_fails_the_order_before_it_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    row = Row([hit("broken", 3.0), hit("a", 2.0), hit("leave", 1.0)])
    assert reranked(row, RerankOptions(weight=1.0), Broken()) == list(row.hits)
    assert "3 of 3 hits keep the order before it: out of memory" in caplog.text
    late = [*(hit(f"text {n}", 90.0 - n) for n in range(SLICE - 1)), hit("leave", 9.0), hit("broken", 8.0)]
    found = reranked(Row(late), RerankOptions(weight=1.0), Broken(), top_k=50)
    assert (found[0].chunk.text, found[-1].chunk.text, len(found)) == ("leave", "broken", SLICE + 1)


def test_who_asks_again_for_more_has_nothing_read_twice() -> None:
    row, scorer = Row([hit(f"text {number}", 90.0 - number) for number in range(60)]), Liking()
    searcher = RerankingSearcher(row, scorer, RerankOptions(candidates=40))
    first = searcher.search(query("leave", 20))
    assert searcher.search(query("leave", 60))[:20] == first
    assert len(scorer.read) == len(set(scorer.read)) == 40
    searcher.search(query("other", 20))
    assert len(scorer.read) == 80


class Deeper:
    """Port `Searcher` round another one, which it asks twice."""

    def __init__(self, inner: Searcher) -> None:
        self._inner = inner

    def search(self, query: Query) -> list[Hit]:
        first, more = (self._inner.search(replace(query, top_k=times * query.top_k)) for times in (1, 2))
        assert more[: len(first)] == first
        return more


def test_all_wordings_and_rounds_have_one_budget_and_one_order() -> None:
    row, scorer = Row([hit(f"text {number}", 90.0 - number) for number in range(4 * SLICE)]), Liking(seconds=1.0)
    inner = RerankingSearcher(row, scorer, RerankOptions(candidates=100, budget_ms=1500), lambda: scorer.now)
    searcher = TimedSearcher(Deeper(PartsSearcher(inner)), 1500, lambda: scorer.now)
    assert len(searcher.search(query("How long is the leave, and who approves the travel?", 30))) == 60
    assert len(scorer.read) == (2 + 1 + 1) * SLICE


def test_nothing_found() -> None:
    assert reranked(Row([]), RerankOptions()) == []


@given(st.lists(st.floats(-5, 5), max_size=40), st.floats(0, 1), st.integers(1, 50), st.integers(1, 50))
def test_hits_are_neither_lost_nor_doubled(scores: list[float], weight: float, candidates: int, top_k: int) -> None:
    row = Row([hit(f"leave {number}", score) for number, score in enumerate(sorted(scores, reverse=True))])
    found = reranked(row, RerankOptions(candidates, weight), top_k=top_k)
    assert len(found) == len({one.chunk.id for one in found}) == min(top_k, len(scores))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_the_question_reaches_the_search_unchanged() -> None:
    row = Row([])
    RerankingSearcher(row, Liking()).search(Query("leave", "c", "acme", ("hr",), 5, "bm25"))
    (seen,) = row.queries
    assert (seen.text, seen.collection, seen.groups, seen.mode) == ("leave", "c", ("hr",), "bm25")
