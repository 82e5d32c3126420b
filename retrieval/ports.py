"""What retrieval needs from others."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.ports import ChunkSink
from retrieval.types import Access, Filters, Hit, Query


class Store(ChunkSink, Protocol):
    """A collection of chunks that can be searched by vector and by words.

    Both searches apply tenant, groups and filters inside the engine, before ranking. Scores: cosine for dense,
    BM25 for words. At most `limit` hits, best first; fewer where fewer match.
    """

    def dense(self, vector: NDArray[np.float32], access: Access, filters: Filters, limit: int) -> list[Hit]: ...

    def bm25(self, text: str, access: Access, filters: Filters, limit: int) -> list[Hit]: ...

    def count(self) -> int:
        """Number of chunks stored, of all tenants and revisions."""
        ...

    def optimize(self) -> None:
        """Build or tidy the indexes after bulk writes; may take long, readers go on."""
        ...

    def close(self) -> None: ...


class Searcher(Protocol):
    async def search(self, query: Query) -> list[Hit]:
        """Ranked hits, best first, at most `query.top_k`."""
        ...


class Reranker(Protocol):
    async def rerank(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits in a better order with new scores."""
        ...
