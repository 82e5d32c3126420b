"""Values of a field, counted over what a search looks at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.conftest import HOURS, LEAVE, settings_for
from tests.api.shelf import put
from tests.fakes import HashEmbedder


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Each document has other fields."""
    retrieval = {"mode": "bm25", "correct_spelling": True}
    settings = settings_for(tmp_path / "data", retrieval=retrieval, answers={"cross_encoder": False})
    with Services(settings, embedder=HashEmbedder()) as services:
        put(services, "leave.md", LEAVE, "default", year=2025)
        put(services, "hours.txt", HOURS, "default", a=1, b=2, c=3)
        put(services, "allowance.txt", "A parental allowance is paid.", "default")
        yield TestClient(create_app(services))


def search(client: TestClient, query: str, *fields: str) -> Any:
    return client.post("/v1/search", json={"query": query, "facets": fields})


def test_there_may_be_more_fields_than_the_engine_lists(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.store.layout.MOST_FIELDS", 1)
    for field in ("year", "a", "b", "c", "metadata.c", "valid_from", "title"):
        assert search(client, "leave", field).status_code == 200, field
    assert search(client, "leave", "yaer").status_code == 400


def test_they_are_counted_for_the_words_that_are_searched_for(client: TestClient) -> None:
    found = search(client, "parentl leave", "source").json()
    sources = {hit["source"] for hit in found["hits"]}
    assert sources == {"upload:leave.md", "upload:allowance.txt"}
    assert {one["value"] for one in found["facets"]["source"]} == sources
