"""The embedded store: Qdrant's engine inside this process, one shard in one folder."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import qdrant_edge as qdrant
from numpy.typing import NDArray

from ingest.types import Chunk
from retrieval.filters import AnyOf, Filter
from retrieval.store import layout
from retrieval.store.bm25 import Bm25Encoder
from retrieval.store.edge_config import config, payload_index, search_params
from retrieval.store.edge_counts import EdgeCounts, counted_in
from retrieval.store.edge_disk import RESERVE, disk_errors, engine_errors, read_ahead, require_space, size
from retrieval.store.edge_erasing import erasing, note_deletion, prepare
from retrieval.store.edge_filters import filter_of, stale
from retrieval.store.gate import Gate
from retrieval.store.identity import Identity, check_identity
from retrieval.store.lock import FolderLock
from retrieval.store.options import USUAL, IndexOptions
from retrieval.store.statistics import TenantStatistics, idf_of
from retrieval.types import Access

BATCH = 500
"""Points an operation: more is not faster, and memory grows with it."""


class EdgeStore:
    """Port `Store` on a folder that this process owns while it is open.

    The engine is safe to call from several threads and works outside the GIL, so there is no lock here: readers go on
    during writes and `optimize`. A write that has returned is in the write-ahead log and survives the process.
    """

    def __init__(self, folder: Path, identity: Identity, options: IndexOptions = USUAL, reserve: int = RESERVE) -> None:
        """Opens the index in `folder`, or makes one there.

        Args:
            identity: the embedding model and BM25 parameters; stored with the index and compared with it.
            options: those of the index itself count when it is made, those of searches always.
            reserve: bytes that must be free on the disk before anything is written.

        Raises:
            IndexLockedError: a process has it open.
            IndexMismatchError: it was made with another identity.
            UnavailableError: the folder is damaged or cannot be written.
        """
        self._folder = folder
        self._reserve = reserve
        self._gate = Gate(f"The index {folder}")
        self._dimension = identity.dimension
        self._options = options
        self._counts = EdgeCounts(self._engine)
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(folder)
        try:
            made_with = _made_with(folder, identity, options)
            self._encoder = Bm25Encoder(made_with.bm25)
            self._shard = _open(folder, options)
            with self._engine() as shard:
                self._numbers = set(shard.info().payload_schema)
                chunks = shard.info().points_count
                self._statistics = TenantStatistics(self._counts, chunks, dead=self._counts.dead())
        except BaseException:
            self._lock.release()
            raise

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        layout.check_shape(vectors, (len(chunks), self._dimension))
        for start in range(0, len(chunks), BATCH):
            require_space(self._folder, self._reserve)
            batch = chunks[start : start + BATCH]
            points = self._points(batch, vectors[start : start + BATCH])
            self._index_numbers(points)
            tenants = Counter(chunk.tenant for chunk in batch)
            self._statistics.writing(tenants)
            self._update(qdrant.UpdateOperation.upsert_points(points), tenants)

    def delete(self, document_ids: Sequence[str]) -> None:
        if document_ids:
            note_deletion(self._folder)
            gone = filter_of(AnyOf(layout.DOCUMENT_ID, tuple(document_ids)))
            self._update(qdrant.UpdateOperation.delete_points_by_filter(gone))

    def delete_stale(self, revisions: dict[str, str]) -> None:
        if revisions:
            old = qdrant.Filter(should=[stale(*item) for item in revisions.items()])
            self._update(qdrant.UpdateOperation.delete_points_by_filter(old))

    def dense(
        self, vector: NDArray[np.float32], access: Access, filters: Filter, limit: int
    ) -> list[tuple[str, float]]:
        layout.check_shape(vector, (self._dimension,))
        query = qdrant.Query.Nearest(vector.tolist(), using=layout.DENSE)
        params = search_params(self._options, self._statistics.chunks, limit)
        return self._search(query, access, filters, limit, params)

    def bm25(
        self,
        text: str,
        access: Access,
        filters: Filter,
        limit: int,
        expansion: Sequence[tuple[int, float]] = (),
    ) -> list[tuple[str, float]]:
        terms = self._encoder.query(text, expansion)
        if not terms.indices:
            return []
        # Statistics of the reader's tenant only: another tenant's words must neither move nor show through its scores.
        plain = qdrant.Query.Nearest(terms, using=layout.BM25)
        if self._statistics.alone(access.tenant):
            return self._search(plain, access, filters, limit, None)
        own = self._statistics.weights(terms.indices, access.tenant)
        if own is None:
            params = counted_in(filter_of(layout.tenant_condition(access.tenant)))
            return self._search(plain, access, filters, limit, params)
        weights = [own[term] * weight for term, weight in zip(terms.indices, terms.values, strict=True)]
        query = qdrant.Query.Nearest(qdrant.SparseVector(terms.indices, weights), using=layout.BM25)
        return self._search(query, access, filters, limit, None)

    def fetch(self, ids: Sequence[str], access: Access) -> list[Chunk]:
        with self._engine() as shard:
            records = shard.retrieve(list(ids), list(layout.READ_BACK), False)
        payloads = {str(record.id): record.payload or {} for record in records}
        return layout.readable_chunks(ids, payloads, access)

    def vectors(self, ids: Sequence[str], access: Access) -> dict[str, NDArray[np.float32]]:
        with self._engine() as shard:
            records = shard.retrieve(list(ids), [layout.READERS], [layout.DENSE])
        return layout.readable_vectors(((str(one.id), one.payload, one.vector) for one in records), access)

    def fields(self, access: Access, named: Iterable[str] = ()) -> frozenset[str]:
        allowed = filter_of(layout.readable(access))
        with self._engine() as shard:
            found = shard.facet(qdrant.FacetRequest(layout.FIELDS, layout.MOST_FIELDS, exact=True, filter=allowed))
        keys = layout.metadata_keys(str(hit.value) for hit in found.hits)
        unsure = set(named) - keys if len(found.hits) >= layout.MOST_FIELDS else set()
        return keys | {key for key in unsure if self._counts.chunks(filter_of(layout.having(access, key)))}

    def terms(self, text: str) -> frozenset[int]:
        return self._encoder.terms(text)

    def idf(self, terms: Iterable[int], access: Access) -> dict[int, float]:
        corpus = filter_of(layout.tenant_condition(access.tenant))
        known = self._statistics.idf(asked := list(terms), access.tenant)

        def measured(term: int) -> float | None:
            return known[term] or None if term in known else self._counts.idf(term, corpus)

        return idf_of(asked, measured, self._counts.chunks(corpus))

    def absent(self, terms: Iterable[int], access: Access) -> set[int]:
        readable = filter_of(layout.readable(access))
        return {term for term in terms if not self._counts.holds(term, readable)}

    def count(self) -> int:
        return self._counts.chunks(None)

    def optimize(self) -> None:
        require_space(self._folder, self._reserve + size(self._folder))  # segments are written anew
        with self._engine() as shard, erasing(self._folder, shard):
            shard.optimize()
            shard.flush()
        self._statistics.tidied(self._counts.dead())

    def gone(self) -> bool:
        return self._gate.closed

    def drop(self) -> None:
        gone = self._folder.with_name(f".{self._folder.name}.dropped")
        try:
            self._shut()
            with disk_errors(self._folder):
                shutil.rmtree(gone, ignore_errors=True)
                self._folder.rename(gone)  # with the lock in it: whoever opens a new one meanwhile has another folder
        finally:
            self._lock.release()
        with disk_errors(gone):
            shutil.rmtree(gone)

    def close(self) -> None:
        """Writes everything to disk and gives the folder back. Nothing can be called afterwards but `close`."""
        try:
            self._shut()
        finally:
            self._lock.release()

    def _shut(self) -> None:
        self._statistics.close()
        self._gate.close()  # the engine cannot be closed while chunks are read
        with engine_errors(self._folder):
            self._shard.close()

    @contextmanager
    def _engine(self) -> Iterator[qdrant.EdgeShard]:
        with self._gate.passing(), engine_errors(self._folder):
            yield self._shard

    def _points(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> list[qdrant.Point]:
        with engine_errors(self._folder):
            return [
                qdrant.Point(
                    chunk.id,
                    {layout.DENSE: vector, layout.BM25: self._encoder.document(chunk.indexed_text)},
                    layout.to_payload(chunk),
                )
                for chunk, vector in zip(chunks, vectors.tolist(), strict=True)
            ]

    def _index_numbers(self, points: Sequence[qdrant.Point]) -> None:
        for name in layout.to_index((point.payload or {} for point in points), self._numbers):
            self._update(qdrant.UpdateOperation.create_field_index(name, qdrant.FloatIndexParams()))
            self._numbers.add(name)

    def _update(self, operation: qdrant.UpdateOperation, written: Mapping[str, int] | None = None) -> None:
        """`written`: how many chunks of each tenant, whether they are new or not."""
        with self._engine() as shard:
            shard.update(operation)
            chunks = shard.info().points_count
        self._statistics.changed(written or {}, chunks)

    def _search(
        self, query: qdrant.Query, access: Access, filters: Filter, limit: int, params: qdrant.SearchParams | None
    ) -> list[tuple[str, float]]:
        with self._engine() as shard:
            request = qdrant.QueryRequest(
                limit=max(limit, 0),
                query=query,
                filter=filter_of(layout.condition(access, filters)),
                params=params,
                with_payload=False,
            )
            return layout.ranked((str(point.id), point.score) for point in shard.query(request))


def _made_with(folder: Path, identity: Identity, options: IndexOptions) -> Identity:
    """Of the index in the folder, which is made if there is none."""
    stored = folder / "identity.json"
    with disk_errors(folder):
        if not (folder / "shard").exists():
            _create(folder, identity, options)
        return check_identity(stored.read_text(errors="replace") if stored.exists() else None, identity, str(folder))


def _open(folder: Path, options: IndexOptions) -> qdrant.EdgeShard:
    shard = folder / "shard"
    prepare(folder)
    read_ahead(shard, vectors=options.vectors == "memory")
    with engine_errors(folder):
        return qdrant.EdgeShard.load(str(shard))


def _create(folder: Path, identity: Identity, options: IndexOptions) -> None:
    """Everything is made under other names first: a crash on the way leaves nothing that looks like an index."""
    draft, stored = folder / "shard.new", folder / "identity.json.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with engine_errors(folder):
        shard = qdrant.EdgeShard.create(str(draft), config(identity.dimension, options))
        for name in layout.KEYWORD_INDEXES:
            shard.update(qdrant.UpdateOperation.create_field_index(name, payload_index(name)))
        shard.close()
    stored.write_text(identity.to_json())
    stored.replace(folder / "identity.json")
    draft.replace(folder / "shard")
