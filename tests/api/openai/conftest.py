"""The real server with the official client; each test has tenants of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import Request
from openai import OpenAI

from api.app import create_app
from api.bootstrap import Services
from api.dependencies import access_of
from api.server import bind
from ingest.ports import Embedder
from retrieval.types import Access
from tests.api.conftest import settings_for
from tests.fakes import HashEmbedder

MAX_UPLOAD_MB = 0.25
_numbers = count()


def access_of_key(request: Request) -> Access:
    """The key names who is asking: `tenant` or `tenant:group,group`."""
    tenant, _, groups = request.headers["authorization"].removeprefix("Bearer ").partition(":")
    return Access(tenant, tuple(filter(None, groups.split(","))))


def services_on(data: Path, embedder: Embedder | None = None, **settings: Any) -> Services:
    api = {"max_upload_mb": MAX_UPLOAD_MB}
    return Services(settings_for(data, api=api, **settings), embedder=embedder or HashEmbedder(64))


@contextmanager
def serving(services: Services, keys: bool = True) -> Iterator[str]:
    """The URL of a server in a thread; in the end it stops in order. `keys`: they say who is asking."""
    app = create_app(services)
    if keys:
        app.dependency_overrides[access_of] = access_of_key
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def client_of(url: str, key: str) -> OpenAI:
    return OpenAI(base_url=url, api_key=key, max_retries=0)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services_on(tmp_path_factory.mktemp("openai") / "data") as services:
        yield services


@pytest.fixture(scope="session")
def url(library: Services) -> Iterator[str]:
    with serving(library) as address:
        yield address


@pytest.fixture
def tenant() -> str:
    """That no other test uses."""
    return f"tenant-{next(_numbers)}"


@pytest.fixture
def client(url: str, tenant: str) -> Iterator[OpenAI]:
    with client_of(url, tenant) as opened:
        yield opened


@pytest.fixture
def upload(client: OpenAI) -> Callable[[str, str], str]:
    """Upload(name, text) gives the id."""

    def send(name: str, text: str) -> str:
        return client.files.create(file=(name, text.encode()), purpose="assistants").id

    return send
