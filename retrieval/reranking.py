"""A wrapper that reads the best candidates together with the question and ranks them anew."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf, isfinite, tanh
from time import perf_counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import scaled
from retrieval.ports import PairScorer, Searcher
from retrieval.types import Hit, Query

_log = logging.getLogger(__name__)

SLICE = 16
"""Candidates that are read between two looks at the clock; within a slice pairs of like length go together."""
_QUESTIONS = 16
"""That are remembered: a question in all its wordings, and those that others ask at the same time."""


@dataclass(frozen=True)
class RerankOptions:
    """
    Args:
        candidates: how many of the best hits are read.
        weight: share of the cross-encoder in the final score, in [0, 1]; the rest is the score before.
        scale: how the cross-encoder's outputs come into [0, 1]: `minmax` within the hits that were read, or `sigmoid`,
            each for itself, so that a query on which it has no opinion keeps its order (what `citewell tune reranker`
            trains for).
        budget_ms: no further slice is begun after it, unless the query says until when; None reads all candidates.
    """

    candidates: int = 50
    weight: float = 0.5
    scale: Literal["minmax", "sigmoid"] = "minmax"
    budget_ms: float | None = None


class RerankingSearcher:
    """Port `Searcher` round another one.

    The score before is scaled to [0, 1] within the hits that were read, and both are mixed. What was not read keeps its
    order behind them. `origin` gains `fused`, the score before, and `rerank`. A score that is no number counts as the
    lowest; where the model fails (out of memory), what it has not read counts as not read, and the log says so.

    Args:
        clock: seconds; injected so that tests can make time pass.
    """

    def __init__(
        self,
        inner: Searcher,
        scorer: PairScorer,
        options: RerankOptions = RerankOptions(),
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._inner, self._scorer, self._options, self._clock = inner, _Remembering(scorer), options, clock

    def search(self, query: Query) -> list[Hit]:
        wanted = max(query.top_k, self._options.candidates)
        hits = self._inner.search(replace(query, top_k=wanted))
        scores = self._read(query, hits[: self._options.candidates])
        return self._mixed(hits, scores)[: query.top_k]

    def _read(self, query: Query, hits: Sequence[Hit]) -> list[float]:
        """Of the first hits, as many as the budget allows or were read before, at least one slice."""
        until, scores = self._until(query), list[float]()
        for start in range(0, len(hits), SLICE):
            texts = [hit.chunk.indexed_text for hit in hits[start : start + SLICE]]
            if start and self._clock() >= until and not self._scorer.knows(query.text, texts):
                break
            try:
                scores += self._scorer.score(query.text, texts).tolist()
            except RuntimeError as error:  # also what torch makes of too little memory
                left = len(hits) - len(scores)
                _log.warning("The reranker failed; %d of %d hits keep the order before it: %s", left, len(hits), error)
                break
        return _finite(scores)

    def _until(self, query: Query) -> float:
        if query.rerank_until is not None:
            return query.rerank_until
        return inf if self._options.budget_ms is None else self._clock() + self._options.budget_ms / 1000

    def _mixed(self, hits: Sequence[Hit], scores: Sequence[float]) -> list[Hit]:
        if not scores:
            return list(hits)
        weight, read = self._options.weight, len(scores)
        fused = scaled([hit.score for hit in hits[:read]])
        opinions = scaled(scores) if self._options.scale == "minmax" else [_sigmoid(score) for score in scores]
        mixed = [weight * new + (1 - weight) * old for new, old in zip(opinions, fused, strict=True)]
        first = [
            replace(hit, score=score, origin={**hit.origin, "fused": hit.score, "rerank": new})
            for hit, score, new in zip(hits[:read], mixed, scores, strict=True)
        ]
        first.sort(key=lambda hit: (-hit.score, hit.chunk.id))
        return first + [replace(hit, score=hit.score - hits[read - 1].score) for hit in hits[read:]]


class TimedSearcher:
    """Port `Searcher` round all that may ask a reranker several times for one question, in other words or for more
    hits: these times together have `budget_ms`, from when the search begins."""

    def __init__(self, inner: Searcher, budget_ms: float, clock: Callable[[], float] = perf_counter) -> None:
        self._inner, self._budget_ms, self._clock = inner, budget_ms, clock

    def search(self, query: Query) -> list[Hit]:
        return self._inner.search(replace(query, rerank_until=self._clock() + self._budget_ms / 1000))


class _Remembering:
    """Port `PairScorer` round another one: what was read for the last questions is not read again. Wrappers outside ask
    several times for one question, in several wordings and for more hits each time."""

    def __init__(self, inner: PairScorer) -> None:
        self._inner = inner
        self._last = lru_cache(_QUESTIONS)(lambda question: dict[str, float]())

    def knows(self, question: str, texts: Sequence[str]) -> bool:
        return self._last(question).keys() >= set(texts)

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        known = self._last(question)
        if new := list(dict.fromkeys(text for text in texts if text not in known)):
            known.update(zip(new, self._inner.score(question, new).tolist(), strict=True))
        return np.array([known[text] for text in texts], np.float32)


def _finite(scores: Sequence[float]) -> list[float]:
    """Empty where none is a number: no opinion."""
    lowest = min(filter(isfinite, scores), default=None)
    return [] if lowest is None else [score if isfinite(score) else lowest for score in scores]


def _sigmoid(score: float) -> float:
    return (1 + tanh(score / 2)) / 2  # does not overflow
