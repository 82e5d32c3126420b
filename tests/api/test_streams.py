"""Answers as server-sent events."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.streams import event_stream
from ingest.ports import Embedder
from tests.api.conftest import LEAVE, settings_for
from tests.api.openai.conftest import services_on, serving
from tests.api.test_generator import QUESTION, answers
from tests.chat_server import ChatServer, chatting, piece, sends, status

Events = list[tuple[str, Any]]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder, upstream: ChatServer) -> Iterator[TestClient]:
    settings = settings_for(tmp_path_factory.mktemp("streams") / "data", answers=answers(upstream))
    with Services(settings, embedder=minilm) as services, TestClient(create_app(services)) as opened:
        opened.post("/v1/documents", files={"file": ("leave.md", LEAVE.encode())})
        yield opened


def events(text: str) -> Events:
    found = []
    for block in filter(None, text.split("\n\n")):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((lines["event"], json.loads(lines["data"])))
    return found


def streamed(client: TestClient, **more: Any) -> Events:
    reply = client.post("/v1/answers", json={"query": QUESTION, "stream": True, **more})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert (reply.headers["cache-control"], reply.headers["x-accel-buffering"]) == ("no-cache", "no")
    return events(reply.text)


def test_a_sentence_is_sent_when_it_is_verified(client: TestClient, upstream: ChatServer) -> None:
    said = [piece("Parental leave is thirty days. [1] It may be"), piece(" taken in nine parts. [1]", "stop")]
    upstream.mishaps += [sends(*said)]
    first, cited, last = streamed(client)
    assert first == ("token", {"text": "Parental leave is thirty days. [1]"})
    assert (cited[0], cited[1]["quote"]) == ("citation", "Parental leave is thirty days.")
    assert (last[0], last[1]["text"]) == ("answer", "Parental leave is thirty days. [1]")
    assert [one["text"] for one in last[1]["verification"]["removed"]] == ["It may be taken in nine parts."]


def test_the_header_asks_for_a_stream_as_well(client: TestClient) -> None:
    reply = client.post("/v1/answers", json={"query": QUESTION}, headers={"accept": "text/event-stream"})
    names = [name for name, _ in events(reply.text)]
    assert names == ["token", "token", "citation", "citation", "answer"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, text/event-stream", "application/json"),
        ("application/json, text/event-stream;q=0.1", "application/json"),
        ("text/event-stream; q=0, */*", "application/json"),
        ("*/*", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("Text/Event-Stream;q=x, */*", "text/event-stream"),
    ],
)
def test_the_header_says_what_is_preferred(client: TestClient, accept: str, kind: str) -> None:
    reply = client.post("/v1/answers", json={"query": QUESTION}, headers={"accept": accept})
    assert reply.headers["content-type"].startswith(kind)


def test_the_whole_answer_is_the_one_that_json_gives(client: TestClient) -> None:
    plain = client.post("/v1/answers", json={"query": QUESTION}).json()
    whole = streamed(client)[-1][1]
    for answer in (plain, whole):
        answer.pop("timings"), answer.pop("trace_id")
    assert whole == plain


def test_a_failure_comes_as_an_event_with_what_was_found(client: TestClient, upstream: ChatServer) -> None:
    upstream.mishaps += [sends(piece("Parental leave is thirty days. [1] It is"))]
    token, error = streamed(client)
    assert token[1]["text"] == "Parental leave is thirty days. [1]"
    assert (error[0], error[1]["status"]) == ("error", 503)
    assert error[1]["citations"][0]["quote"] == "Parental leave is thirty days."


def test_a_refusal_is_an_answer_without_tokens(client: TestClient, upstream: ChatServer) -> None:
    upstream.mishaps += [sends(piece("I don't know.", "stop"))]
    ((name, answer),) = streamed(client)
    assert (name, answer["refused"], answer["citations"]) == ("answer", True, [])


def test_what_is_wrong_with_the_question_has_a_status(client: TestClient) -> None:
    assert client.post("/v1/answers", json={"query": "x", "stream": True, "collection": "none"}).status_code == 404
    wrong = client.post("/v1/answers", json={"query": "x", "stream": True, "filters": {"a": {"$no": 1}}})
    assert wrong.status_code == 400
    ((name, problem),) = streamed(client, filters={"unheard_of": 1})
    assert (name, problem["status"]) == ("error", 400)
    assert "unheard_of" in problem["detail"]


def test_no_stream_without_asking(client: TestClient, upstream: ChatServer) -> None:
    upstream.mishaps += [status(400)]
    assert client.post("/v1/answers", json={"query": QUESTION}).status_code == 503


def test_quotes_are_streamed_too(tmp_path: Path, minilm: Embedder) -> None:
    with (
        Services(settings_for(tmp_path / "data"), embedder=minilm) as services,
        TestClient(create_app(services)) as client,
    ):
        client.post("/v1/documents", files={"file": ("leave.md", LEAVE.encode())})
        *tokens, citation, answer = streamed(client)
    assert "".join(event["text"] for name, event in tokens if name == "token") == answer[1]["text"]
    assert (citation[0], answer[1]["verification"]) == ("citation", None)


class Slow:
    """Events that come when they are let, and what became of them."""

    def __init__(self) -> None:
        self.go_on, self.ended = asyncio.Event(), False

    async def events(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"data: 1\n\n"
            await self.go_on.wait()
            yield b"data: 2\n\n"
        finally:
            self.ended = True


def read(slow: Slow) -> Any:
    return event_stream(slow.events()).body_iterator


def test_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streams.SILENCE_S", 0.01)

    async def run() -> None:
        slow = Slow()
        parts = read(slow)
        assert await anext(parts) == b"data: 1\n\n"
        assert [await anext(parts) for _ in range(3)] == [b": still at work\n\n"] * 3
        slow.go_on.set()
        rest = [part async for part in parts if not part.startswith(b":")]
        assert (rest, slow.ended) == ([b"data: 2\n\n"], True)

    asyncio.run(run())


@pytest.mark.parametrize("silence_s", [0.01, 60.0])
def test_who_leaves_ends_the_work(monkeypatch: pytest.MonkeyPatch, silence_s: float) -> None:
    monkeypatch.setattr("api.streams.SILENCE_S", silence_s)

    async def run() -> None:
        slow = Slow()

        async def reading() -> None:
            async for _ in read(slow):
                pass

        task = asyncio.create_task(reading())
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait((task,))
        await asyncio.sleep(0.1)
        assert (task.cancelled(), slow.ended) == (True, True)

    asyncio.run(run())


@pytest.mark.parametrize("heard", [1, 3])
def test_closing_a_stream_ends_the_work(monkeypatch: pytest.MonkeyPatch, heard: int) -> None:
    """After an event, or in a silence."""
    monkeypatch.setattr("api.streams.SILENCE_S", 0.01)

    async def run() -> None:
        slow = Slow()
        parts = read(slow)
        for _ in range(heard):
            await anext(parts)
        await parts.aclose()
        await asyncio.sleep(0.1)
        assert slow.ended

    asyncio.run(run())


def test_the_official_client_bears_comments(
    tmp_path: Path, upstream: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.streams.SILENCE_S", 0.001)
    with services_on(tmp_path / "data", answers=answers(upstream)) as services, serving(services, keys=False) as url:
        files = {"file": ("leave.md", LEAVE.encode())}
        httpx.post(f"{url}/documents", files=files, timeout=60).raise_for_status()
        upstream.mishaps += [sends(piece("I don't know.", "stop"))] * 2
        asked = {"model": "small", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
        assert ": still at work" in httpx.post(f"{url}/chat/completions", json=asked, timeout=60).text
        with OpenAI(base_url=url, api_key="k", max_retries=0) as client:
            messages: Any = [{"role": "user", "content": QUESTION}]
            stream = client.chat.completions.create(model="small", messages=messages, stream=True)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.startswith("I don't know")
