"""How failures of a server become our errors. Servers here are real ones that answer badly."""

import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from ingest.errors import CitewellError, DeniedError, InvalidError, UnavailableError
from retrieval.store.identity import Identity
from retrieval.store.server import ServerStore

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
