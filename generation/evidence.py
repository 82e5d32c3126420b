"""Which sentences of the passages answer the question, and how surely."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.candidates import Candidate, candidates
from generation.ports import Lexicon
from generation.types import Evidence, Quote
from ingest.ports import Embedder
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class Signals:
    """What speaks for a sentence, read under its headings: `cosine` with the question, and `coverage`, the share of
    the question's words that stand in it, weighted by IDF, in [0, 1]."""

    cosine: float
    coverage: float


@dataclass(frozen=True)
class Calibration:
    """Logistic regression: P(answers) = 1 / (1 + exp(-(bias + slope * (cosine + coverage_weight * coverage)))).

    The default was fitted on XQuAD (en) and CLAP NQ with all-MiniLM-L6-v2, coverage counted in plain words: each
    question with its best sentence, half of them without an answer in the corpus. `eval.tune_confidence` repeats
    the fit with weighted coverage and shows what it refuses.
    """

    bias: float = -5.95
    slope: float = 6.84
    coverage_weight: float = 0.5

    def strength(self, signals: Signals) -> float:
        """What sentences are ranked by."""
        return signals.cosine + self.coverage_weight * signals.coverage

    def support(self, signals: Signals) -> float:
        return 1.0 / (1.0 + math.exp(-(self.bias + self.slope * self.strength(signals))))


class SentenceEvidence:
    """Port `EvidenceScorer`; the confidence is the support of the best sentence.

    Args:
        max_candidates: how many sentences are embedded for one question; word overlap picks them.
    """

    def __init__(
        self, embedder: Embedder, lexicon: Lexicon, calibration: Calibration, max_candidates: int = 48
    ) -> None:
        self._embedder, self._lexicon, self._calibration = embedder, lexicon, calibration
        self._max_candidates = max_candidates

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        scored = [(self._calibration.support(signals), one) for one, signals in self.signals(query, hits)]
        scored.sort(key=lambda item: (-item[0], item[1].marker, item[1].start))
        quotes = [Quote(one.marker, one.text, one.start, one.end, round(support, 4)) for support, one in scored]
        return Evidence(tuple(quotes), max((quote.support for quote in quotes), default=0.0))

    def signals(self, query: Query, hits: Sequence[Hit]) -> list[tuple[Candidate, Signals]]:
        coverage = self._coverage(query)
        covered = [(coverage(framed(one)), one) for one in candidates(hits)]
        covered.sort(key=lambda item: -item[0])
        kept = covered[: self._max_candidates]
        cosines = self._cosines(query.text, [framed(one) for _, one in kept])
        return [(one, Signals(float(cosine), share)) for (share, one), cosine in zip(kept, cosines, strict=True)]

    def _cosines(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros(0, np.float32)
        return self._embedder.embed_documents(texts) @ self._embedder.embed_query(question)

    def _coverage(self, query: Query) -> Callable[[str], float]:
        terms = self._lexicon.terms(query.text)
        weights = self._lexicon.idf(terms, query.access)
        total = sum(weights.values())

        def share(text: str) -> float:
            found = terms & self._lexicon.terms(text)
            return sum(weights[term] for term in found) / total if total > 0 else 0.0

        return share


def framed(one: Candidate) -> str:
    """A sentence as it is read: under its headings."""
    return f"{one.context}\n{one.text}" if one.context else one.text
