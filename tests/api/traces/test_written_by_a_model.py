"""Traces of what a language model writes: prompt, verification, tokens, cost; and of answers that break off."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from time import sleep
from typing import Any

import httpx
import pytest

from tests.api.openai.conftest import serving
from tests.api.test_generator import answers
from tests.api.traces.conftest import ANN, QUESTION, asked, client_for, over, traced
from tests.chat_server import KEY, ChatServer, chatting, drips, piece, sends, status

PRICES = {"price_per_million_input": 2.0, "price_per_million_output": 10.0}


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def client(stocked: Path, tmp_path_factory: pytest.TempPathFactory, upstream: ChatServer) -> Iterator[httpx.Client]:
    data = copytree(stocked, tmp_path_factory.mktemp("model") / "data")
    with (
        over(data, answers=answers(upstream, **PRICES)) as services,
        serving(services) as url,
        client_for(url, ANN) as opened,
    ):
        yield opened


def test_the_prompt_is_kept_as_sent(client: httpx.Client, upstream: ChatServer) -> None:
    answer = asked(client)
    trace = traced(client, answer["trace_id"])
    assert trace["prompt"] == upstream.requests[-1][1]["messages"]
    assert (trace["outcome"], trace["model"], trace["generator"]) == ("answered", "small", "openai")
    assert trace["usage"] == {"prompt_tokens": 90, "completion_tokens": 7}
    assert trace["cost"] == pytest.approx((90 * 2 + 7 * 10) / 1e6)
    assert KEY not in str(trace)


def test_what_was_left_out_is_kept_with_the_reason(client: httpx.Client, upstream: ChatServer) -> None:
    invented = "Parental leave is ninety days. [1]"
    upstream.mishaps.append(sends(piece(f"Parental leave is thirty days. [1] {invented}", "stop")))
    trace = traced(client, asked(client)["trace_id"])
    assert trace["written"].endswith(invented)
    assert "ninety" not in trace["text"]
    (removed,) = trace["verification"]["removed"]
    assert removed["text"] == "Parental leave is ninety days."
    assert removed["reason"]
    assert trace["cost"] is None  # this server counted no tokens


def test_a_failed_answer_has_a_trace(client: httpx.Client, upstream: ChatServer) -> None:
    upstream.mishaps += [status(500)] * 3
    lost = client.post("/answers", json={"query": QUESTION})
    assert lost.status_code == 503
    trace = traced(client, lost.json()["trace_id"])
    assert (trace["outcome"], trace["text"]) == ("failed", "")
    assert trace["error"] == lost.json()["detail"]
    assert [hit["chunk_id"] for hit in trace["hits"]] == trace["read"] != []
    assert trace["citations"] == lost.json()["citations"]
    assert trace["prompt"]
    again = client.post(f"/traces/{trace['id']}/replay").json()
    assert (again["same"], again["after"]["outcome"]) == (False, "answered")


def test_a_reader_who_leaves_has_a_trace(client: httpx.Client, upstream: ChatServer) -> None:
    upstream.mishaps.append(drips(piece(" may"), 0.05, piece("Parental leave is thirty days. [1] It")))
    with client.stream("POST", "/answers", json={"query": QUESTION, "stream": True}) as response:
        next(response.iter_lines())
    trace = _newest(client, "cancelled")
    assert (trace["text"], trace["error"]) == ("", None)  # nobody could say whose text it is


def test_a_reader_who_leaves_a_replay_stops_the_model(client: httpx.Client, upstream: ChatServer) -> None:
    trace_id = asked(client)["trace_id"]
    upstream.mishaps.append(drips(piece(" may"), 0.05, piece("Parental leave is thirty days. [1] It")))
    upstream.left.clear()
    asyncio.run(_leave(client, f"/traces/{trace_id}/replay", upstream))
    for _ in range(100):
        if upstream.left:
            break
        sleep(0.05)
    assert upstream.left


async def _leave(client: httpx.Client, path: str, upstream: ChatServer) -> None:
    """When the model has begun to answer."""
    before = len(upstream.requests)
    async with httpx.AsyncClient(base_url=client.base_url, headers=client.headers, timeout=600) as leaving:
        asking = asyncio.create_task(leaving.post(path))
        while len(upstream.requests) == before:
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def test_replay_says_that_a_model_may_write_otherwise(client: httpx.Client, upstream: ChatServer) -> None:
    trace_id = asked(client)["trace_id"]
    same = client.post(f"/traces/{trace_id}/replay").json()
    assert (same["same"], same["outcome"], same["hits"]) == (True, [], [])
    assert "need not write the same twice" in same["notes"][0]
    upstream.mishaps.append(sends(piece("It may be taken in two parts. [1]", "stop")))
    other = client.post(f"/traces/{trace_id}/replay").json()
    assert not other["same"]
    assert [change["name"] for change in other["outcome"]] == ["text"]
    assert other["citations_new"] == []
    assert [one["quote"] for one in other["citations_gone"]] == ["Parental leave is thirty days."]


def _newest(client: httpx.Client, outcome: str) -> dict[str, Any]:
    for _ in range(600):
        newest = client.get("/traces", params={"limit": 1}).json()["traces"][0]
        if newest["outcome"] == outcome:
            return traced(client, newest["id"])
        sleep(0.05)
    raise AssertionError(f"no answer was {outcome}")


def test_nothing_is_left_out_of_a_trace_where_the_data_folder_moves(data: Path, upstream: ChatServer) -> None:
    """A second process reads what the first one kept."""
    with over(data, answers=answers(upstream)) as services, serving(services) as url, client_for(url, ANN) as one:
        trace_id = asked(one)["trace_id"]
        before = traced(one, trace_id)
    with over(data, answers=answers(upstream)) as services, serving(services) as url, client_for(url, ANN) as one:
        assert traced(one, trace_id) == before
