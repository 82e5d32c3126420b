"""What retrieval needs from others."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.ports import ChunkSink
from ingest.types import Chunk
from retrieval.filters import Filter
from retrieval.types import Access, Hit, Query


class Store(ChunkSink, Protocol):
    """A collection of chunks that can be searched by vector and by words.

    Both searches apply tenant, groups and filters inside the engine, before ranking, and give (chunk id, score), best
    first, at most `limit`, fewer where fewer match. Scores: cosine for dense, BM25 for words. The chunks themselves are
    fetched once the rankings are fused, because reading ten is twenty times faster than reading two hundred.

    Filter fields: source, title, page, kind, headings, document_id, `metadata.<key>`; other names are metadata keys.
    Numbers and dates of any metadata key can be compared.
    """

    def dense(
        self, vector: NDArray[np.float32], access: Access, filters: Filter, limit: int
    ) -> list[tuple[str, float]]:
        """`vector` has shape (dimension,)."""
        ...

    def bm25(
        self,
        text: str,
        access: Access,
        filters: Filter,
        limit: int,
        expansion: Sequence[tuple[int, float]] = (),
    ) -> list[tuple[str, float]]:
        """`expansion`: further terms with their weights; those of `text` weigh 1."""
        ...

    def fetch(self, ids: Sequence[str], access: Access) -> list[Chunk]:
        """Chunks in the order of `ids`, without those that are gone or that this reader may not read.

        They may be of any revision: the caller drops those that the catalog does not call current.
        """
        ...

    def vectors(self, ids: Sequence[str], access: Access) -> dict[str, NDArray[np.float32]]:
        """Chunk id -> vector of shape (dimension,), unit length; without those gone or not for this reader."""
        ...

    def fields(self, access: Access, named: Iterable[str] = ()) -> frozenset[str]:
        """Metadata keys of the chunks that this reader may read; where there are very many, not all, but all those of
        `named`."""
        ...

    def terms(self, text: str) -> frozenset[int]:
        """Ids of the distinct stems of `text` as BM25 counts them, stop words left out."""
        ...

    def idf(self, terms: Iterable[int], access: Access) -> dict[int, float]:
        """BM25's inverse document frequency of each term among the chunks of the reader's tenant."""
        ...

    def absent(self, terms: Iterable[int], access: Access) -> set[int]:
        """Those terms that no chunk holds which this reader may read."""
        ...

    def count(self) -> int:
        """Number of chunks stored, of all tenants and revisions."""
        ...

    def optimize(self) -> None:
        """Build or tidy the indexes after bulk writes; may take long, readers go on."""
        ...

    def gone(self) -> bool:
        """Whether it was dropped or closed, by another process, too. Whoever asks anything else of such a one gets
        UnavailableError or NotFoundError."""
        ...

    def drop(self) -> None:
        """Delete everything, the index itself included. Nothing can be called afterwards but `gone` and `close`."""
        ...

    def close(self) -> None: ...


class Searcher(Protocol):
    """Wrappers have the same shape: each asks the searcher inside and changes the query or the hits."""

    def search(self, query: Query) -> list[Hit]:
        """Ranked hits, best first, at most `query.top_k`."""
        ...


class PairScorer(Protocol):
    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),): the greater, the likelier that the text answers the question."""
        ...
