"""A wrapper that keeps results from repeating themselves: near-duplicates, documents that crowd out others, MMR."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from retrieval.fingerprints import Filed, Fingerprint, fingerprint
from retrieval.fusion import scaled
from retrieval.ports import Searcher, Store
from retrieval.types import Hit, Query

_DEEPEST = 2000
"""Hits that are looked through for one search, unless more were asked for: each round looks twice as deep, and a
collection of nothing but copies has no end."""


@dataclass(frozen=True)
class DiversityOptions:
    """
    Args:
        duplicates: a hit goes where it shares this much of its words in order with a better one (Jaccard similarity of
            runs of three words); 1 leaves out exact copies only, None none. Texts that differ in a name, a number, its
            sign or unit, an address, a negation or a word known to be one of two opposites never count as copies.
        per_document: at most so many hits of one document; None any number.
        mmr: share of relevance against novelty in maximal marginal relevance, in [0, 1] (Carbonell and Goldstein, The
            Use of MMR, 1998); None leaves the order as it is.
    """

    duplicates: float | None = 0.9
    per_document: int | None = None
    mmr: float | None = None


KEEP_ALL = DiversityOptions(duplicates=None)


class DiverseSearcher:
    """Port `Searcher` round another one; asks it for more hits where some were left out.

    Args:
        store: where the vectors of chunks are, for MMR.
    """

    def __init__(self, inner: Searcher, store: Store, options: DiversityOptions = DiversityOptions()) -> None:
        self._inner, self._store, self._options = inner, store, options

    def search(self, query: Query) -> list[Hit]:
        wanted = 2 * query.top_k  # a second search costs more than a few hits too many
        print_of = cache(fingerprint)
        while True:
            found = self._inner.search(replace(query, top_k=wanted))
            kept = self._kept(found, query.top_k, print_of)
            if len(kept) >= query.top_k or len(found) < wanted or wanted >= _DEEPEST:
                break
            wanted = min(2 * wanted, _DEEPEST)
        return self._spread(query, kept)[: query.top_k] if self._options.mmr is not None else kept[: query.top_k]

    def _kept(self, hits: Sequence[Hit], wanted: int, print_of: Callable[[str], Fingerprint]) -> list[Hit]:
        """Without MMR no more than are wanted."""
        most, threshold = self._options.per_document, self._options.duplicates
        enough = wanted if self._options.mmr is None else len(hits)
        of_document: Counter[str] = Counter()
        kept: list[Hit] = []
        prints = None if threshold is None else Filed(threshold)
        for hit in hits:
            if len(kept) == enough:
                break
            if most is not None and of_document[hit.chunk.document_id] >= most:
                continue
            if prints is None or prints.add_new(print_of(hit.chunk.text)):
                of_document[hit.chunk.document_id] += 1
                kept.append(hit)
        return kept

    def _spread(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        found = self._store.vectors([hit.chunk.id for hit in hits], query.access)
        hits = [hit for hit in hits if hit.chunk.id in found]  # some may have been replaced since
        if not hits:
            return []
        vectors = np.stack([found[hit.chunk.id] for hit in hits])
        return [hits[row] for row in marginal([hit.score for hit in hits], vectors, self._options.mmr or 0.0)]


def marginal(scores: Sequence[float], vectors: NDArray[np.float32], relevance: float) -> list[int]:
    """Rows in the order of maximal marginal relevance.

    Args:
        scores: best first; scaled to [0, 1].
        vectors: shape (len(scores), dimension), of unit length.
        relevance: weight of the score; the rest is that of the greatest cosine with a row chosen before.
    """
    gain, nearest = np.array(scaled(scores)), np.zeros(len(scores))
    order: list[int] = []
    left = np.ones(len(scores), bool)
    for _ in range(len(scores)):
        value = np.where(left, relevance * gain - (1 - relevance) * nearest, -np.inf)
        row = int(value.argmax())
        order.append(row)
        left[row] = False
        nearest = np.maximum(nearest, vectors @ vectors[row])
    return order
