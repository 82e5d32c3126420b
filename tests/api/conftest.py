"""The real application over a data folder and a model that all tests of this folder share."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.settings import Settings, load_settings
from ingest.ports import Embedder

Upload = Callable[..., httpx.Response]
_numbers = count()

MAX_UPLOAD_MB = 0.25


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder) -> Iterator[Services]:
    data = tmp_path_factory.mktemp("server")
    with Services(settings_for(data, api={"max_upload_mb": MAX_UPLOAD_MB}), lambda: "trace-1", minilm) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def collection() -> str:
    """A name that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def upload(client: TestClient, collection: str) -> Upload:
    """Upload(name, content, **form) into the test's collection."""

    def send(name: str, content: bytes | str, **form: Any) -> httpx.Response:
        body = content.encode() if isinstance(content, str) else content
        return client.post("/v1/documents", files={"file": (name, body)}, data={"collection": collection, **form})

    return send


def settings_for(data: Path, **overrides: Any) -> Settings:
    return load_settings(None, {"data": data, **overrides})
