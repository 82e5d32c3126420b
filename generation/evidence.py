"""Which sentences of the passages answer the question, and how surely."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generation.candidates import Candidate, candidates
from generation.ports import Lexicon, PairScorer
from generation.types import Quote
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class Features:
    """`log_odds` of the cross-encoder; `coverage`: share of the question's words, weighted by IDF, that stand in
    the sentence or its context, in [0, 1]."""

    log_odds: float
    coverage: float


@dataclass(frozen=True)
class Calibration:
    """Logistic regression: P(sentence answers question) = 1 / (1 + exp(-(bias + log_odds * x + coverage * y)))."""

    bias: float
    log_odds: float
    coverage: float

    def probability(self, features: Features) -> float:
        z = self.bias + self.log_odds * features.log_odds + self.coverage * features.coverage
        return 1.0 / (1.0 + math.exp(-z))


DEFAULT_CALIBRATION = Calibration(bias=0.0, log_odds=1.0, coverage=0.0)


class SentenceEvidence:
    """Port `EvidenceScorer`.

    Args:
        max_candidates: how many sentences the cross-encoder reads for one question; word overlap picks them.
    """

    def __init__(
        self, scorer: PairScorer, lexicon: Lexicon, calibration: Calibration, max_candidates: int = 64
    ) -> None:
        self._scorer, self._lexicon, self._calibration = scorer, lexicon, calibration
        self._max_candidates = max_candidates

    def quotes(self, query: Query, hits: Sequence[Hit]) -> list[Quote]:
        scored = [(self._calibration.probability(found), one) for one, found in self.features(query, hits)]
        scored.sort(key=lambda item: (-item[0], item[1].marker, item[1].start))
        return [Quote(one.marker, one.text, one.start, one.end, round(support, 4)) for support, one in scored]

    def features(self, query: Query, hits: Sequence[Hit]) -> list[tuple[Candidate, Features]]:
        coverage = self._coverage(query)
        covered = [(coverage(f"{one.context} {one.text}"), one) for one in candidates(hits)]
        covered.sort(key=lambda item: -item[0])
        kept = covered[: self._max_candidates]
        scores = self._scorer.score(query.text, [f"{one.context}\n{one.text}" for _, one in kept])
        return [(one, Features(float(score), share)) for (share, one), score in zip(kept, scores, strict=True)]

    def _coverage(self, query: Query) -> Callable[[str], float]:
        terms = self._lexicon.terms(query.text)
        weights = self._lexicon.idf(terms, query.access)
        total = sum(weights.values())

        def share(text: str) -> float:
            found = terms & self._lexicon.terms(text)
            return sum(weights[term] for term in found) / total if total > 0 else 0.0

        return share
