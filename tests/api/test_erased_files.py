"""README says where the text of a deleted document is erased when; no file of the data folder holds it in the end."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.openai.conftest import services_on
from tests.fakes import HashEmbedder

SECRET = "zebraquark"
LEAVE = f"# Leave\n\nParental leave is thirty days for {SECRET} staff members.\n"


def server(data: Path) -> Services:
    return services_on(data, HashEmbedder(), answers={"cross_encoder": False, "min_confidence": 0.0})


def holding(data: Path) -> set[str]:
    files = (file for file in data.rglob("*") if file.is_file())
    return {file.relative_to(data).parts[0] for file in files if SECRET.encode() in file.read_bytes()}


@pytest.mark.slow
def test_no_file_holds_a_deleted_document(tmp_path: Path) -> None:
    with server(tmp_path) as services, TestClient(create_app(services)) as client:
        sent = [("leave.md", LEAVE), ("other.md", "# Other\n\nSomething else.\n")]
        ids = [client.post("/v1/documents", files={"file": one}).json()["document_id"] for one in sent]
        answer = client.post("/v1/answers", json={"query": "How long is parental leave?"}).json()
        assert SECRET in client.get(f"/v1/traces/{answer['trace_id']}").text
        client.delete(f"/v1/documents/{ids[0]}").raise_for_status()
        services.forget()
        assert holding(tmp_path) == {"collections"}
    with server(tmp_path) as services, TestClient(create_app(services)) as client:
        services.warm_up()
        services.tidy("default")
        assert holding(tmp_path) == set()
        found = client.post("/v1/search", json={"query": "something else"}).json()["hits"]
        assert [hit["document_id"] for hit in found] == [ids[1]]
