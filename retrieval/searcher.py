"""A query becomes ranked hits of one collection."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import ATTRIBUTES, METADATA_PREFIX, STATED, Filter, check_fields, fields
from retrieval.fusion import minmax, rrf
from retrieval.ports import Store
from retrieval.types import Access, Hit, Query

_RETRIES = 8
_REMEMBERED = 1_000
_AT_ONCE = 32
"""Searches of the dense branch beside those of the other; asyncio's own threads are no more."""


@dataclass(frozen=True)
class FusionOptions:
    method: Literal["minmax", "rrf"] = "minmax"
    dense_weight: float = 0.5
    rrf_k: int = 60


class HybridSearcher:
    """Port `Searcher`: dense and BM25 branches, fused; chunks of replaced revisions are left out.

    Args:
        store: the collection.
        embed_query: text -> vector of shape (dimension,), unit length.
        revisions: document ids -> the current revision of each (the catalog's word).
        candidates: hits taken from each branch.
        grows: more are taken where a query asks for more.
    """

    def __init__(
        self,
        store: Store,
        embed_query: Callable[[str], NDArray[np.float32]],
        revisions: Callable[[Iterable[str]], dict[str, str]],
        fusion: FusionOptions,
        candidates: int = 200,
        grows: bool = True,
    ) -> None:
        self._store, self._embed_query, self._revisions = store, embed_query, revisions
        self._fusion, self._candidates, self._grows = fusion, candidates, grows
        self._fields: dict[Access, frozenset[str]] = {}
        self._beside = ThreadPoolExecutor(_AT_ONCE, "dense")  # makes threads only as they are needed

    def deepened(self, top_k: int) -> "HybridSearcher":
        """Ranks every query as this one ranks those for `top_k` hits, and cuts the fused list where the query says:
        scores that are scaled within the candidates depend on how many there are."""
        candidates = max(self._candidates, top_k)
        return HybridSearcher(self._store, self._embed_query, self._revisions, self._fusion, candidates, grows=False)

    def search(self, query: Query) -> list[Hit]:
        return self.search_with(query, self.vector_of(query))

    def vector_of(self, query: Query) -> NDArray[np.float32] | None:
        """Shape (dimension,); None where the mode needs none."""
        return None if query.mode == "bm25" else self._embed_query(query.text)

    def search_with(self, query: Query, vector: NDArray[np.float32] | None) -> list[Hit]:
        """Search with a query vector at hand (None in mode `bm25`).

        Raises:
            FilterError: a filter names a field that no document of the reader has.
        """
        self.check_fields(query.filters, query.access)
        hits, stale = self._attempt(query, vector)
        for _ in range(_RETRIES):
            if not stale:
                break
            # A document was replaced between ranking and reading, or is just being written. Its chunks are whole
            # once two attempts in a row agree on what is current.
            before = stale
            hits, stale = self._attempt(query, vector)
            if stale == before:
                break
        return hits

    def check_fields(self, condition: Filter, access: Access) -> None:
        """Raises FilterError where a field is one that no document of the reader has."""
        named = {field.removeprefix(METADATA_PREFIX) for field in fields(condition) - ATTRIBUTES} - STATED
        if not named <= (known := self.known_fields(access, named)):
            check_fields(condition, known)

    def known_fields(self, access: Access, named: Iterable[str]) -> frozenset[str]:
        """Metadata keys of the chunks that the reader may read, as of when one of `named` was last unknown. The
        engine is asked only then: at a million chunks that takes a while."""
        named = frozenset(named)
        known = self._fields.get(access, frozenset())  # once: another thread may clear them at any moment
        if not named <= known:
            if len(self._fields) >= _REMEMBERED:
                self._fields.clear()
            found = self._store.fields(access, named)
            self._fields[access] = found
            return found
        return known

    def branches(
        self, query: Query, vector: NDArray[np.float32] | None
    ) -> dict[Literal["dense", "bm25"], list[tuple[str, float]]]:
        """The candidates of each branch, before fusion; a branch that the mode leaves out has none."""
        limit = max(self._candidates, query.top_k) if self._grows else self._candidates
        where = (query.access, query.filters, limit)
        if query.mode == "dense":
            return {"dense": self._store.dense(vector, *where) if vector is not None else [], "bm25": []}
        if vector is None:
            return {"dense": [], "bm25": self._store.bm25(query.text, *where, query.expansion)}
        dense = self._beside.submit(self._store.dense, vector, *where)  # engines work outside the GIL
        bm25 = self._store.bm25(query.text, *where, query.expansion)
        return {"dense": dense.result(), "bm25": bm25}

    def _attempt(self, query: Query, vector: NDArray[np.float32] | None) -> tuple[list[Hit], dict[str, str | None]]:
        """Hits, and of each document with chunks that are not current the revision that is."""
        ranked, origins = self._rank(query, vector)
        hits: list[Hit] = []
        stale: dict[str, str | None] = {}
        revisions: dict[str, str] = {}  # as first read: a commit between two pages must not mix two revisions
        for start in range(0, len(ranked), query.top_k):
            scores = dict(ranked[start : start + query.top_k])
            chunks = self._store.fetch(list(scores), query.access)
            unknown = {chunk.document_id for chunk in chunks} - revisions.keys()
            revisions |= self._revisions(unknown) if unknown else {}
            current = [chunk for chunk in chunks if revisions.get(chunk.document_id) == chunk.revision]
            stale |= dict.fromkeys(scores.keys() - {chunk.id for chunk in chunks})  # gone since they were ranked
            stale |= {
                chunk.document_id: revisions.get(chunk.document_id)
                for chunk in chunks
                if revisions.get(chunk.document_id) != chunk.revision
            }
            hits += [Hit(chunk, scores[chunk.id], origins[chunk.id]) for chunk in current]
            if len(hits) >= query.top_k:
                break
        return hits[: query.top_k], stale

    def _rank(
        self, query: Query, vector: NDArray[np.float32] | None
    ) -> tuple[list[tuple[str, float]], dict[str, dict[str, float]]]:
        branches = self.branches(query, vector)
        origins: dict[str, dict[str, float]] = {}
        for name, ranking in branches.items():
            for key, score in ranking:
                origins.setdefault(key, {})[name] = score
        if query.mode == "hybrid":
            return self._fuse(branches["dense"], branches["bm25"]), origins
        return branches[query.mode], origins

    def _fuse(self, dense: list[tuple[str, float]], bm25: list[tuple[str, float]]) -> list[tuple[str, float]]:
        if self._fusion.method == "rrf":
            return rrf([dense, bm25], self._fusion.rrf_k)
        return minmax(dense, bm25, self._fusion.dense_weight)
