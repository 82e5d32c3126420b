"""Which names a server goes by, and whose web pages may use it."""

from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.hosts import KnownHosts
from tests.api.conftest import settings_for
from tests.fakes import HashEmbedder

PAGE = "https://evil.example"
app = TestClient(KnownHosts(PlainTextResponse("here"), "0.0.0.0", ["KB.example.com", "other.example:81"], "api.x"))


@pytest.mark.parametrize(
    "host",
    [
        *("localhost:8080", "LOCALHOST", "127.0.0.1:80", "[::1]:8080", "192.168.1.5", "[fd00::1]", "citewell:8080"),
        *("kb.example.com", "kb.example.com:8443", "other.example:81", ""),
    ],
)
def test_names_of_the_server(host: str) -> None:
    assert app.get("/", headers={"host": host}).text == "here"


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "kb.example.com.evil.example", "x@kb.example.com"),
        *("localhost:8080.evil", "other.example", "other.example:82", "[::1].evil.example", "localhost."),
    ],
)
def test_other_names(host: str) -> None:
    reply = app.get("/", headers={"host": host})
    assert reply.status_code == 421
    assert f"the name {host!r}; if it should, add the name to api.x." in reply.json()["detail"]


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", 200),
        ("127.0.0.1:8080", "http://localhost:3000", 200),
        ("192.168.1.5:8080", "http://192.168.1.5:8080", 200),
        ("127.0.0.1:8080", "https://kb.example.com", 200),  # a proxy that passes no name on
        ("127.0.0.1:8080", PAGE, 403),
        ("127.0.0.1:8080", "http://192.168.1.5:8080", 403),
        ("127.0.0.1:8080", "http://citewell:8080", 403),
        ("127.0.0.1:8080", "null", 403),
    ],
)
def test_web_pages(host: str, origin: str, status: int) -> None:
    reply = app.post("/", headers={"host": host, "origin": origin})
    assert reply.status_code == status
    if status == 403:
        assert "add their host to api.x." in reply.json()["detail"]


def test_the_rest_server_refuses_in_the_shapes_of_its_errors(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, api={"allowed_hosts": ["kb.example.com"]})
    with Services(settings, embedder=HashEmbedder()) as services:
        client = TestClient(create_app(services))
        upload = client.post("/v1/documents", files={"file": ("a.txt", b"poison")}, headers={"origin": PAGE})
        assert (upload.status_code, upload.headers["content-type"]) == (403, "application/problem+json")
        chat = client.post("/v1/chat/completions", json={}, headers={"host": "evil.example"})
        assert (chat.status_code, "api.allowed_hosts" in chat.json()["error"]["message"]) == (421, True)
        assert client.get("/health/live", headers={"host": "kb.example.com"}).status_code == 200
        assert client.get("/health/live").status_code == 200
