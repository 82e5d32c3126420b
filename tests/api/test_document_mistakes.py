"""Uploads, listings and documents that are asked for wrongly: each answer says what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.conftest import MAX_UPLOAD_MB, Upload, pdf, settings_for
from tests.fakes import HashEmbedder


@pytest.mark.parametrize(
    ("name", "content", "status", "sentence"),
    [
        ("a.exe", b"MZ", 415, ".exe is not supported"),
        ("a", b"text", 415, "a missing suffix is not supported"),
        ("a.txt", b"", 422, "a.txt is empty"),
        ("a.docx", b"", 422, "a.docx is empty"),
        ("a.docx", b"PK\x03\x04 truncated", 422, "a.docx is not a .docx file or is damaged"),
        ("a.txt", b"\x7fELF\x00\x01\x02\x00" * 50, 422, "a.txt is not text"),
        ("a.pdf", pdf("x")[:200], 422, "a.pdf"),
        ("a.pdf", pdf("x", password="s3cret"), 422, "password"),
        ("..", b"text", 400, "no usable file name"),
        ("dir/", b"text", 415, "missing suffix"),
        ("x" * 260 + ".txt", b"text", 400, "no usable file name"),
    ],
    ids=[
        "suffix",
        "no suffix",
        "empty",
        "empty docx",
        "broken docx",
        "binary",
        "cut",
        "locked",
        "dots",
        "slash",
        "long",
    ],
)
def test_what_cannot_be_indexed(
    client: TestClient, upload: Upload, collection: str, name: str, content: bytes, status: int, sentence: str
) -> None:
    upload("good.txt", "Parental leave.")
    response = upload(name, content)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert sentence in response.json()["detail"]
    listed = client.get("/v1/documents", params={"collection": collection}).json()["documents"]
    assert [document["source"] for document in listed] == ["upload:good.txt"]


def test_a_failed_replacement_keeps_what_was_there(client: TestClient, upload: Upload, collection: str) -> None:
    upload("a.txt", "Parental leave.")
    assert upload("a.txt", b"").status_code == 422
    found = client.post("/v1/search", json={"query": "leave", "collection": collection}).json()["hits"]
    assert [hit["text"] for hit in found] == ["Parental leave."]


@pytest.mark.parametrize(("name", "content", "status"), [("a.exe", b"MZ", 415), ("a.pdf", b"text", 422)])
def test_an_upload_that_cannot_be_read_makes_no_collection(
    client: TestClient, upload: Upload, collection: str, name: str, content: bytes, status: int
) -> None:
    assert upload(name, content).status_code == status
    assert client.get("/v1/documents", params={"collection": collection}).status_code == 404


@pytest.mark.parametrize(
    "metadata",
    ["[]", "{", '{"a": {"b": 1}}', '{"a": null}', '{"a": [1]}', '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}'],
)
def test_metadata_that_cannot_be_kept(upload: Upload, metadata: str) -> None:
    response = upload("a.txt", "One.", metadata=metadata)
    assert response.status_code == 400
    assert response.json()["detail"].startswith("metadata must be a JSON object of plain values")


def test_a_declared_body_over_the_limit_is_413(upload: Upload) -> None:
    response = upload("a.txt", b"x" * int(MAX_UPLOAD_MB * 2**20))
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    assert response.json()["detail"] == "The request is over 0.25 MiB; send less, or raise api.max_upload_mb."


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/search"])
def test_a_streamed_body_over_the_limit_is_413(client: TestClient, path: str) -> None:
    """Without a declared length, as with chunked transfer: what arrives is counted."""

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(64):
            yield b"x" * 8192

    kind = {"content-type": "multipart/form-data; boundary=x" if "documents" in path else "application/json"}
    response = client.post(path, content=endless(), headers=kind)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    assert "over 0.25 MiB" in response.json()["detail"]


def test_a_body_under_the_limit_passes(upload: Upload) -> None:
    assert upload("a.txt", "One." + " " * int(MAX_UPLOAD_MB * 2**20 - 1000)).status_code == 201


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"collection": "../up"}, "collection"),
        ({"collection": "x" * 65}, "collection"),
        ({"source": "x" * 5000}, "source"),
        ({"source": "a\0b"}, "source"),
    ],
)
def test_form_fields_out_of_range_are_422_and_named(upload: Upload, form: dict[str, str], field: str) -> None:
    response = upload("a.txt", "One.", **form)
    assert response.status_code == 422
    assert f"body.{field}" in response.json()["detail"]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[TestClient]:
    """A server in which nothing is indexed, and whose model is a fake."""
    with (
        Services(settings_for(tmp_path / "data"), embedder=HashEmbedder()) as services,
        TestClient(create_app(services)) as client,
    ):
        yield client


@pytest.mark.parametrize("groups", [[""], ["", " "]])
def test_groups_without_a_name_open_nothing_to_everyone(bare: TestClient, groups: list[str]) -> None:
    response = bare.post("/v1/documents", files={"file": ("a.txt", b"One.")}, data={"groups": groups})
    assert response.status_code == 422
    assert response.json()["detail"] == "body.groups: Value error, name a group; for everyone, leave groups out."


@pytest.mark.parametrize("field", ["group", "colection", "Groups", "acl"])
def test_a_mistyped_form_field_is_422_and_nothing_is_indexed(bare: TestClient, field: str) -> None:
    response = bare.post("/v1/documents", files={"file": ("a.txt", b"One.")}, data={"groups": "hr", field: "hr"})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    known = "collection, file, groups, metadata, source"
    assert response.json()["detail"] == f"body.{field}: unknown field; known are {known}."
    assert bare.get("/v1/documents").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("GET", "/v1/documents?colection=hr", "after, collection, limit"),
        ("POST", "/v1/documents?colection=hr", "none"),
        ("GET", "/v1/documents/absent?colection=hr", "none"),
        ("DELETE", "/v1/documents/absent?colection=hr", "none"),
        ("POST", "/v1/search?colection=hr", "none"),
        ("POST", "/v1/answers?colection=hr", "none"),
        ("GET", "/v1/evaluations/absent?colection=hr", "none"),
    ],
)
def test_a_mistyped_parameter_is_422(bare: TestClient, method: str, path: str, known: str) -> None:
    response = bare.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert response.json()["detail"] == f"query.colection: unknown field; known are {known}."


def test_two_files_in_one_upload_are_422_and_none_is_indexed(bare: TestClient) -> None:
    response = bare.post("/v1/documents", files=[("file", ("a.txt", b"One.")), ("file", ("b.txt", b"Two."))])
    assert response.status_code == 422
    assert response.json()["detail"] == "body.file: given 2 times; a request takes one."
    assert bare.get("/v1/documents").status_code == 404


@pytest.mark.parametrize(("field", "values"), [("collection", ["a", "b"]), ("metadata", ["{}", "{}"])])
def test_a_form_field_that_has_one_value_is_given_once(bare: TestClient, field: str, values: list[str]) -> None:
    response = bare.post("/v1/documents", files={"file": ("a.txt", b"One.")}, data={field: values})
    assert response.status_code == 422
    assert response.json()["detail"].startswith(f"body.{field}: given 2 times")


@pytest.mark.parametrize(
    ("query", "field"), [("collection=a&collection=default", "collection"), ("limit=1&limit=1", "limit")]
)
def test_a_parameter_is_given_once(bare: TestClient, query: str, field: str) -> None:
    response = bare.get(f"/v1/documents?{query}")
    assert response.status_code == 422
    assert response.json()["detail"].startswith(f"query.{field}: given 2 times")


def test_a_probe_may_add_parameters(bare: TestClient) -> None:
    assert bare.get("/health/live?probe=1").status_code == 200


def test_an_upload_without_a_file(client: TestClient) -> None:
    response = client.post("/v1/documents", data={"collection": "x"})
    assert response.status_code == 422
    assert "body.file" in response.json()["detail"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=" + "x" * 40, "collection=a%2Fb"])
def test_listing_parameters_out_of_range(client: TestClient, query: str) -> None:
    response = client.get(f"/v1/documents?{query}")
    assert response.status_code == 422
    assert f"query.{query.split('=')[0]}" in response.json()["detail"]


def test_a_collection_that_does_not_exist(client: TestClient) -> None:
    response = client.get("/v1/documents?collection=absent")
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is no collection 'absent'")


@pytest.mark.parametrize("key", ["absent", "00000000-0000-0000-0000-000000000000", "%00", "a" * 500])
def test_a_document_that_does_not_exist(client: TestClient, key: str) -> None:
    for response in (client.get(f"/v1/documents/{key}"), client.delete(f"/v1/documents/{key}")):
        assert (response.status_code, response.json()["title"]) == (404, "Not Found")
