"""Language models that fail in every way, seen through our server by the official client: an error in time, with what
was found, after at most two further tries."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.api.conftest import LEAVE
from tests.api.openai.conftest import client_of, services_on, serving
from tests.api.test_generator import QUESTION, answers
from tests.api.test_streams import events
from tests.chat_server import ChatServer, Mishap, chatting, drips, event, piece, sends, silent, status

LIMIT_S, MARGIN_S = 1.5, 10.0
"""The margin is for a busy machine; what is to be left in time lasts longer."""
KEY = {"authorization": "Bearer acme"}
ASKED: Any = [{"role": "user", "content": QUESTION}]
SENTENCE = "Parental leave is thirty days. [1]"
FIRST = piece(f"{SENTENCE} It may be")

# What the upstream does at each try; the status that comes of it; what is told; how often it is asked.
MISHAPS: dict[str, tuple[list[Mishap], int, str, int]] = {
    "answers 500 three times": ([status(500)] * 3, 503, "does not answer (status 500, 3 tries)", 3),
    "answers 500, then 503, then 429": ([status(500), status(503), status(429)], 503, "status 429, 3 tries", 3),
    "refuses": ([status(400)], 503, "refuses the request (status 400)", 1),
    "hangs": ([silent(60)], 504, "answers.first_token_s", 1),
    "answers 500, then hangs": ([status(500), silent(60)], 504, "answers.first_token_s", 2),
    "drips without a word": ([drips(b": ping\n\n", 0.05)], 504, "answers.first_token_s", 1),
    "hangs after a word": ([drips(b": ping\n\n", 0.05, FIRST)], 504, "answers.between_tokens_s", 1),
    "cuts the stream": ([sends(FIRST)], 503, "an answer that breaks off", 1),
    "cuts the connection": ([sends(FIRST, content_length="9999")], 503, "an answer that breaks off", 1),
    "sends garbage": ([sends(b"data: <html>\n\n")], 503, "no part of a chat completion", 1),
    "turns to garbage": ([sends(FIRST, event("{"))], 503, "no part of a chat completion", 1),
    "sends a page": ([sends(b"<p>Hello</p>", content_type="text/html")], 503, "no stream of events", 1),
    "reports an error": ([sends(event({"error": {"message": "its words"}}))], 503, "reports an error", 1),
    "says nothing": ([sends(piece(""), piece(None, "stop"))], 503, "an empty answer", 1),
}
WITHOUT_A_CLIENT = ("answers 500 three times", "hangs", "hangs after a word", "turns to garbage")
"""The mishaps that our own routes are tried with as well."""
WITH_A_SENTENCE = {"hangs after a word", "cuts the stream", "cuts the connection", "turns to garbage"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, upstream: ChatServer) -> Iterator[str]:
    limits = {"first_token_s": LIMIT_S, "between_tokens_s": LIMIT_S}
    data = tmp_path_factory.mktemp("upstream") / "data"
    with services_on(data, answers=answers(upstream, **limits)) as services, serving(services) as url:
        files = {"file": ("leave.md", LEAVE.encode())}
        httpx.post(f"{url}/documents", files=files, headers=KEY, timeout=300).raise_for_status()
        yield url


@pytest.fixture(scope="module")
def chat(address: str) -> Iterator[OpenAI]:
    with client_of(address, "acme") as opened:
        yield opened


@pytest.fixture(scope="module")
def plain(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers=KEY, timeout=60) as opened:
        yield opened


@pytest.fixture(params=MISHAPS)
def mishap(request: pytest.FixtureRequest, upstream: ChatServer, chat: OpenAI) -> str:
    """The circuit breaker is closed, and the upstream will fail."""
    upstream.mishaps.clear()
    chat.chat.completions.create(model="small", messages=ASKED)
    upstream.requests.clear()
    upstream.mishaps += MISHAPS[request.param][0]
    return str(request.param)


def check(mishap: str, upstream: ChatServer, told: str, citations: Any, hits: Any, seconds: float) -> None:
    _, _, expected, tries = MISHAPS[mishap]
    assert expected in told
    assert "its words" not in told
    assert citations[0]["quote"] == "Parental leave is thirty days."
    assert hits[citations[0]["marker"] - 1]["title"] == "Leave"
    assert seconds < LIMIT_S + MARGIN_S
    asked = [path for path, _ in upstream.requests if path.endswith("/chat/completions")]
    assert len(asked) == tries <= 3


def test_a_completion(chat: OpenAI, upstream: ChatServer, mishap: str) -> None:
    started = time.monotonic()
    with pytest.raises(openai.InternalServerError) as raised:
        chat.chat.completions.create(model="small", messages=ASKED)
    seconds = time.monotonic() - started
    body: Any = raised.value.body
    assert raised.value.status_code == MISHAPS[mishap][1]
    check(mishap, upstream, body["message"], body["citations"], body["hits"], seconds)


def test_a_stream(chat: OpenAI, upstream: ChatServer, mishap: str) -> None:
    started, said = time.monotonic(), ""
    with pytest.raises(openai.APIError) as raised:
        for chunk in chat.chat.completions.create(model="small", messages=ASKED, stream=True):
            said += chunk.choices[0].delta.content or ""
    seconds = time.monotonic() - started
    body: Any = raised.value.body
    assert said == (SENTENCE if mishap in WITH_A_SENTENCE else "")
    check(mishap, upstream, raised.value.message, body["citations"], body["hits"], seconds)


@pytest.mark.parametrize("mishap", WITHOUT_A_CLIENT, indirect=True)
def test_an_answer(plain: httpx.Client, upstream: ChatServer, mishap: str) -> None:
    started = time.monotonic()
    reply = plain.post("/answers", json={"query": QUESTION})
    seconds = time.monotonic() - started
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (MISHAPS[mishap][1],) * 2
    check(mishap, upstream, problem["detail"], problem["citations"], problem["hits"], seconds)


@pytest.mark.parametrize("mishap", WITHOUT_A_CLIENT, indirect=True)
def test_an_answer_in_a_stream(plain: httpx.Client, upstream: ChatServer, mishap: str) -> None:
    started = time.monotonic()
    reply = plain.post("/answers", json={"query": QUESTION, "stream": True})
    seconds = time.monotonic() - started
    *tokens, (name, problem) = events(reply.text)
    assert [token["text"] for _, token in tokens] == ([SENTENCE] if mishap in WITH_A_SENTENCE else [])
    assert (name, problem["status"]) == ("error", MISHAPS[mishap][1])
    check(mishap, upstream, problem["detail"], problem["citations"], problem["hits"], seconds)


def test_a_slow_drip_of_words_is_an_answer(chat: OpenAI, upstream: ChatServer) -> None:
    upstream.mishaps[:] = [sends(*map(piece, SENTENCE), piece(None, "stop"), pause_s=0.06)]
    done = chat.chat.completions.create(model="small", messages=ASKED)
    assert done.choices[0].message.content == SENTENCE
