"""Which sentences of the passages answer the question, and how surely."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.candidates import Candidate, candidates
from generation.ports import Lexicon
from generation.types import Quote
from ingest.ports import Embedder
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class EvidenceModel:
    """Logistic regression: P(sentence answers question) = 1 / (1 + exp(-(bias + sum of weight * feature)))."""

    bias: float
    sentence_cosine: float
    context_cosine: float
    coverage: float

    def probability(self, features: "Features") -> float:
        z = (
            self.bias
            + self.sentence_cosine * features.sentence_cosine
            + self.context_cosine * features.context_cosine
            + self.coverage * features.coverage
        )
        return 1.0 / (1.0 + math.exp(-z))


DEFAULT_MODEL = EvidenceModel(bias=-11.0, sentence_cosine=6.0, context_cosine=6.0, coverage=5.0)


@dataclass(frozen=True)
class Features:
    """Cosine of the question with the sentence alone and under its title and headings; share of the question's
    words, weighted by IDF, that stand in the sentence or its context."""

    sentence_cosine: float
    context_cosine: float
    coverage: float


class SentenceEvidence:
    """Port `EvidenceScorer`.

    Args:
        max_candidates: how many sentences are embedded for one question; the others are dropped by word overlap.
    """

    def __init__(self, embedder: Embedder, lexicon: Lexicon, model: EvidenceModel, max_candidates: int = 48) -> None:
        self._embedder, self._lexicon, self._model = embedder, lexicon, model
        self._max_candidates = max_candidates

    def quotes(self, query: Query, hits: Sequence[Hit]) -> list[Quote]:
        scored = [(self._model.probability(features), candidate) for candidate, features in self.features(query, hits)]
        scored.sort(key=lambda item: (-item[0], item[1].marker, item[1].start))
        return [Quote(one.marker, one.text, one.start, one.end, round(support, 4)) for support, one in scored]

    def features(self, query: Query, hits: Sequence[Hit]) -> list[tuple[Candidate, Features]]:
        coverage = self._coverage(query)
        covered = [(coverage(f"{one.context} {one.text}"), one) for one in candidates(hits)]
        covered.sort(key=lambda item: -item[0])
        kept = covered[: self._max_candidates]
        plain, framed = self._cosines(query.text, [one for _, one in kept])
        return [
            (one, Features(float(plain[row]), float(framed[row]), share)) for row, (share, one) in enumerate(kept)
        ]

    def _cosines(
        self, question: str, sentences: Sequence[Candidate]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        texts = [one.text for one in sentences] + [f"{one.context}\n{one.text}" for one in sentences]
        cosines = self._embedder.embed_documents(texts) @ self._embedder.embed_query(question)
        return cosines[: len(sentences)], cosines[len(sentences) :]

    def _coverage(self, query: Query) -> Callable[[str], float]:
        terms = self._lexicon.terms(query.text)
        weights: Mapping[int, float] = self._lexicon.idf(terms, query.access)
        total = sum(weights.values())

        def share(text: str) -> float:
            found = terms & self._lexicon.terms(text)
            return sum(weights[term] for term in found) / total if total > 0 else 0.0

        return share

