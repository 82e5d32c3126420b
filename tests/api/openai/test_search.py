"""Search in vector stores: modes, filters, scores."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BadRequestError, OpenAI

from api.openai.search import merged, scaled
from retrieval.types import Hit
from tests.api.openai.conftest import client_of
from tests.contracts.conftest import chunk

TEXTS = {
    "leave.txt": ("Parental leave is thirty days.", {"year": 2024, "team": "hr"}),
    "hours.txt": ("The office opens at nine. Leave by the back door.", {"year": 2025, "team": "it"}),
    "travel.txt": ("Trains are preferred to flights.", {"year": 2026, "team": "hr", "draft": True}),
}
Shop = tuple[OpenAI, str]


@pytest.fixture(scope="module")
def shop(url: str) -> Iterator[Shop]:
    with client_of(url, "search") as client:
        store = client.vector_stores.create(name="search").id
        files = []
        for name, (text, attributes) in TEXTS.items():
            uploaded = client.files.create(file=(name, text.encode()), purpose="assistants")
            files.append({"file_id": uploaded.id, "attributes": attributes})
        client.vector_stores.file_batches.create_and_poll(store, files=files)  # type: ignore[arg-type]
        yield client, store


def names(shop: Shop, query: str | list[str] = "leave", **more: Any) -> list[str]:
    client, store = shop
    return [found.filename for found in client.vector_stores.search(store, query=query, **more)]


@pytest.mark.parametrize("mode", ["vector", "keyword", "hybrid"])
def test_each_mode_finds_with_scores_between_nought_and_one(shop: Shop, mode: str) -> None:
    client, store = shop
    page = client.vector_stores.search(store, query="parental leave", extra_body={"search_mode": mode})
    assert page.object == "vector_store.search_results.page"
    scores = [found.score for found in page.data]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    first = page.data[0]
    assert (first.filename, first.attributes) == ("leave.txt", {"year": 2024, "team": "hr"})
    assert [(part.type, part.text) for part in first.content] == [("text", "Parental leave is thirty days.")]
    assert client.files.retrieve(first.file_id).filename == "leave.txt"
    assert len(page.data) == (2 if mode == "keyword" else 3)


def test_several_queries_are_one_ranking(shop: Shop) -> None:
    found = names(shop, ["trains flights", "parental"], extra_body={"search_mode": "keyword"})
    assert sorted(found) == ["leave.txt", "travel.txt"]
    assert len(names(shop, ["leave", "trains"], max_num_results=1)) == 1


def test_the_threshold_cuts(shop: Shop) -> None:
    keyword = {"search_mode": "keyword"}
    assert len(names(shop, "parental leave", extra_body=keyword)) == 2
    options = {"score_threshold": 0.99, "ranker": "none"}
    assert names(shop, "parental leave", ranking_options=options, extra_body=keyword) == ["leave.txt"]


def compare(kind: str, key: str, value: object) -> dict[str, object]:
    return {"type": kind, "key": key, "value": value}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (compare("eq", "team", "hr"), {"leave.txt", "travel.txt"}),
        (compare("ne", "team", "hr"), {"hours.txt"}),
        (compare("gt", "year", 2024), {"hours.txt", "travel.txt"}),
        (compare("gte", "year", 2024), set(TEXTS)),
        (compare("lt", "year", 2025), {"leave.txt"}),
        (compare("lte", "year", 2025), {"leave.txt", "hours.txt"}),
        (compare("in", "year", [2024, 2026]), {"leave.txt", "travel.txt"}),
        (compare("nin", "team", ["hr"]), {"hours.txt"}),
        (compare("eq", "draft", True), {"travel.txt"}),
        (compare("eq", "absent", 1), set()),
        (compare("ne", "absent", 1), set(TEXTS)),
        ({"type": "and", "filters": [compare("eq", "team", "hr"), compare("gt", "year", 2024)]}, {"travel.txt"}),
        (
            {
                "type": "or",
                "filters": [
                    compare("eq", "absent", "x"),
                    {"type": "and", "filters": [compare("eq", "team", "it"), compare("lt", "year", 2026)]},
                ],
            },
            {"hours.txt"},
        ),
    ],
)
def test_filters(shop: Shop, filters: dict[str, object], expected: set[str]) -> None:
    assert set(names(shop, filters=filters, extra_body={"search_mode": "vector"})) == expected


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"filters": {"type": "like", "key": "a", "value": 1}}, "A filter is"),
        ({"filters": {"type": "eq", "key": "a"}}, "A filter is"),
        ({"filters": {"type": "and", "filters": []}}, "at least one condition"),
        ({"filters": {"type": "gt", "key": "year", "value": "soon"}}, "takes a number or a date"),
        ({"max_num_results": 51}, "max_num_results"),
        ({"ranking_options": {"ranker": "best"}}, "ranker"),
        ({"extra_body": {"search_mode": "psychic"}}, "search_mode"),
        ({"query": ""}, "query"),
        ({"query": []}, "query"),
        ({"rewrite_query": True}, "rewriting.url"),
        ({"extra_body": {"top_k": 3}}, "top_k: unknown field"),
    ],
)
def test_what_cannot_be_searched_is_a_bad_request(shop: Shop, more: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequestError, match=message):
        names(shop, **{"query": "leave", **more})


def test_metadata_and_source_of_a_document_pass_for_no_file(client: OpenAI, tenant: str, url: str) -> None:
    file_id = client.files.create(file=("secret.md", b"Secret."), purpose="assistants").id
    store = client.vector_stores.create().id
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store)
    form = {"collection": store.removeprefix("vs_"), "metadata": json.dumps({"file_id": file_id})}

    def send(**more: str) -> httpx.Response:
        headers, files = {"authorization": f"Bearer {tenant}"}, {"file": ("a.md", b"Parental leave.")}
        return httpx.post(f"{url}/documents", files=files, data={**form, **more}, headers=headers, timeout=60)

    key = send().raise_for_status().json()["document_id"]
    refused = send(source=f"upload:{file_id}/secret.md")
    assert (refused.status_code, "is the source of a file in a vector store" in refused.text) == (400, True)
    found = {one.filename: one for one in client.vector_stores.search(store, query="leave secret")}
    assert (found["a.md"].file_id, found["a.md"].attributes) == (f"file-{key}", {"file_id": file_id})
    assert (found["secret.md"].file_id, found["secret.md"].attributes) == (file_id, {})


@given(st.lists(st.floats(-5, 50, allow_nan=False), max_size=6), st.sampled_from(["dense", "bm25", "hybrid"]))
def test_scaling_keeps_the_order_and_stays_within_bounds(scores: list[float], mode: Any) -> None:
    hits = [Hit(chunk(str(score)), score) for score in sorted(scores, reverse=True)]
    found = [hit.score for hit in scaled(hits, mode)]
    assert found == sorted(found, reverse=True)
    assert all(0 <= score <= 1 for score in found)
    if mode != "dense" and scores and max(scores) > 0:
        assert found[0] == 1


@pytest.mark.parametrize("more", [{"fused": 0.8, "rerank": 2.0}, {"freshness": 0.1}, {"exact": 0.2}, {}], ids=",".join)
def test_what_was_ranked_anew_is_no_cosine(more: dict[str, float]) -> None:
    """The last: as one of the parts of a question."""
    anew, rest = Hit(chunk("a"), 0.5, {"dense": 0.8, **more}), Hit(chunk("b"), 0.1, {"dense": 0.1})
    assert [hit.score for hit in scaled([anew, rest], "dense")] == [1.0, 0.2]
    assert [hit.score for hit in scaled([rest], "dense")] == [0.1]


def test_what_a_reference_adds_leaves_a_cosine() -> None:
    named, rest = Hit(chunk("a"), 0.5, {"dense": 0.3, "named": 0.2}), Hit(chunk("b"), 0.4, {"dense": 0.4})
    assert [hit.score for hit in scaled([named, rest], "dense")] == [0.5, 0.4]


def test_a_passage_that_two_queries_find_comes_once_with_its_best_score() -> None:
    one, two = Hit(chunk("one"), 0.4), Hit(chunk("two"), 0.7)
    better = replace(one, score=0.9)
    assert merged([[two, one], [better]]) == [better, two]
