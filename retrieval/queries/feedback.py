"""Pseudo-relevance feedback: the best hits of a first search say what else to look for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import scaled
from retrieval.ports import Store
from retrieval.searcher import HybridSearcher
from retrieval.types import Hit, Query


@dataclass(frozen=True)
class FeedbackOptions:
    """
    Args:
        hits: how many of the best hits are believed.
        terms: how many of their words are added to the BM25 query.
        weight: of the best of these words, where the query's own weigh 1.
        dense: how far the query vector moves towards the mean of their vectors, in [0, 1].
    """

    hits: int = 3
    terms: int = 10
    weight: float = 0.3
    dense: float = 0.2


class FeedbackSearcher:
    """Port `Searcher` on the search of both branches: searched twice, the second time with the words that set the best
    hits apart (an RM3-like expansion; Abdul-Jaleel et al., UMass at TREC 2004) and a vector nearer to theirs (Rocchio,
    1971)."""

    def __init__(self, hybrid: HybridSearcher, store: Store, options: FeedbackOptions = FeedbackOptions()) -> None:
        self._hybrid, self._store, self._options = hybrid, store, options

    def search(self, query: Query) -> list[Hit]:
        vector = self._hybrid.vector_of(query)
        first = self._hybrid.search_with(replace(query, top_k=self._options.hits), vector)
        if not first:
            return []
        expanded = replace(query, expansion=self._expansion(query, first))
        return self._hybrid.search_with(expanded, None if vector is None else self._moved(query, vector, first))

    def _expansion(self, query: Query, hits: Sequence[Hit]) -> tuple[tuple[int, float], ...]:
        """Term ids with weights: the share of the belief in the hits that hold the term, times its IDF."""
        belief: Counter[int] = Counter()
        for hit, trust in zip(hits, scaled([hit.score for hit in hits]), strict=True):
            for term in self._store.terms(hit.chunk.indexed_text):
                belief[term] += 0.5 + 0.5 * trust  # type: ignore[assignment]
        candidates = [term for term, _ in belief.most_common(8 * self._options.terms)]
        own = self._store.terms(query.text)
        new = [term for term in candidates if term not in own]
        idf = self._store.idf(new, query.access)
        value = {term: belief[term] * idf[term] for term in new}
        best = sorted(value, key=lambda term: (-value[term], term))[: self._options.terms]
        return tuple((term, self._options.weight * value[term] / value[best[0]]) for term in best)

    def _moved(self, query: Query, vector: NDArray[np.float32], hits: Sequence[Hit]) -> NDArray[np.float32]:
        found = list(self._store.vectors([hit.chunk.id for hit in hits], query.access).values())
        if not found:
            return vector
        moved = (1 - self._options.dense) * vector + self._options.dense * np.mean(found, axis=0)
        return np.asarray(moved / np.linalg.norm(moved), np.float32)
