"""What is no upload is bounded, and so is what is said of it: whoever reads it holds up everybody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.limits import OTHER_BYTES
from tests.api.conftest import settings_for
from tests.fakes import HashEmbedder


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = settings_for(tmp_path, api={"max_upload_mb": 2})
    with Services(settings, embedder=HashEmbedder()) as services, TestClient(create_app(services)) as opened:
        yield opened


@pytest.mark.parametrize("path", ["search", "chat/completions"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_no_upload_is_small(client: TestClient, path: str, declared: bool) -> None:
    body = b'{"query": "' + b"x" * OTHER_BYTES + b'"}'
    content = body if declared else iter([body[:1000], body[1000:]])
    refused = client.post(f"/v1/{path}", content=content, headers={"content-type": "application/json"})
    assert refused.status_code == 413
    assert "over 1 MiB; only uploads may be larger." in refused.text


def test_a_conversation_as_long_as_may_be_sent_is_read(client: TestClient) -> None:
    history = [{"role": "user", "content": "x" * 20_000}] * 50
    answer = client.post("/v1/search", json={"query": "What is leave?", "history": history})
    assert (answer.status_code, "no collection" in answer.text) == (404, True)


def test_of_many_mistakes_a_few_are_told(client: TestClient) -> None:
    refused = client.post("/v1/search", json={"query": "x", **{f"{'long' * 50}{key}": 1 for key in range(1000)}})
    detail = refused.json()["detail"]
    assert (refused.status_code, detail.count("unknown field")) == (422, 5)
    assert detail.endswith("and 995 more.")
    assert len(detail) < 1000
