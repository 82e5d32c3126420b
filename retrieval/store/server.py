"""The server store: the same points as the embedded one, in a collection of a Qdrant server or cluster."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from math import ceil
from typing import cast

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from ingest.errors import InvalidError, NotFoundError, UnavailableError
from ingest.types import Chunk
from retrieval.filters import AnyOf, Filter
from retrieval.http import without_secrets
from retrieval.store import layout
from retrieval.store.bm25 import Bm25Encoder
from retrieval.store.identity import Identity
from retrieval.store.options import USUAL, IndexOptions
from retrieval.store.server_collection import Size, behind, drop, opened
from retrieval.store.server_config import search_params
from retrieval.store.server_errors import server_errors
from retrieval.store.server_filters import filter_of, stale
from retrieval.store.statistics import idf_of
from retrieval.types import Access

BATCH = 256
"""Points a request: some 3 MB of JSON at 384 dimensions, well under a server's limit of 32 MB up to 3,000."""

OLDEST = [1, 19]


class ServerStore:
    """Port `Store` on the collection behind the alias `collection`.

    The collection itself is called `<collection>~1`, so that another can be filled beside it and take over the alias.
    Needs Qdrant 1.19 or later, the first that can take the word statistics of one tenant.
    """

    def __init__(
        self,
        client: QdrantClient,
        url: str,
        collection: str,
        identity: Identity,
        options: IndexOptions = USUAL,
    ) -> None:
        """Opens the collection, or makes it.

        Args:
            url: where the client is connected to; for messages.
            identity: the embedding model and BM25 parameters; stored with the collection and compared with it.
            options: those of the index itself count when it is made, those of searches always.

        Raises:
            IndexMismatchError: it was made with another identity.
            InvalidError: a collection that is no alias has this name.
            UnavailableError: the server does not answer.
            DeniedError: it refuses the key.
        """
        self._client = client
        self._url = without_secrets(url)
        self._name = collection
        self._dimension = identity.dimension
        with server_errors(self._url):
            where = f"{collection} on {self._url}"
            made_with, self._numbers = opened(client, collection, identity, options, where)
            self._encoder = Bm25Encoder(made_with.bm25)
            self._options, self._size = options, Size(lambda: client.count(collection, exact=False).count)

    @classmethod
    def connect(
        cls,
        url: str,
        api_key: str | None,
        collection: str,
        identity: Identity,
        options: IndexOptions = USUAL,
        timeout: float = 30.0,
    ) -> "ServerStore":
        """`timeout`: seconds that a request may take; the client counts whole ones.

        Raises:
            UnavailableError: the server is too old.
            All that `ServerStore` raises.
        """
        client = _client(url, api_key, timeout)
        with server_errors(without_secrets(url)):
            _check_version(client.info().version, without_secrets(url))
        return cls(client, url, collection, identity, options)

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        layout.check_shape(vectors, (len(chunks), self._dimension))
        for start in range(0, len(chunks), BATCH):
            points = self._points(chunks[start : start + BATCH], vectors[start : start + BATCH])
            self._index_numbers(points)
            with self._asking():
                self._client.upsert(self._name, points, wait=True)

    def delete(self, document_ids: Sequence[str]) -> None:
        if document_ids:
            self._delete(filter_of(AnyOf(layout.DOCUMENT_ID, tuple(document_ids))))

    def delete_stale(self, revisions: dict[str, str]) -> None:
        if revisions:
            self._delete(models.Filter(should=[stale(*item) for item in revisions.items()]))

    def dense(
        self, vector: NDArray[np.float32], access: Access, filters: Filter, limit: int
    ) -> list[tuple[str, float]]:
        layout.check_shape(vector, (self._dimension,))
        condition = layout.condition(access, filters)
        with self._asking():
            params = search_params(self._options, self._size.now(), limit)
        return self._search(vector.tolist(), layout.DENSE, condition, limit, params)

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
        corpus = models.IdfCorpusParams(corpus=filter_of(layout.tenant_condition(access.tenant)))
        query = models.SparseVector(indices=terms.indices, values=terms.values)
        params = models.SearchParams(idf=corpus)
        return self._search(query, layout.BM25, layout.condition(access, filters), limit, params)

    def fetch(self, ids: Sequence[str], access: Access) -> list[Chunk]:
        if not ids:
            return []
        with self._asking():
            records = self._client.retrieve(self._name, list(ids), with_payload=list(layout.READ_BACK))
        payloads = {str(record.id): record.payload or {} for record in records}
        return layout.readable_chunks(ids, payloads, access)

    def vectors(self, ids: Sequence[str], access: Access) -> dict[str, NDArray[np.float32]]:
        if not ids:
            return {}
        with self._asking():
            records = self._client.retrieve(
                self._name, list(ids), with_payload=[layout.READERS], with_vectors=[layout.DENSE]
            )
        return layout.readable_vectors(((str(one.id), one.payload, one.vector) for one in records), access)

    def fields(self, access: Access, named: Iterable[str] = ()) -> frozenset[str]:
        allowed = filter_of(layout.readable(access))
        with self._asking():
            found = self._client.facet(
                self._name, layout.FIELDS, facet_filter=allowed, limit=layout.MOST_FIELDS, exact=True
            )
        keys = layout.metadata_keys(str(hit.value) for hit in found.hits)
        unsure = set(named) - keys if len(found.hits) >= layout.MOST_FIELDS else set()
        return keys | {key for key in unsure if self._count(filter_of(layout.having(access, key)))}

    def terms(self, text: str) -> frozenset[int]:
        return self._encoder.terms(text)

    def idf(self, terms: Iterable[int], access: Access) -> dict[int, float]:
        corpus = filter_of(layout.tenant_condition(access.tenant))
        return idf_of(terms, lambda term: self._idf(term, corpus), self._count(corpus))

    def absent(self, terms: Iterable[int], access: Access) -> set[int]:
        readable = filter_of(layout.readable(access))
        return {term for term in terms if self._idf(term, readable) is None}

    def count(self) -> int:
        return self._count(None)

    def optimize(self) -> None:
        """Nothing to do: a server optimizes by itself."""

    def gone(self) -> bool:
        with server_errors(self._url):
            return behind(self._client, self._name) is None

    def drop(self) -> None:
        with server_errors(self._url):
            drop(self._client, self._name)

    def close(self) -> None:
        with server_errors(self._url):
            self._client.close()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Servers and the client in memory refuse in several ways what is for a collection that is not there."""
        try:
            with server_errors(self._url):
                yield
        except InvalidError as error:
            if not self.gone():
                raise
            raise NotFoundError(
                f"The collection {self._name!r} was deleted by another process; ingest documents into it anew."
            ) from error

    def _count(self, matching: models.Filter | None) -> int:
        with self._asking():
            return self._client.count(self._name, count_filter=matching, exact=True).count

    def _idf(self, term: int, corpus: models.Filter) -> float | None:
        """None where no chunk of the corpus holds the term."""
        with self._asking():
            points = self._client.query_points(
                self._name,
                query=models.SparseVector(indices=[term], values=[1.0]),
                using=layout.BM25,
                query_filter=corpus,
                search_params=models.SearchParams(idf=models.IdfCorpusParams(corpus=corpus)),
                limit=1,
                with_payload=False,
                with_vectors=[layout.BM25],
            ).points
        if not points:
            return None
        weights = cast(dict[str, models.SparseVector], points[0].vector)[layout.BM25]
        return points[0].score / dict(zip(weights.indices, weights.values, strict=True))[term]

    def _points(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> list[models.PointStruct]:
        pairs = zip(chunks, vectors.tolist(), strict=True)
        return [
            models.PointStruct(
                id=chunk.id,
                vector={layout.DENSE: vector, layout.BM25: self._terms(chunk)},
                payload=layout.to_payload(chunk),
            )
            for chunk, vector in pairs
        ]

    def _index_numbers(self, points: Sequence[models.PointStruct]) -> None:
        for name in layout.to_index((point.payload or {} for point in points), self._numbers):
            with self._asking():
                self._client.create_payload_index(self._name, name, models.PayloadSchemaType.FLOAT, wait=True)
            self._numbers.add(name)

    def _terms(self, chunk: Chunk) -> models.SparseVector:
        terms = self._encoder.document(chunk.indexed_text)
        return models.SparseVector(indices=terms.indices, values=terms.values)

    def _delete(self, condition: models.Filter) -> None:
        with self._asking():
            self._client.delete(self._name, models.FilterSelector(filter=condition), wait=True)

    def _search(
        self,
        query: list[float] | models.SparseVector,
        using: str,
        condition: Filter,
        limit: int,
        params: models.SearchParams,
    ) -> list[tuple[str, float]]:
        if limit < 1:
            return []
        with self._asking():
            response = self._client.query_points(
                self._name,
                query=query,
                using=using,
                query_filter=filter_of(condition),
                search_params=params,
                limit=limit,
                with_payload=False,
            )
        return layout.ranked((str(point.id), point.score) for point in response.points)


def is_there(url: str, api_key: str | None, collection: str, timeout: float = 30.0) -> bool:
    """Whether the server has such a collection. Raises what `ServerStore` raises."""
    with server_errors(without_secrets(url)), closing(_client(url, api_key, timeout)) as client:
        return behind(client, collection) is not None


def _client(url: str, api_key: str | None, timeout: float) -> QdrantClient:
    return QdrantClient(url=url, api_key=api_key, timeout=ceil(timeout), check_compatibility=False)


def _check_version(version: str, url: str) -> None:
    numbers = [int(number) for number in re.findall(r"\d+", version)[:2]]
    if numbers and numbers < OLDEST:
        raise UnavailableError(
            f"The Qdrant server {url} is version {version}; install 1.19 or later, the first that weighs words by the "
            f"chunks of one tenant alone."
        )
