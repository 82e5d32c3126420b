"""How failures of a server become our errors, and what names its collections have. Servers here are real ones that
answer badly, or the client's own in memory."""

import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from ingest.errors import CitewellError, DeniedError, IndexMismatchError, InvalidError, UnavailableError
from retrieval.filters import EVERYTHING
from retrieval.store.identity import Identity
from retrieval.store.options import IndexOptions
from retrieval.store.server import ServerStore
from retrieval.store.server_config import search_params
from tests.contracts.conftest import IDENTITY, READER, chunk, put, unit

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
Serve = Callable[[int | None], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers every request with a status, or never (None); gives its URL."""
    servers: list[ThreadingHTTPServer] = []
    over = Event()

    def start(status: int | None) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if status is None:
                    over.wait(10)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def connect(url: str) -> ServerStore:
    return ServerStore.connect(url, None, "handbook", Identity("m", 4), timeout=1)


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, DeniedError, "refuses the API key"),
        (403, DeniedError, "refuses the API key"),
        (400, InvalidError, "refused the request"),
        (429, UnavailableError, "cannot serve now"),
        (503, UnavailableError, "cannot serve now"),
        (200, UnavailableError, "does not answer as Qdrant does"),
        (None, UnavailableError, "does not answer"),
    ],
)
def test_answers_become_errors(serve: Serve, status: int | None, error: type[CitewellError], says: str) -> None:
    url = serve(status)
    with pytest.raises(error, match=f"{url} {says}"):
        connect(url)


@pytest.mark.parametrize(("version", "old"), [("1.18.3", True), ("0.11.0", True), ("1.19.0", False), ("2.0", False)])
def test_a_server_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch, version: str, old: bool) -> None:
    made = QdrantClient(":memory:")
    monkeypatch.setattr(made, "info", lambda: models.VersionInfo(title="qdrant", version=version))
    asked: list[Any] = []

    def client(**chosen: Any) -> QdrantClient:
        asked.append(chosen["timeout"])
        return made

    monkeypatch.setattr("retrieval.store.server.QdrantClient", client)
    told = pytest.raises(UnavailableError, match=f"is version {version}; install 1.19 or later")
    with told if old else nullcontext():
        ServerStore.connect("http://qdrant:6333", None, "handbook", Identity("m", 4), timeout=0.4)
    assert asked == [1]
    made.close()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnavailableError, match=f"{url} does not answer .*check that it runs"):
        connect(url)


def test_messages_hold_no_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UnavailableError) as caught:
        connect(f"http://user:secret@127.0.0.1:{port}")
    assert "secret" not in str(caught.value)


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    made = QdrantClient(":memory:")
    yield made
    made.close()


def opened(client: QdrantClient, name: str) -> ServerStore:
    return ServerStore(client, ":memory:", name, IDENTITY)


def alias(client: QdrantClient, name: str, collection: str) -> None:
    link = models.CreateAlias(collection_name=collection, alias_name=name)
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=link)])


def test_no_name_leads_into_the_collection_of_another(client: QdrantClient) -> None:
    first, second = opened(client, "hr"), opened(client, "hr-1")
    put(first, chunk("leave"))
    assert (first.count(), second.count()) == (1, 0)
    second.drop()
    assert first.count() == 1
    (behind,) = [one.name for one in client.get_collections().collections]
    assert behind == "hr~1"


def test_a_collection_made_under_an_older_name_is_still_opened(client: QdrantClient) -> None:
    put(opened(client, "made"), chunk("leave"))
    alias(client, "hr", "made~1")
    assert opened(client, "hr").count() == 1
    with pytest.raises(InvalidError, match="made~1 on :memory: is that of a collection without an alias: choose"):
        opened(client, "made~1")


def test_what_is_left_of_a_collection_without_an_alias_is_not_taken_over(client: QdrantClient) -> None:
    put(opened(client, "hr"), chunk("old"))
    gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="hr"))
    client.update_collection_aliases([gone])
    again = opened(client, "hr")
    assert again.count() == 0
    put(again, chunk("new"))
    again.drop()
    assert opened(client, "hr").count() == 0


def test_what_an_interrupted_start_left_does_not_bind_later_settings(client: QdrantClient) -> None:
    opened(client, "hr")
    gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="hr"))
    client.update_collection_aliases([gone])  # as where the process died before it made one
    other = replace(IDENTITY, model="another")
    put(ServerStore(client, ":memory:", "hr", other), chunk("leave"))
    assert ServerStore(client, ":memory:", "hr", other).count() == 1
    with pytest.raises(IndexMismatchError):
        opened(client, "hr")


def test_an_interrupted_drop_brings_nothing_back(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for interrupted in ("delete_collection", "update_collection_aliases"):
        store = opened(client, "hr")
        put(store, chunk("old"))
        with monkeypatch.context() as patch:
            patch.setattr(client, interrupted, broken)
            with suppress(UnavailableError):
                store.drop()
        left = {one.alias_name for one in client.get_aliases().aliases}
        assert left == ({"hr"} if interrupted == "delete_collection" else set())
        store.drop()
        assert client.get_collections().collections == []


def broken(*given: object, **more: object) -> bool:
    raise OSError("broken")


@pytest.mark.parametrize("when", ["empty", "filled"])
def test_two_processes_that_make_a_collection_at_once_share_it(
    client: QdrantClient, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    make = client.create_collection

    def slower(name: str, **more: Any) -> bool:
        monkeypatch.undo()
        other = opened(client, "hr")
        if when == "filled":
            put(other, chunk("leave"))
        return make(name, **more)

    monkeypatch.setattr(client, "create_collection", slower)
    store = opened(client, "hr")
    assert store.count() == (1 if when == "filled" else 0)
    assert [one.name for one in client.get_collections().collections] == ["hr~1"]


def test_a_search_follows_the_size_of_the_collection(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """As other processes fill it, too; asked once a minute."""
    clock, sizes = [0.0], list[int]()

    def noted(options: IndexOptions, chunks: int, limit: int) -> models.SearchParams:
        sizes.append(chunks)
        return search_params(options, chunks, limit)

    monkeypatch.setattr("retrieval.store.server_collection.monotonic", lambda: clock[0])
    monkeypatch.setattr("retrieval.store.server.search_params", noted)
    store = opened(client, "hr")
    put(opened(client, "hr"), chunk("leave"), chunk("more"))
    for clock[0] in (0.0, 59.0, 60.0, 61.0):
        assert len(store.dense(unit(1), READER, EVERYTHING, 10)) == 2
    assert sizes == [0, 0, 2, 2]
