"""Documents over REST: upload, list, read, delete."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fpdf import FPDF
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.conftest import MAX_UPLOAD_MB, Upload, settings_for
from tests.fakes import HashEmbedder

HANDBOOK = "# Handbook\n\n## Leave\n\nParental leave is thirty days.\n\n## Hours\n\nThe office opens at nine.\n"


def pdf(*lines: str, password: str = "") -> bytes:
    made = FPDF()
    if password:
        made.set_encryption(owner_password=password, user_password=password)
    made.add_page()
    made.set_font("Helvetica", size=12)
    for line in lines:
        made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def test_a_new_document_is_201_and_can_be_found_at_once(client: TestClient, upload: Upload, collection: str) -> None:
    response = upload("handbook.md", HANDBOOK)
    assert response.status_code == 201
    body = response.json()
    assert (body["source"], body["status"], body["chunks"], body["reason"]) == ("upload:handbook.md", "indexed", 2, "")
    found = client.post("/v1/search", json={"query": "parental leave", "collection": collection}).json()
    assert found["hits"][0]["document_id"] == body["document_id"]


def test_the_same_content_again_is_200(upload: Upload) -> None:
    first, second = upload("a.txt", "Parental leave."), upload("a.txt", "Parental leave.")
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "status": "unchanged"}


def test_new_content_of_the_same_name_replaces(client: TestClient, upload: Upload, collection: str) -> None:
    old = upload("a.txt", "The old rule.").json()["document_id"]
    response = upload("a.txt", "The new rule.")
    assert (response.status_code, response.json()["document_id"]) == (201, old)
    found = client.post("/v1/search", json={"query": "rule", "collection": collection}).json()["hits"]
    assert [hit["text"] for hit in found] == ["The new rule."]


def test_a_source_of_ones_own(client: TestClient, upload: Upload) -> None:
    response = upload("a.txt", "One.", source="https://intranet/one")
    assert response.json()["source"] == "https://intranet/one"
    assert (
        upload("b.txt", "Two.", source="https://intranet/one").json()["document_id"] == response.json()["document_id"]
    )


def test_what_the_caller_may_not_read_is_not_replaced(upload: Upload, services: Services) -> None:
    key = upload("a.txt", "The secret rule.", groups=["hr"]).json()["document_id"]
    for label in ({}, {"groups": ["hr"]}):
        for text in ("The new rule.", "The secret rule."):
            response = upload("a.txt", text, **label)
            assert response.status_code == 403
            assert response.json()["detail"].startswith("There is a document 'upload:a.txt' that you may not read")
    assert upload("b.txt", "The new rule.", source="upload:a.txt").status_code == 403
    entry = services.catalog.get(key)
    assert entry is not None
    assert entry.groups == ("hr",)
    assert services.catalog.sections(key)[0].text == "The secret rule."
    assert upload("a.txt", "The new rule.", source="another").status_code == 201


def test_metadata_and_groups_come_back(client: TestClient, upload: Upload) -> None:
    label = {"metadata": '{"year": 2025, "draft": false, "rate": 0.5, "owner": "hr"}', "groups": ["everyone", ""]}
    key = upload("a.txt", "One.", **label).json()["document_id"]
    document = client.get(f"/v1/documents/{key}").json()
    assert document["metadata"] == {"year": 2025, "draft": False, "rate": 0.5, "owner": "hr"}
    assert document["groups"] == ["everyone"]


def test_a_document_is_read_with_the_text_that_offsets_refer_to(
    client: TestClient, upload: Upload, collection: str
) -> None:
    key = upload("handbook.md", HANDBOOK).json()["document_id"]
    document = client.get(f"/v1/documents/{key}").json()
    assert (document["title"], document["collection"], document["chunks"]) == ("Handbook", collection, 2)
    assert document["characters"] == len(document["text"])
    for hit in client.post("/v1/search", json={"query": "leave", "collection": collection}).json()["hits"]:
        assert document["text"][hit["char_start"] : hit["char_end"]] == hit["text"]


def test_listing_page_by_page(client: TestClient, upload: Upload, collection: str) -> None:
    keys = sorted(upload(f"{number}.txt", f"Number {number}.").json()["document_id"] for number in range(5))
    seen, after = [], ""
    while after is not None:
        parameters: dict[str, str | int] = {"collection": collection, "limit": 2, "after": after}
        page = client.get("/v1/documents", params=parameters).json()
        assert len(page["documents"]) <= 2
        seen += [document["id"] for document in page["documents"]]
        after = page["next"]
    assert seen == keys


def test_pages_pass_over_what_the_reader_may_not_see(client: TestClient, upload: Upload, collection: str) -> None:
    groups = [["hr"], ["hr"], []] * 3
    keys = {
        upload(f"{number}.txt", f"{number}", groups=only).json()["document_id"] for number, only in enumerate(groups)
    }
    page = client.get("/v1/documents", params={"collection": collection, "limit": 3}).json()
    assert len(page["documents"]) == 3
    assert page["next"] is None
    assert {document["id"] for document in page["documents"]} < keys


def test_deleting(client: TestClient, upload: Upload, collection: str) -> None:
    key = upload("a.txt", "Parental leave.").json()["document_id"]
    response = client.delete(f"/v1/documents/{key}")
    assert (response.status_code, response.json()["id"]) == (200, key)
    assert client.get(f"/v1/documents/{key}").status_code == 404
    assert client.delete(f"/v1/documents/{key}").status_code == 404
    assert client.post("/v1/search", json={"query": "leave", "collection": collection}).json()["hits"] == []
    assert client.get("/v1/documents", params={"collection": collection}).json() == {"documents": [], "next": None}


def test_a_pdf_is_cited_with_its_page_and_rectangles(client: TestClient, upload: Upload, collection: str) -> None:
    assert upload("rules.pdf", pdf("Employees receive 30 days of parental leave.")).status_code == 201
    body = {"query": "How many days of parental leave do employees receive?", "collection": collection}
    hit = client.post("/v1/search", json=body).json()["hits"][0]
    assert hit["page"] == 1


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


def test_an_unsupported_upload_makes_no_collection(client: TestClient, upload: Upload, collection: str) -> None:
    assert upload("a.exe", b"MZ").status_code == 415
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


def test_nothing_stays_in_the_temporary_folder(upload: Upload, services: Services) -> None:
    before = set(Path(tempfile.gettempdir()).glob("citewell-*"))
    upload("a.txt", "One.")
    upload("a.docx", b"PK\x03\x04")
    assert set(Path(tempfile.gettempdir()).glob("citewell-*")) <= before
