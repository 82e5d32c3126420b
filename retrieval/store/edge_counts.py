"""How often words and tenants occur, asked of the embedded engine by way of its searches."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias, cast

import qdrant_edge as qdrant

from retrieval.store import layout
from retrieval.store.edge_filters import filter_of

_MOST_TENANTS = 100_000

Engine: TypeAlias = Callable[[], AbstractContextManager[qdrant.EdgeShard]]
"""Gives the open shard, and turns its failures into ours."""


class EdgeCounts:
    """Port `Counts`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def chunks(self, matching: qdrant.Filter | None) -> int:
        with self._engine() as shard:
            return shard.count(qdrant.CountRequest(exact=True, filter=matching))

    def idf(self, term: int, corpus: qdrant.Filter | None) -> float | None:
        """None where no chunk of the corpus holds the term; `corpus` None: all chunks."""
        points = self._holding(term, corpus, 1, with_vector=[layout.BM25])
        if not points:
            return None
        weights = cast(dict[str, qdrant.SparseVector], points[0].vector)[layout.BM25]
        return points[0].score / dict(zip(weights.indices, weights.values, strict=True))[term]

    def idf_in(self, term: int, tenant: str | None) -> float | None:
        return self.idf(term, filter_of(layout.tenant_condition(tenant)) if tenant is not None else None)

    def holding(self, term: int, tenant: str, most: int) -> int:
        return len(self._holding(term, filter_of(layout.tenant_condition(tenant)), most, counted=False))

    def holds(self, term: int, corpus: qdrant.Filter) -> bool:
        """Whether a chunk of the corpus holds the term."""
        return bool(self._holding(term, corpus, 1, counted=False))

    def size(self, tenant: str) -> int:
        return self.chunks(filter_of(layout.tenant_condition(tenant)))

    def tenants(self) -> set[str]:
        with self._engine() as shard:
            found = shard.facet(qdrant.FacetRequest(layout.TENANT, _MOST_TENANTS, exact=True))
        return {str(hit.value) for hit in found.hits}

    def dead(self) -> int:
        """About how many chunks the engine keeps and counts that were deleted or replaced; it drops them where they are
        a fifth. Its indexes hold two vectors of each chunk of a large collection, those among them; where some have
        only one yet, this is too few."""
        with self._engine() as shard:
            about = shard.info()
        return max(0, about.indexed_vectors_count // 2 - about.points_count)

    def _holding(
        self,
        term: int,
        corpus: qdrant.Filter | None,
        limit: int,
        counted: bool = True,
        with_vector: list[str] | None = None,
    ) -> list[qdrant.ScoredPoint]:
        """`counted`: the IDF is that among the chunks of the corpus."""
        request = qdrant.QueryRequest(
            limit=limit,
            query=qdrant.Query.Nearest(qdrant.SparseVector([term], [1.0]), using=layout.BM25),
            filter=corpus,
            params=counted_in(corpus) if corpus and counted else None,
            with_payload=False,
            with_vector=with_vector or False,
        )
        with self._engine() as shard:
            return shard.query(request)


def counted_in(corpus: qdrant.Filter) -> qdrant.SearchParams:
    """With IDF as these chunks say."""
    return qdrant.SearchParams(idf=qdrant.IdfParams(corpus=corpus))
