"""Which sentences of the passages answer the question, and how surely."""

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import ClassVar

from generation.candidates import Candidate, candidates
from generation.ports import Lexicon, PairScorer
from generation.types import Evidence, Quote
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class Signals:
    """What speaks for a question being answered by its passages.

    `log_odds`: of the sentence that the scorer likes best. `coverage`: largest share of the question's words,
    weighted by IDF, that stand in one sentence and its context, in [0, 1]. `cosine`: of question and nearest passage
    (0 where the search was by words alone).
    """

    NAMES: ClassVar[tuple[str, ...]] = ("log_odds", "coverage", "cosine")

    log_odds: float
    coverage: float
    cosine: float

    def as_tuple(self) -> tuple[float, ...]:
        return astuple(self)


@dataclass(frozen=True)
class Calibration:
    """Logistic regressions. A sentence's support is sigmoid(support_bias + support_scale * log odds); the
    confidence is sigmoid(bias + the weighted sum of the signals). Fitted by `eval.tune_confidence`."""

    bias: float
    log_odds: float
    coverage: float
    cosine: float
    support_bias: float = 0.0
    support_scale: float = 1.0

    def confidence(self, signals: Signals) -> float:
        weights = (self.log_odds, self.coverage, self.cosine)
        return sigmoid(self.bias + sum(w * x for w, x in zip(weights, signals.as_tuple(), strict=True)))

    def support(self, log_odds: float) -> float:
        return sigmoid(self.support_bias + self.support_scale * log_odds)


class SentenceEvidence:
    """Port `EvidenceScorer`.

    Args:
        max_candidates: how many sentences the scorer reads for one question; word overlap picks them.
    """

    def __init__(
        self, scorer: PairScorer, lexicon: Lexicon, calibration: Calibration, max_candidates: int = 64
    ) -> None:
        self._scorer, self._lexicon, self._calibration = scorer, lexicon, calibration
        self._max_candidates = max_candidates

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        scored = self._scored(query, hits)
        quotes = [self._quote(one, log_odds) for log_odds, _, one in scored]
        confidence = self._calibration.confidence(_signals(scored, hits)) if scored else 0.0
        return Evidence(tuple(quotes), round(confidence, 4))

    def signals(self, query: Query, hits: Sequence[Hit]) -> Signals:
        return _signals(self._scored(query, hits), hits)

    def _scored(self, query: Query, hits: Sequence[Hit]) -> list[tuple[float, float, Candidate]]:
        """Log odds, coverage and sentence, most likely answer first."""
        coverage = self._coverage(query)
        covered = [(coverage(f"{one.context} {one.text}"), one) for one in candidates(hits)]
        covered.sort(key=lambda item: -item[0])
        kept = covered[: self._max_candidates]
        scores = self._scorer.score(query.text, [f"{one.context}\n{one.text}" for _, one in kept])
        scored = [(float(score), share, one) for (share, one), score in zip(kept, scores, strict=True)]
        return sorted(scored, key=lambda item: (-item[0], item[2].marker, item[2].start))

    def _quote(self, one: Candidate, log_odds: float) -> Quote:
        return Quote(one.marker, one.text, one.start, one.end, round(self._calibration.support(log_odds), 4))

    def _coverage(self, query: Query) -> Callable[[str], float]:
        terms = self._lexicon.terms(query.text)
        weights = self._lexicon.idf(terms, query.access)
        total = sum(weights.values())

        def share(text: str) -> float:
            found = terms & self._lexicon.terms(text)
            return sum(weights[term] for term in found) / total if total > 0 else 0.0

        return share


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _signals(scored: Sequence[tuple[float, float, Candidate]], hits: Sequence[Hit]) -> Signals:
    return Signals(
        log_odds=max((log_odds for log_odds, _, _ in scored), default=-10.0),
        coverage=max((share for _, share, _ in scored), default=0.0),
        cosine=max((hit.origin.get("dense", 0.0) for hit in hits), default=0.0),
    )
