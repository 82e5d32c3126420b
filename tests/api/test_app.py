"""What holds for the application as a whole: health, problems, the API's own description."""

import logging
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import errors, operations
from api.app import create_app
from api.bootstrap import Services
from api.openai.errors import is_openai
from api.upkeep import ENOUGH_CHUNKS
from ingest import errors as tree
from ingest.errors import CitewellError
from tests.api.conftest import Upload, settings_for
from tests.eval.library import library
from tests.fakes import HashEmbedder


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A data folder with the collections `good` and `lost`, whose index is gone."""
    for name in ("good", "lost"):
        with library(tmp_path / "data", {}, name) as shelf:
            shelf.put("a.txt", "Parental leave is thirty days.")
    shutil.rmtree(tmp_path / "data" / "collections" / "lost")
    return tmp_path / "data"


@pytest.fixture
def opened(two: Path) -> Iterator[Services]:
    settings = settings_for(two, answers={"cross_encoder": False})
    with Services(settings, embedder=HashEmbedder(dimension=64)) as services:
        yield services


def kinds(base: type[CitewellError] = CitewellError) -> list[type[CitewellError]]:
    return [base, *(kind for below in base.__subclasses__() for kind in kinds(below))]


def test_live(client: TestClient) -> None:
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_tells_nothing_of_what_there_is(client: TestClient, upload: Upload) -> None:
    upload("a.txt", "Parental leave.")
    assert client.get("/health/ready").json() == {"status": "ok"}


def test_not_ready_when_an_index_no_longer_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Services(settings_for(tmp_path / "data"), embedder=HashEmbedder()) as services:
        client = TestClient(create_app(services))
        services.collection("secret-plans", create=True).store.close()
        response = client.get("/health/ready")
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert response.json()["detail"] == "The index does not answer; the server's log has the details."
    assert "is closed" in caplog.text


def test_a_bad_collection_is_logged_and_the_rest_is_served(
    opened: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    due: list[tuple[str, int]] = []
    monkeypatch.setattr(opened.upkeep, "written", lambda name, chunks: due.append((name, chunks)))
    with caplog.at_level(logging.WARNING):
        opened.warm_up()
    assert due == [("good", ENOUGH_CHUNKS)]
    (line,) = caplog.messages
    assert line.startswith("The collection 'lost' is not served: The index of collection 'lost' is gone")
    with TestClient(create_app(opened)) as client:
        assert client.get("/health/ready").status_code == 200
        for name, status in (("good", 200), ("lost", 503)):
            response = client.post("/v1/search", json={"query": "leave", "collection": name, "mode": "bm25"})
            assert response.status_code == status
        assert "is gone, though the catalog lists 1 documents" in response.json()["detail"]


def test_what_is_first_opened_for_an_upload_is_tidied_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    due: list[str] = []
    monkeypatch.setattr("api.bootstrap.AT_START", 0)
    for expected in ([], ["late"]):
        with Services(settings_for(tmp_path / "data"), embedder=HashEmbedder()) as services:
            monkeypatch.setattr(services.upkeep, "written", lambda name, chunks: due.append(name))
            services.warm_up()
            services.collection("late", create=True)
        assert due == expected


def test_not_ready_until_a_collection_can_be_opened(opened: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(name: str, writing: bool) -> None:
        raise tree.UnavailableError("The store does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(opened, "_open", down)
        opened.warm_up()
        client = TestClient(create_app(opened))
        response = client.get("/health/ready")
    assert (response.status_code, opened.opened()) == (503, [])
    assert "No collection can be opened" in response.json()["detail"]
    assert client.get("/health/ready").json() == {"status": "ok"}
    assert [one.name for one in opened.opened()] == ["good"]


def test_a_folder_that_another_process_owns_is_not_served(two: Path, opened: Services) -> None:
    with library(two, {}, "good"), pytest.raises(tree.IndexLockedError, match="is in use by"):
        opened.warm_up()


def test_opening_leaves_alone_what_another_process_is_writing(opened: Services) -> None:
    (entry,) = opened.catalog.page("good", "default")
    opened.catalog.begin("good", [entry.id, "not-yet-committed"])
    assert opened.collection("good").store.count() == 1
    assert sorted(opened.catalog.unfinished("good")) == sorted([entry.id, "not-yet-committed"])


def test_what_is_lost_is_taken_up_again_by_a_writer(opened: Services) -> None:
    opened.collection("lost", create=True)
    assert [entry.revision for entry in opened.catalog.page("lost", "default")] == [""]
    opened.collection("good", create=True)
    assert [entry.revision for entry in opened.catalog.page("good", "default")] == ["1"]


def test_readers_do_not_wait_for_writers(opened: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 uploads and 40 deletions at once, each as slow as can be."""
    go_on = threading.Event()

    def slow(*arguments: object) -> None:
        go_on.wait(60)
        raise tree.UnavailableError("Slow.")

    monkeypatch.setattr(operations, "upload", slow)
    monkeypatch.setattr(operations, "delete", slow)
    with TestClient(create_app(opened)) as client, ThreadPoolExecutor(81) as threads:
        writes = [
            threads.submit(client.post, "/v1/documents", files={"file": ("a.txt", b"One.")}) for _ in range(40)
        ] + [threads.submit(client.delete, "/v1/documents/x") for _ in range(40)]
        try:
            body = {"query": "leave", "collection": "good"}
            assert threads.submit(client.post, "/v1/search", json=body).result(20).status_code == 200
            assert threads.submit(client.get, "/health/ready").result(20).status_code == 200
            assert not any(write.done() for write in writes)
        finally:
            go_on.set()
        assert {write.result().status_code for write in writes} == {503}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/documents/a/b", 404),
        ("PUT", "/v1/documents", 405),
        ("DELETE", "/v1/search", 405),
        ("GET", "/v1/answers", 405),
        ("GET", "/v1/documents/absent", 404),
        ("POST", "/v1/search", 422),
    ],
)
def test_each_error_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["detail"]


def test_a_method_that_is_not_allowed_names_those_that_are(client: TestClient) -> None:
    assert "POST" in client.put("/v1/documents").headers["allow"]


def test_what_nobody_expected_is_a_500_that_tells_nothing(tmp_path: Path) -> None:
    class Broken(HashEmbedder):
        def embed_query(self, text: str) -> Any:
            raise RuntimeError("secret detail")

    with Services(settings_for(tmp_path / "data"), embedder=Broken()) as services:
        services.collection("default", create=True)
        client = TestClient(create_app(services), raise_server_exceptions=False)
        response = client.post("/v1/search", json={"query": "x"})
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.json()["detail"] == "An unexpected error happened; the server's log has the details."
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (tree.InvalidError, 400),
        (tree.SettingsError, 400),
        (tree.NotFoundError, 404),
        (tree.TooLargeError, 413),
        (tree.IndexMismatchError, 409),
        (tree.DeniedError, 403),
        (tree.PermanentError, 422),
        (tree.UnsupportedFormatError, 415),
        (tree.UnreadableFileError, 422),
        (tree.TransientError, 503),
        (tree.IndexLockedError, 503),
        (tree.UnavailableError, 503),
    ],
)
def test_statuses(kind: type[CitewellError], status: int) -> None:
    assert errors.status_of(kind("x")) == status


def test_each_kind_of_error_has_a_status_of_its_own_choice() -> None:
    made = [kind.__new__(kind) for kind in kinds()]  # some are made from more than a message
    assert {type(one).__name__ for one in made if errors.status_of(one) == 500} == {"CitewellError"}


def test_the_description_is_complete(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    operations = [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    assert {path for path, _, _ in operations} == {
        "/health/live",
        "/health/ready",
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/search",
        "/v1/answers",
        "/v1/sessions",
        "/v1/sessions/{session_id}",
        "/v1/traces",
        "/v1/traces/{trace_id}",
        "/v1/traces/{trace_id}/replay",
        "/v1/feedback",
        "/v1/feedback/{feedback_id}",
        "/v1/evaluations",
        "/v1/evaluations/{run_id}",
        "/v1/evaluations/{run_id}/results",
        "/v1/evaluations/{run_id}/report",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{model_id}",
        "/v1/files",
        "/v1/files/{file_id}",
        "/v1/files/{file_id}/content",
        "/v1/vector_stores",
        "/v1/vector_stores/{store_id}",
        "/v1/vector_stores/{store_id}/search",
        "/v1/vector_stores/{store_id}/files",
        "/v1/vector_stores/{store_id}/files/{file_id}",
        "/v1/vector_stores/{store_id}/files/{file_id}/content",
        "/v1/vector_stores/{store_id}/file_batches",
        "/v1/vector_stores/{store_id}/file_batches/{batch_id}",
        "/v1/vector_stores/{store_id}/file_batches/{batch_id}/cancel",
        "/v1/vector_stores/{store_id}/file_batches/{batch_id}/files",
    }
    for path, method, operation in operations:
        assert operation["description"], (path, method)
        shape = operation["responses"]["default"]["content"]
        openai = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}
        assert shape == openai if is_openai(path) else list(shape) == ["application/problem+json"], (path, method)
        good = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        as_file = path.endswith(("/results", "/report", "/files/{file_id}/content"))
        assert as_file or "$ref" in good["content"]["application/json"]["schema"], (path, method)
        assert good["content"], (path, method)


def test_the_description_refers_to_nothing_that_is_missing(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    schemas = described["components"]["schemas"]

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(value) for value in node.values()))
        return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()

    assert references(described) <= {f"#/components/schemas/{name}" for name in schemas}


def test_the_description_has_examples(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for body in ("SearchIn", "AnswerIn"):
        assert schemas[body]["properties"]["query"]["examples"]
        assert schemas[body]["properties"]["filters"]["examples"]
        assert schemas[body]["additionalProperties"] is False
    form = schemas["Body_upload_v1_documents_post"]["properties"]
    assert form["metadata"]["examples"]


def test_the_documentation_page_comes_from_here_alone(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) == 3  # style, script, icon
    for part in parts:
        assert part.startswith("/"), "the page must work without the internet"
        assert client.get(part).status_code == 200
