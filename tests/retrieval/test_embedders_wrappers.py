"""Prefixes, micro-batches and the cache round an embedding model."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.chunkers import TokenChunker
from ingest.errors import SettingsError, UnavailableError
from retrieval.embedders.wrappers import MicroBatching, Prefixed, QueriesElsewhere, QueryCache
from tests.fakes import HashEmbedder


class GatedEmbedder(HashEmbedder):
    """Waits at its gate, and records what came through together. "broken" breaks the whole batch."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.calls: list[list[str]] = []

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._pass(list(texts))
        return np.stack([super(GatedEmbedder, self).embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        self._pass([text])
        return super().embed_query(text)

    def _pass(self, texts: list[str]) -> None:
        self.calls.append(texts)
        assert self.gate.wait(10)
        if "broken" in texts:
            raise UnavailableError("The model is broken; mend it.")


def until(condition: object, timeout_s: float = 10) -> None:
    assert callable(condition)
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_query_alone_is_embedded_alone_and_at_once() -> None:
    inner = GatedEmbedder()
    inner.gate.set()
    assert np.array_equal(MicroBatching(inner).embed_query("one"), HashEmbedder().embed_query("one"))
    assert inner.calls == [["one"]]


def test_queries_that_come_meanwhile_go_through_together_and_come_back_to_their_callers() -> None:
    inner = GatedEmbedder()
    model, texts = MicroBatching(inner, most=6), [f"word{number}" for number in range(10)]
    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(model.embed_query, "first")
        until(lambda: inner.calls)
        rest = [pool.submit(model.embed_query, text) for text in texts]
        until(lambda: len(model._waiting) == len(texts))
        inner.gate.set()
        assert np.array_equal(first.result(10), HashEmbedder().embed_query("first"))
        for text, future in zip(texts, rest, strict=True):
            assert np.array_equal(future.result(10), HashEmbedder().embed_query(text))
    assert [len(call) for call in inner.calls] == [1, 6, 4]


def test_an_error_reaches_everyone_in_the_batch_and_nobody_after_it() -> None:
    inner = GatedEmbedder()
    model = MicroBatching(inner)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(model.embed_query, "first")
        until(lambda: inner.calls)
        rest = [pool.submit(model.embed_query, text) for text in ("broken", "whole")]
        until(lambda: len(model._waiting) == 2)
        inner.gate.set()
        first.result(10)
        for future in rest:
            with pytest.raises(UnavailableError, match="mend it"):
                future.result(10)
    assert model.embed_query("after").shape == (32,)


def test_many_threads_get_their_own_vectors() -> None:
    model = QueryCache(MicroBatching(HashEmbedder()), 20)
    texts = [f"word{number % 40}" for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(model.embed_query, texts))
    expected = HashEmbedder()
    assert all(np.array_equal(row, expected.embed_query(text)) for row, text in zip(found, texts, strict=True))


def test_a_query_is_embedded_once_as_long_as_it_is_remembered() -> None:
    inner = GatedEmbedder()
    inner.gate.set()
    model = QueryCache(inner, 2)
    for text in ("one", "two", "one", "three", "one", "two"):
        model.embed_query(text)
    assert inner.calls == [["one"], ["two"], ["three"], ["two"]]


def test_nobody_can_spoil_a_remembered_vector() -> None:
    model = QueryCache(HashEmbedder(), 2)
    model.embed_query("one")[:] = 0
    assert np.array_equal(model.embed_query("one"), HashEmbedder().embed_query("one"))


def test_an_error_is_not_remembered() -> None:
    inner = GatedEmbedder()
    inner.gate.set()
    model = QueryCache(inner, 2)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            model.embed_query("broken")
    assert len(inner.calls) == 2


def test_prefixes_go_before_the_texts() -> None:
    model, plain = Prefixed(HashEmbedder(), "query: ", "passage: "), HashEmbedder()
    assert np.array_equal(model.embed_query("one"), plain.embed_query("query: one"))
    assert np.array_equal(model.embed_documents(["one"]), plain.embed_documents(["passage: one"]))


def test_only_the_document_prefix_is_part_of_the_name() -> None:
    assert Prefixed(HashEmbedder(), "query: ", "").name == "hash"
    assert Prefixed(HashEmbedder(), "", "passage: ").name == "hash, documents after 'passage: '"
    assert Prefixed(HashEmbedder(), "", "other: ").name != Prefixed(HashEmbedder(), "", "passage: ").name


def test_the_document_prefix_takes_room_from_the_chunks() -> None:
    model = Prefixed(HashEmbedder(max_tokens=40), "", "three words long ")
    assert model.max_tokens == 37
    chunker = TokenChunker(model.token_spans, model.max_tokens, 1000)
    assert chunker._budget == 35
    with pytest.raises(SettingsError, match=r"embedding\.document_prefix leaves no room"):
        Prefixed(HashEmbedder(max_tokens=40), "", "word " * 10)


def test_queries_elsewhere_leave_documents_where_they_are() -> None:
    documents, queries = GatedEmbedder(), GatedEmbedder()
    documents.gate.set()
    queries.gate.set()
    model = QueriesElsewhere(documents, queries)
    model.embed_query("a query")
    model.embed_documents(["a document"])
    assert (documents.calls, queries.calls) == ([["a document"]], [["a query"]])
