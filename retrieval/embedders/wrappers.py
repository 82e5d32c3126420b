"""What can stand round any embedding model. Each has the port's shape, so that they stack."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SettingsError
from ingest.ports import Embedder

Vector: TypeAlias = NDArray[np.float32]
_LEAST_TOKENS = 32
"""That a prefix must leave for the text."""


class Wrapper:
    """Port `Embedder` that passes everything on; those below change what they are about."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def precision(self) -> str:
        return str(getattr(self._inner, "precision", "unknown"))

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    @property
    def max_tokens(self) -> int:
        return self._inner.max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._inner.token_spans(text)

    def embed_documents(self, texts: Sequence[str]) -> Vector:
        return self._inner.embed_documents(texts)

    def embed_query(self, text: str) -> Vector:
        return self._inner.embed_query(text)


class Prefixed(Wrapper):
    """Puts before each text what its model was trained with ("query: ", "passage: ").

    The document prefix changes what is stored, so it is part of the name; and it leaves less room for a chunk.
    """

    def __init__(self, inner: Embedder, query_prefix: str, document_prefix: str) -> None:
        super().__init__(inner)
        self._query, self._document = query_prefix, document_prefix
        self._room = inner.max_tokens - len(inner.token_spans(document_prefix))
        if self._room < _LEAST_TOKENS:
            raise SettingsError("embedding.document_prefix leaves no room for the text; shorten it.")

    @property
    def name(self) -> str:
        return f"{self._inner.name}, documents after {self._document!r}" if self._document else self._inner.name

    @property
    def max_tokens(self) -> int:
        return self._room

    def embed_documents(self, texts: Sequence[str]) -> Vector:
        return self._inner.embed_documents([self._document + text for text in texts])

    def embed_query(self, text: str) -> Vector:
        return self._inner.embed_query(self._query + text)


class QueriesElsewhere(Wrapper):
    """Documents go through one runtime of a model, queries through another one of the same model."""

    def __init__(self, documents: Embedder, queries: Embedder) -> None:
        super().__init__(documents)
        self._queries = queries

    def embed_query(self, text: str) -> Vector:
        return self._queries.embed_query(text)


class MicroBatching(Wrapper):
    """Queries that come while others are embedded wait together and go through as one batch; one that comes alone
    goes at once. Safe to use from several threads, and made for them.

    The model inside must embed a query as it embeds a document, so prefixes stand outside.
    """

    def __init__(self, inner: Embedder, most: int = 64) -> None:
        super().__init__(inner)
        self._most = most
        self._waiting: list[tuple[str, Future[Vector]]] = []
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def embed_query(self, text: str) -> Vector:
        """Raises what the model raises, to each caller whose query was in the batch."""
        mine: Future[Vector] = Future()
        with self._lock:
            self._waiting.append((text, mine))
        with self._turn:  # whoever gets the turn works for all who wait for it
            while not mine.done():
                self._work()
        return mine.result()

    def _work(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            vectors = self._embed([text for text, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
        else:
            for (_, future), vector in zip(batch, vectors, strict=True):
                future.set_result(vector)

    def _embed(self, texts: list[str]) -> Sequence[Vector]:
        return [self._inner.embed_query(texts[0])] if len(texts) == 1 else list(self._inner.embed_documents(texts))


class QueryCache(Wrapper):
    """Remembers the vectors of the last `entries` different queries. Safe to use from several threads."""

    def __init__(self, inner: Embedder, entries: int) -> None:
        super().__init__(inner)
        self._remembered = lru_cache(maxsize=entries)(inner.embed_query)

    def embed_query(self, text: str) -> Vector:
        """A copy: nobody can change what the next caller gets."""
        return self._remembered(text).copy()
