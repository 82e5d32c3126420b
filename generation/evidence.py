"""Which sentences of the passages answer the question, and how surely."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from generation.candidates import Candidate, candidates
from generation.keys import named
from generation.ports import Lexicon
from generation.types import Evidence, Quote
from ingest.ports import Embedder
from retrieval.ports import PairScorer
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class Signals:
    """What speaks for a sentence, read under its headings: `cosine` with the question, `coverage`, the share of the
    question's words that stand in it, weighted by IDF, in [0, 1], and the score of a cross-encoder."""

    cosine: float
    coverage: float
    relevance: float = 0.0


@dataclass(frozen=True)
class Calibration:
    """Logistic regression: P(answers) = 1 / (1 + exp(-(bias + cosine * .. + coverage * .. + relevance * ..))).

    `eval.training.calibrate` fits it: each question with its best sentence, half of them without an answer.
    """

    bias: float
    cosine: float
    coverage: float
    relevance: float

    def strength(self, signals: Signals) -> float:
        """Log-odds; what sentences are ranked by."""
        return (
            self.bias
            + self.cosine * signals.cosine
            + self.coverage * signals.coverage
            + self.relevance * signals.relevance
        )

    def support(self, signals: Signals) -> float:
        return 1.0 / (1.0 + math.exp(-self.strength(signals)))


WITHOUT_CROSS_ENCODER = Calibration(bias=-5.95, cosine=6.84, coverage=3.42, relevance=0.0)
"""Fitted with all-MiniLM-L6-v2 on XQuAD (en) and CLAP NQ."""
WITH_CROSS_ENCODER = Calibration(bias=-3.17, cosine=3.38, coverage=1.72, relevance=0.44)
"""Which sentence it is: the weights put the sentences of XQuAD (en) and CLAP NQ in the best order; slope and bias
fitted to them."""
CONFIDENCE = Calibration(bias=-1.02, cosine=0.96, coverage=0.78, relevance=0.84)
"""Whether there is an answer at all, which the cross-encoder tells far better than words and cosine: fitted on the
held-out passages."""


class SentenceEvidence:
    """Port `EvidenceScorer`; the confidence is that in the sentence which deserves most of it.

    Three sieves, each slower than the one before: words, cosines, and the cross-encoder where there is one.

    Args:
        support: probability that a sentence answers the question, given that one does; they are ranked by it.
        confidence: probability that a sentence answers the question at all.
        embed: how many sentences are embedded for one question; coverage picks them.
        read: how many of those the cross-encoder reads; coverage and cosine pick them.
    """

    def __init__(
        self,
        embedder: Embedder,
        lexicon: Lexicon,
        cross_encoder: PairScorer | None,
        support: Calibration,
        confidence: Calibration,
        embed: int = 48,
        read: int = 24,
    ) -> None:
        self._embedder, self._lexicon, self._cross_encoder = embedder, lexicon, cross_encoder
        self._support, self._confidence, self._embed, self._read = support, confidence, embed, read

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        found = self.signals(query, hits)
        scored = [(self._support.support(signals), one) for one, signals in found]
        scored.sort(key=lambda item: (-item[0], item[1].marker, item[1].start))
        quotes = [Quote(one.marker, one.text, one.start, one.end, round(support, 4)) for support, one in scored]
        confidence = max((self._confidence.support(signals) for _, signals in found), default=0.0)
        return Evidence(tuple(quotes), round(confidence, 4))

    def signals(self, query: Query, hits: Sequence[Hit]) -> list[tuple[Candidate, Signals]]:
        coverage = self._coverage(query)
        covered = [(coverage(framed(one)), one) for one in named(query.text, candidates(hits))]
        covered.sort(key=lambda item: -item[0])
        kept = covered[: self._embed]
        cosines = self._cosines(query.text, [framed(one) for _, one in kept])
        found = [(one, Signals(float(cosine), share)) for (share, one), cosine in zip(kept, cosines, strict=True)]
        return self._read_together(query.text, found) if self._cross_encoder else found

    def _read_together(self, question: str, found: list[tuple[Candidate, Signals]]) -> list[tuple[Candidate, Signals]]:
        assert self._cross_encoder
        found.sort(key=lambda item: -WITHOUT_CROSS_ENCODER.strength(item[1]))
        found = found[: self._read]
        scores = self._cross_encoder.score(question, [framed(one) for one, _ in found])
        return [
            (one, replace(signals, relevance=float(score))) for (one, signals), score in zip(found, scores, strict=True)
        ]

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
