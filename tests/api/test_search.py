"""Search and answers over REST."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from tests.api.conftest import Upload, settings_for
from tests.fakes import HashEmbedder
from tests.serving import in_a_thread

RULES = {
    "leave.md": "# Leave\n\nParental leave is thirty days. It may be taken in two parts.",
    "hours.md": "# Hours\n\nThe office opens at nine and closes at six.",
    "travel.md": "# Travel\n\nTrain tickets are booked through the travel desk.",
}


@pytest.fixture(scope="module")
def rules(client: TestClient) -> str:
    """A collection that holds the rules; read only."""
    for name, text in RULES.items():
        form = {"collection": "rules", "metadata": '{"year": 2025}' if name == "leave.md" else "{}"}
        assert client.post("/v1/documents", files={"file": (name, text.encode())}, data=form).status_code == 201
    return "rules"


def post(client: TestClient, path: str, **body: Any) -> Any:
    return client.post(f"/v1/{path}", json=body)


@pytest.mark.parametrize("mode", [None, "dense", "bm25", "hybrid"])
def test_the_best_passage_comes_first(client: TestClient, rules: str, mode: str | None) -> None:
    response = post(client, "search", query="parental leave", collection=rules, mode=mode)
    hits = response.json()["hits"]
    assert response.status_code == 200
    assert (hits[0]["title"], hits[0]["source"], hits[0]["headings"]) == ("Leave", "upload:leave.md", ["Leave"])
    assert set(hits[0]["origin"]) == ({"dense", "bm25"} if mode in (None, "hybrid") else {mode})
    assert response.json()["timings"]["search_ms"] > 0


def test_top_k_and_filters(client: TestClient, rules: str) -> None:
    assert len(post(client, "search", query="the office", collection=rules, top_k=2).json()["hits"]) == 2
    for filters in ({"year": 2025}, {"metadata.year": [2024, 2025]}, {"title": "Leave"}):
        hits = post(client, "search", query="the office", collection=rules, filters=filters).json()["hits"]
        assert [hit["title"] for hit in hits] == ["Leave"]
    assert post(client, "search", query="the office", collection=rules, filters={"year": 1999}).json()["hits"] == []


def test_filters_compare_and_combine(client: TestClient, rules: str) -> None:
    filters: dict[str, Any] = {"$or": [{"year": {"$gte": 2025}}, {"title": {"$in": ["Hours"]}}]}
    hits = post(client, "search", query="the office", collection=rules, filters=filters).json()["hits"]
    assert {hit["title"] for hit in hits} == {"Leave", "Hours"}
    hits = post(client, "search", query="the office", collection=rules, filters={"$not": filters}).json()["hits"]
    assert {hit["title"] for hit in hits} == {"Travel"}


def test_facets_count_all_that_was_found(client: TestClient, rules: str) -> None:
    found = post(client, "search", query="the office", collection=rules, top_k=1, facets=["title", "year"]).json()
    assert len(found["hits"]) == 1
    assert found["facets"] == {
        "title": [{"value": title, "documents": 1} for title in ("Hours", "Leave", "Travel")],
        "year": [{"value": 2025, "documents": 1}],
    }
    response = post(client, "search", query="the office", collection=rules, facets=["yaer"])
    assert (response.status_code, "has a field 'yaer'" in response.json()["detail"]) == (400, True)
    assert post(client, "answers", query="the office", collection=rules, facets=["year"]).status_code == 422


@pytest.mark.parametrize(
    ("filters", "detail"),
    [
        ({"yaer": 2025}, "No document that you may read has a field 'yaer'; there are document_id, "),
        ({"year": {"$near": 2025}}, "$near is no operator of a field; there are $eq, "),
        ({"year": {"$gte": "soon"}}, "$gte of 'year' takes a number or a date such as 2025-06-30."),
    ],
)
@pytest.mark.parametrize("path", ["search", "answers"])
def test_wrong_filters_are_400_and_say_what_to_do(
    client: TestClient, rules: str, path: str, filters: dict[str, Any], detail: str
) -> None:
    response = post(client, path, query="the office", collection=rules, filters=filters)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert detail in response.json()["detail"]


def test_of_two_versions_the_one_in_force_answers(client: TestClient, upload: Upload, collection: str) -> None:
    for year, limit in ((2023, 100), (2025, 150)):
        text = f"# Travel policy {year}\n\nIn force from 1 March {year}.\n\nThe hotel limit is {limit} euros a night."
        upload(f"travel-{year}.md", text.encode())

    def sources(**more: Any) -> set[str]:
        hits = post(client, "search", query="hotel limit", collection=collection, **more).json()["hits"]
        return {hit["source"] for hit in hits}

    assert sources() == {"upload:travel-2025.md"}
    assert sources(as_of="2024-06-30") == {"upload:travel-2023.md"}
    assert sources(filters={"valid_from": {"$lt": "2025-01-01"}}) == {"upload:travel-2023.md"}
    answer = post(client, "answers", query="What is the hotel limit?", collection=collection, as_of="2024-06-30").json()
    assert "100 euros" in answer["text"]
    response = post(client, "search", query="hotel limit", collection=collection, as_of="June")
    assert response.status_code == 422
    assert "as_of" in response.json()["detail"]


def test_an_answer_is_cited_word_for_word(client: TestClient, rules: str) -> None:
    answer = post(client, "answers", query="How long is parental leave?", collection=rules).json()
    assert not answer["refused"]
    assert "thirty days" in answer["text"]
    assert 0 < answer["confidence"] <= 1
    assert (answer["model"], answer["trace_id"]) == ("extractive", "trace-1")
    assert set(answer["timings"]) == {"search_ms", "pack_ms", "evidence_ms", "generate_ms", "cite_ms"}
    markers = [int(marker) for marker in re.findall(r"\[(\d+)\]", answer["text"])]
    assert [citation["marker"] for citation in answer["citations"]] == markers
    for citation in answer["citations"]:
        document = client.get(f"/v1/documents/{citation['document_id']}").json()
        assert document["text"][citation["char_start"] : citation["char_end"]] == citation["quote"]
        assert citation["chunk_id"] == answer["hits"][citation["marker"] - 1]["chunk_id"]


def test_what_the_documents_do_not_say_is_refused(client: TestClient, rules: str) -> None:
    answer = post(client, "answers", query="Who won the chess championship of 1972?", collection=rules).json()
    assert answer["refused"]
    assert answer["text"].startswith("I don't know")
    assert answer["citations"] == []
    assert answer["hits"]


def test_a_citation_on_a_page_has_rectangles(client: TestClient, upload: Upload, collection: str) -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Helvetica", size=12)
    made.multi_cell(0, text="Parental leave is thirty days for all employees. " * 3)
    upload("leave.pdf", bytes(made.output()))
    answer = post(client, "answers", query="How long is parental leave?", collection=collection).json()
    (citation,) = answer["citations"][:1]
    assert citation["page"] == 1
    assert citation["boxes"]
    for left, top, right, bottom in citation["boxes"]:
        assert 0 < left < right < 612
        assert 0 < top < bottom < 842


@pytest.mark.parametrize("path", ["search", "answers"])
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "body.query: Field required"),
        ({"query": "x", "topk": 5}, "body.topk: unknown field"),
        ({"query": ""}, "body.query"),
        ({"query": "  \n "}, "body.query"),
        ({"query": 5}, "body.query"),
        ({"query": "x" * 10_001}, "body.query"),
        ({"query": "x", "top_k": 0}, "body.top_k"),
        ({"query": "x", "top_k": 1001}, "body.top_k"),
        ({"query": "x", "top_k": "many"}, "body.top_k"),
        ({"query": "x", "mode": "magic"}, "body.mode: Input should be 'dense', 'bm25' or 'hybrid'"),
        ({"query": "x", "filters": {"a": None}}, "body.filters.a"),
        ({"query": "x", "collection": "../x"}, "body.collection"),
        ([], "body: Input should be"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bodies_out_of_range_are_422_and_the_field_is_named(
    client: TestClient, path: str, body: object, problem: str
) -> None:
    response = client.post(f"/v1/{path}", json=body)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert problem in response.json()["detail"]
    assert "xxxx" not in response.text


@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff\xfe", b'{"query": "\\ud800"}', b'{"query": "x", "filters": {"a": NaN}}', b"[" * 3000]
)
def test_what_is_no_json_is_refused(client: TestClient, content: bytes) -> None:
    response = client.post("/v1/search", content=content, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["a\x00b", "🕰️" * 100, "' OR 1=1 --", "the of and", "?!", "残業" * 500, "%s {0} \\"])
def test_odd_questions_are_answered_or_refused(client: TestClient, rules: str, query: str) -> None:
    for path in ("search", "answers"):
        assert post(client, path, query=query, collection=rules).status_code == 200


def test_a_collection_that_does_not_exist(client: TestClient) -> None:
    for path in ("search", "answers"):
        response = post(client, path, query="x", collection="absent")
        assert response.status_code == 404
        assert response.json()["detail"].startswith("There is no collection 'absent'")


def test_asking_for_an_absent_collection_makes_none(client: TestClient, services: Services) -> None:
    post(client, "search", query="x", collection="absent")
    assert not (services.data / "collections" / "absent").exists()


def test_tenants_and_groups_of_the_settings_decide_what_is_seen(tmp_path: Path) -> None:
    """One data folder, served one after another for four kinds of reader."""

    def serve(tenant: str, *groups: str) -> tuple[Services, TestClient]:
        settings = settings_for(tmp_path / "data", access={"tenant": tenant, "groups": groups})
        services = Services(settings, embedder=HashEmbedder())
        return services, TestClient(create_app(services))

    services, client = serve("acme")
    with services:
        for name, groups in (("open.txt", []), ("hr.txt", ["hr"])):
            form = {"groups": groups}
            content = f"Parental leave, as {name} has it."
            uploaded = client.post("/v1/documents", files={"file": (name, content.encode())}, data=form)
            assert uploaded.status_code == 201
        secret = uploaded.json()["document_id"]

    seen = {}
    for reader in (("acme",), ("acme", "hr"), ("acme", "legal"), ("other", "hr")):
        services, client = serve(*reader)
        with services:
            hits = client.post("/v1/search", json={"query": "leave"}).json()["hits"]
            listed = client.get("/v1/documents").json()["documents"]
            answer = client.post("/v1/answers", json={"query": "leave"}).json()
            status = client.get(f"/v1/documents/{secret}").status_code
            sources = {hit["source"] for hit in hits}
            assert sources == {hit["source"] for hit in answer["hits"]} == {one["source"] for one in listed}
            assert (status == 200) == ("upload:hr.txt" in sources)
            if status == 404:
                assert client.delete(f"/v1/documents/{secret}").status_code == 404
            seen[reader] = sources
    assert seen == {
        ("acme",): {"upload:open.txt"},
        ("acme", "hr"): {"upload:open.txt", "upload:hr.txt"},
        ("acme", "legal"): {"upload:open.txt"},
        ("other", "hr"): set(),
    }


def test_a_history_needs_rules_or_a_model(client: TestClient, rules: str, tmp_path: Path) -> None:
    history = [{"role": "user", "content": "How long is parental leave?"}]
    with Services(settings_for(tmp_path / "data", rewriting={"rules": False}), embedder=HashEmbedder()) as services:
        without = TestClient(create_app(services))
        for path in ("search", "answers"):
            response = post(without, path, query="Who approves it?", history=history)
            assert (response.status_code, "set rewriting.url" in response.json()["detail"]) == (400, True)
            completed = post(client, path, query="Who approves it?", collection=rules, history=history).json()["query"]
            assert completed == "Who approves it (parental leave)?"
            assert post(client, path, query="the office", collection=rules, history=[]).json()["query"] == "the office"


class Rewriter(BaseHTTPRequestHandler):
    """Speaks OpenAI's protocol and makes every follow-up a question about the office."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        reply = {"choices": [{"message": {"role": "assistant", "content": "When does the office open?"}}]}
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def test_a_follow_up_is_answered_as_it_was_understood(tmp_path: Path) -> None:
    with in_a_thread(ThreadingHTTPServer(("127.0.0.1", 0), Rewriter)) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        settings = settings_for(tmp_path / "data", rewriting={"url": url, "model": "m"})
        with Services(settings, embedder=HashEmbedder()) as services:
            client = TestClient(create_app(services))
            for name, text in RULES.items():
                client.post("/v1/documents", files={"file": (name, text.encode())})
            history = [{"role": "user", "content": "When does the shop close?"}]
            found = post(client, "search", query="and open?", mode="bm25", history=history).json()
    assert found["query"] == "When does the office open?"
    assert found["hits"][0]["title"] == "Hours"
