"""Documents over REST: upload, list, read, delete."""

import tempfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Services
from tests.api.conftest import Upload, pdf

HANDBOOK = "# Handbook\n\n## Leave\n\nParental leave is thirty days.\n\n## Hours\n\nThe office opens at nine.\n"


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


@pytest.mark.parametrize(
    ("source", "title"),
    [("", "staff rules"), ("https://intranet/My%20rules.html?version=2#top", "My rules"), ("rules/2025/pay.md", "pay")],
)
def test_a_document_without_a_heading_is_called_after_its_file(
    client: TestClient, upload: Upload, source: str, title: str
) -> None:
    key = upload("staff_rules.md", "Parental leave is thirty days.", source=source).json()["document_id"]
    assert client.get(f"/v1/documents/{key}").json()["title"] == title


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


def test_nothing_stays_in_the_temporary_folder(upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = tmp_path.stat().st_mtime_ns
    upload("a.txt", "One.")
    upload("a.docx", b"PK\x03\x04")
    assert tmp_path.stat().st_mtime_ns > before
    assert list(tmp_path.glob("citewell-*")) == []
