"""What is known of an answer afterwards, over REST, and to whom."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.bootstrap import Services
from api.traces.making import deciding, fingerprint
from api.tuned import Tuned
from ingest.journal.journal import Entry, reader_of
from retrieval.types import Access
from tests.api.openai.conftest import services_on, serving
from tests.api.traces.conftest import ANN, BOB, QUESTION, QUOTING, asked, client_for, over, traced


def test_an_answer_has_a_trace(ann: httpx.Client, quoting: Services) -> None:
    answer = asked(ann, filters={"title": "Leave"}, mode="hybrid", top_k=3)
    trace = traced(ann, answer["trace_id"])
    assert (trace["outcome"], trace["text"]) == ("answered", answer["text"])
    assert trace["asked"]["filters"] == {"title": "Leave"}
    assert (trace["asked"]["top_k"], trace["tenant"], trace["groups"]) == (3, "acme", ["hr"])
    (hit,) = trace["hits"]
    entry = quoting.catalog.get(hit["document_id"])
    assert entry is not None
    assert (hit["rank"], hit["revision"], hit["source"]) == (1, entry.revision, "upload:leave.md")
    assert {"dense", "bm25"} <= set(hit["origin"])
    assert trace["read"] == [hit["chunk_id"]]
    assert trace["citations"] == answer["citations"]
    assert trace["quotes"][0]["text"] == "Parental leave is thirty days."
    assert (trace["generator"], trace["prompt"], trace["cost"]) == ("extractive", None, 0)
    assert trace["written"] == answer["text"]
    assert trace["settings"]["retrieval.fusion"] == "minmax"
    assert trace["versions"]["embedding model"] == "hash (256 dimensions)"
    assert set(answer["timings"]) < set(trace["timings"])
    assert trace["total_ms"] >= answer["timings"]["search_ms"]


def test_a_refusal_has_a_trace(data: Path) -> None:
    strict = {**QUOTING, "min_confidence": 1.0}
    with over(data, answers=strict) as services, serving(services) as url, client_for(url, ANN) as client:
        trace = traced(client, asked(client)["trace_id"])
    assert (trace["outcome"], trace["refused"], trace["read"], trace["citations"]) == ("refused", True, [], [])
    assert trace["text"].startswith("I don't know")
    assert next(hit["source"] for hit in trace["hits"]) == "upload:leave.md"
    assert trace["quotes"]
    assert trace["settings"]["answers.min_confidence"] == 1.0


def test_the_same_settings_have_the_same_fingerprint(ann: httpx.Client, data: Path) -> None:
    first, second = (traced(ann, asked(ann)["trace_id"])["fingerprint"] for _ in range(2))
    assert first == second
    with services_on(data, answers={**QUOTING, "price_per_million_input": 3}) as priced:
        assert _fingerprint(priced) == first  # what it costs changes no answer
    with services_on(data, answers={**QUOTING, "max_sentences": 1}) as brief:
        assert _fingerprint(brief) != first


def test_no_trace_shows_how_a_model_is_started(data: Path) -> None:
    secret = {"arguments": "--api-key sk-secret", "command": "env TOKEN=sk-secret vllm serve"}
    with services_on(data, answers={**QUOTING, "serve": secret}) as started:
        shown = deciding(started.settings, Tuned())
    assert shown["answers.generator"] == "extractive"
    assert "sk-secret" not in str(shown)


def _fingerprint(services: Services) -> str:
    return fingerprint(deciding(services.settings, Tuned()))


def test_pages_are_newest_first(url: str) -> None:
    with client_for(url, Access("paging")) as client:
        ids = [asked(client, f"What is item {number}?")["trace_id"] for number in range(3)]
        page = client.get("/traces", params={"limit": 2}).json()
        assert [one["id"] for one in page["traces"]] == ids[:0:-1]
        assert page["traces"][0]["query"] == "What is item 2?"
        last = client.get("/traces", params={"limit": 2, "after": page["next"]}).json()
        assert ([one["id"] for one in last["traces"]], last["next"]) == (ids[:1], None)
        client.delete(f"/traces/{ids[1]}").raise_for_status()
        assert client.get("/traces", params={"limit": 2, "after": page["next"]}).json() == last


def test_what_another_version_wrote_hides_no_other_and_can_be_deleted(url: str, quoting: Services) -> None:
    access, journals = Access("versions"), quoting.journals
    reader = reader_of(access.tenant, access.groups)
    with client_for(url, access) as client:
        own = asked(client)["trace_id"]
        told = client.post("/feedback", json={"trace_id": own, "rating": "up"}).raise_for_status().json()["id"]
        later = {**traced(client, own), "id": "later", "hits": "elsewhere", "read_by": 1}
        for name, body in (("later", json.dumps(later)), ("odd", "{}")):
            journals.traces.add([Entry(name, reader, datetime.now(UTC), body)])
        journals.feedback.add([Entry("odd", reader, datetime.now(UTC), "{}", own)])
        assert [one["id"] for one in client.get("/traces").json()["traces"]] == ["later", own]
        assert [one["id"] for one in client.get("/feedback").json()["feedback"]] == [told]
        assert "delete it" in client.get("/traces/later").json()["detail"]
        for name, query in (("later", QUESTION), ("odd", "")):
            gone = client.delete(f"/traces/{name}")
            assert (gone.status_code, gone.json()["id"], gone.json()["query"]) == (200, name, query)
            assert client.delete(f"/traces/{name}").status_code == 404


def test_nobody_else_finds_it(url: str, ann: httpx.Client) -> None:
    trace_id = asked(ann)["trace_id"]
    for other in (BOB, Access("acme", ("hr", "sales")), Access("acme"), Access("other", ("hr",))):
        with client_for(url, other) as client:
            for method, path in (
                ("GET", f"/traces/{trace_id}"),
                ("DELETE", f"/traces/{trace_id}"),
                ("POST", f"/traces/{trace_id}/replay"),
            ):
                refused = client.request(method, path)
                assert (refused.status_code, trace_id in refused.json()["detail"]) == (404, True)
            said = client.post("/feedback", json={"trace_id": trace_id, "rating": "up"})
            assert said.status_code == 404
            assert trace_id not in client.get("/traces").text
    assert traced(ann, trace_id)["id"] == trace_id


def test_a_deleted_trace_is_gone_with_its_feedback(ann: httpx.Client) -> None:
    trace_id = asked(ann)["trace_id"]
    ann.post("/feedback", json={"trace_id": trace_id, "rating": "up"}).raise_for_status()
    assert trace_id in ann.get("/feedback").text
    gone = ann.delete(f"/traces/{trace_id}")
    assert (gone.status_code, gone.json()["id"]) == (200, trace_id)
    assert ann.get(f"/traces/{trace_id}").status_code == 404
    assert trace_id not in ann.get("/feedback").text


def test_a_wrong_question_has_none(url: str) -> None:
    with client_for(url, Access("wrong")) as client:
        for options in ({"collection": "absent"}, {"filters": {"nothing": 1}}):
            assert client.post("/answers", json={"query": QUESTION, **options}).status_code in (400, 404)
        assert client.get("/traces").json()["traces"] == []


def test_nothing_is_kept_where_the_settings_say_so(data: Path) -> None:
    off = {"enabled": False}
    with over(data, traces=off) as services, serving(services) as url, client_for(url, ANN) as client:
        assert client.get(f"/traces/{asked(client)['trace_id']}").status_code == 404
        assert client.get("/traces").json() == {"traces": [], "next": None}


def test_a_chat_completion_names_its_trace(ann: httpx.Client) -> None:
    body = {"model": "citewell", "messages": [{"role": "user", "content": QUESTION}]}
    body["model"] = ann.get("/models").json()["data"][0]["id"]
    done = ann.post("/chat/completions", json=body).raise_for_status().json()
    assert traced(ann, done["citewell"]["trace_id"])["text"] == done["choices"][0]["message"]["content"]
    streamed = ann.post("/chat/completions", json={**body, "stream": True}).text
    chunks = [line for line in streamed.splitlines() if line.startswith("data: {")]
    assert traced(ann, json.loads(chunks[-1].removeprefix("data: "))["citewell"]["trace_id"])["outcome"] == "answered"


@pytest.mark.parametrize("limit", [0, 201])
def test_pages_have_bounds(ann: httpx.Client, limit: int) -> None:
    assert ann.get("/traces", params={"limit": limit}).status_code == 422
