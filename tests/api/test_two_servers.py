"""Two servers on one catalog and one Qdrant server, which here is the client's own in memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient, models
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.conftest import settings_for
from tests.fakes import HashEmbedder

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


class Shared(QdrantClient):
    """Each server closes its own connection; the server that they are connected to stays."""

    def __init__(self) -> None:
        super().__init__(":memory:")

    def info(self) -> models.VersionInfo:
        return models.VersionInfo(title="qdrant", version="1.19.0")

    def close(self, grpc_grace: float | None = None, **_: Any) -> None:
        """Stays open."""


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, TestClient]]:
    qdrant = Shared()
    monkeypatch.setattr("retrieval.store.server.QdrantClient", lambda **_: qdrant)
    store = {"engine": "server", "url": "http://qdrant:6333"}
    with ExitStack() as stack:
        settings = settings_for(tmp_path / "data", store=store, answers={"cross_encoder": False})
        both = [stack.enter_context(Services(settings, embedder=HashEmbedder())) for _ in range(2)]
        first, second = (TestClient(create_app(services), raise_server_exceptions=False) for services in both)
        yield first, second
    QdrantClient.close(qdrant)


def put(server: TestClient, collection: str = "default") -> str:
    files = {"file": ("leave.txt", b"Leave is thirty days.")}
    response = server.post("/v1/documents", files=files, data={"collection": collection})
    assert response.status_code == 201, response.text
    return str(response.json()["document_id"])


def search(server: TestClient) -> Any:
    return server.post("/v1/search", json={"query": "leave"})


def test_a_collection_that_was_emptied_is_there_on_every_server(servers: tuple[TestClient, TestClient]) -> None:
    """As with the embedded index."""
    first, _ = servers
    assert first.get("/v1/documents").status_code == 404
    first.delete(f"/v1/documents/{put(first)}").raise_for_status()
    for server in servers:
        assert server.get("/v1/documents").json()["documents"] == []
        assert server.post("/v1/sessions", json={}).status_code == 201
        assert search(server).json()["hits"] == []


@pytest.fixture
def deleted(servers: tuple[TestClient, TestClient]) -> TestClient:
    """The server that still has open what the other one has deleted."""
    first, second = servers
    put(first)
    assert len(search(second).json()["hits"]) == 1
    assert first.delete("/v1/vector_stores/vs_default").json()["deleted"]
    return second


def test_what_another_server_has_deleted_is_not_there(deleted: TestClient) -> None:
    for _ in range(2):
        assert search(deleted).status_code == 404


def test_what_another_server_has_deleted_takes_none_out_of_service(deleted: TestClient) -> None:
    for _ in range(2):
        assert deleted.get("/health/ready").status_code == 200
    refused = search(deleted)
    assert (refused.status_code, "There is no collection 'default'" in refused.json()["detail"]) == (404, True)


def test_what_another_server_has_deleted_can_be_made_anew(deleted: TestClient) -> None:
    put(deleted)
    assert len(search(deleted).json()["hits"]) == 1
