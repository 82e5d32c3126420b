"""Chat completions with the official client."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from tests.api.conftest import LEAVE
from tests.api.openai.conftest import client_of, services_on, serving
from tests.api.test_generator import QUESTION, answers
from tests.chat_server import ChatServer, chatting, drips, piece, sends, status

ASKED: Any = [{"role": "system", "content": "Be a pirate."}, {"role": "user", "content": QUESTION}]


LONG_PARTS = [{"type": "text", "text": "x" * 15_000}] * 2


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, upstream: ChatServer) -> Iterator[str]:
    data = tmp_path_factory.mktemp("chat") / "data"
    with services_on(data, answers=answers(upstream)) as services, serving(services) as url:
        yield url


@pytest.fixture(scope="module")
def chat(address: str) -> Iterator[OpenAI]:
    with client_of(address, "acme") as opened:
        sent = {"file": ("leave.md", LEAVE.encode())}
        httpx.post(
            f"{address}/documents", files=sent, headers={"authorization": "Bearer acme"}, timeout=60
        ).raise_for_status()
        yield opened


def test_an_answer_with_its_citations(chat: OpenAI, upstream: ChatServer) -> None:
    done = chat.chat.completions.create(model="small", messages=ASKED, temperature=0.2, max_tokens=100)
    (choice,) = done.choices
    assert choice.message.content == "Parental leave is thirty days. [1] It may be taken in two parts. [1]"
    assert (choice.finish_reason, done.model) == ("stop", "small")
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens == 97
    extension: Any = done.model_extra
    assert extension["citewell"]["citations"][0]["quote"].startswith("Parental leave is thirty days.")
    assert "pirate" not in str(upstream.requests[-1])


def test_parameters_that_change_no_answer_are_not_heeded(chat: OpenAI) -> None:
    passed: Any = {
        "n": 1,
        "logprobs": False,
        "top_logprobs": 0,
        "logit_bias": {"50256": -100},
        "reasoning_effort": "low",
        "response_format": {"type": "text"},
        "tools": [],
        "parallel_tool_calls": True,
        "tool_choice": "none",
        "modalities": ["text"],
        "service_tier": "auto",
        "prompt_cache_key": "a",
        "verbosity": "low",
        "extra_body": {"top_k": 20},
    }
    done = chat.chat.completions.create(model="small", messages=ASKED, **passed)
    assert (done.choices[0].message.content or "").startswith("Parental leave is thirty days.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 2},
        {"logprobs": True},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"tool_choice": "required"},
        {"modalities": ["text", "audio"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_parameters_that_want_another_kind_of_answer_are_refused(chat: OpenAI, wrong: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="must be left out: an answer is one text") as raised:
        chat.chat.completions.create(**{"model": "small", "messages": ASKED, **wrong})
    assert raised.value.param == next(iter(wrong))


def test_messages_that_are_not_read_may_be_long(chat: OpenAI) -> None:
    old: Any = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": LONG_PARTS}]
    messages: Any = [{"role": "system", "content": "x" * 50_000}, *old, *ASKED]
    done = chat.chat.completions.create(model="small", messages=messages)
    assert (done.choices[0].message.content or "").startswith("Parental leave is thirty days.")


def test_an_answer_may_be_sent_back_as_it_came(chat: OpenAI) -> None:
    first = chat.chat.completions.create(model="small", messages=ASKED).choices[0].message
    silent: Any = {"role": "assistant", "content": None}
    noted = {**first.model_dump(), "annotations": [], "tool_calls": []}
    messages: Any = [*ASKED, first.model_dump(), *ASKED, noted, *ASKED, silent, *ASKED]
    again = chat.chat.completions.create(model="small", messages=messages, stream=None)
    assert again.choices[0].message.content == first.content


def test_a_stream_says_the_same(chat: OpenAI) -> None:
    options: Any = {"include_usage": True}
    chunks = list(chat.chat.completions.create(model="small", messages=ASKED, stream=True, stream_options=options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "Parental leave is thirty days. [1] It may be taken in two parts. [1]"
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-2].choices[0].finish_reason == "stop"
    extension: Any = chunks[-2].model_extra
    assert extension["citewell"]["citations"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 7


def test_an_answer_that_the_limit_cut_off_says_length(chat: OpenAI, upstream: ChatServer) -> None:
    cut = sends(piece("Parental leave is thirty days. [1] It may be"), piece(None, "length"))
    upstream.mishaps += [cut, cut]
    (choice,) = chat.chat.completions.create(model="small", messages=ASKED).choices
    *_, last = chat.chat.completions.create(model="small", messages=ASKED, stream=True)
    assert choice.message.content == "Parental leave is thirty days. [1]"
    assert (choice.finish_reason, last.choices[0].finish_reason) == ("length", "length")


async def in_a_stream(address: str) -> str:
    async with AsyncOpenAI(base_url=address, api_key="acme", max_retries=0) as client:
        stream = await client.chat.completions.create(model="small", messages=ASKED, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


def test_the_asynchronous_client(chat: OpenAI, address: str) -> None:
    assert asyncio.run(in_a_stream(address)).endswith("[1]")


def test_a_refusal_is_said(chat: OpenAI, upstream: ChatServer) -> None:
    upstream.mishaps += [sends(piece("I don't know.", "stop")), sends(piece("I don't know.", "stop"))]
    done = chat.chat.completions.create(model="small", messages=ASKED)
    assert (done.choices[0].message.content or "").startswith("I don't know: ")
    stream = chat.chat.completions.create(model="small", messages=ASKED, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.startswith("I don't know: ")


def test_a_model_that_fails(chat: OpenAI, upstream: ChatServer) -> None:
    upstream.mishaps += [status(400), sends(piece("Parental leave is thirty days. [1] It is"))]
    with pytest.raises(openai.InternalServerError) as raised:
        chat.chat.completions.create(model="small", messages=ASKED)
    assert raised.value.status_code == 503
    body: Any = raised.value.body
    assert body["citations"][0]["quote"].startswith("Parental leave is thirty days.")
    stream = chat.chat.completions.create(model="small", messages=ASKED, stream=True)
    with pytest.raises(openai.APIError, match="breaks off"):
        list(stream)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError),
        ({"messages": [{"role": "assistant", "content": "x"}]}, openai.BadRequestError),
        ({"messages": []}, openai.BadRequestError),
        ({"messages": [{"role": "user", "content": None}]}, openai.BadRequestError),
        ({"messages": [{"role": "user", "content": "x" * 10_001}]}, openai.BadRequestError),
        ({"messages": [{"role": "assistant", "content": "x", "tool_calls": [{}]}, *ASKED]}, openai.BadRequestError),
        ({"extra_body": {"colection": "x"}}, openai.BadRequestError),
        ({"extra_body": {"collection": "none"}}, openai.NotFoundError),
    ],
)
def test_what_cannot_be_asked(chat: OpenAI, wrong: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        chat.chat.completions.create(**{"model": "small", "messages": ASKED, **wrong})


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"messages": ASKED, "stop": 5}, "stop"),
        ({"messages": ASKED, "metadata": {"list": 5}}, "metadata.list"),
    ],
)
def test_the_field_that_is_wrong_is_named_alone(chat: OpenAI, wrong: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError, match=f"body.{param}: ") as raised:
        chat.chat.completions.create(model="small", **wrong)
    assert raised.value.param == param


def test_a_body_that_is_no_json(chat: OpenAI, address: str) -> None:
    headers = {"authorization": "Bearer acme", "content-type": "application/json"}
    refused = httpx.post(f"{address}/chat/completions", content=b"{", headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, None)


def test_another_tenant_finds_nothing(chat: OpenAI, address: str) -> None:
    with client_of(address, "rival") as other:
        done = other.chat.completions.create(model="small", messages=ASKED)
    assert "thirty" not in (done.choices[0].message.content or "")


def test_whoever_goes_away_stops_the_model(chat: OpenAI, upstream: ChatServer) -> None:
    first = piece("Parental leave is thirty days. [1] And")
    upstream.mishaps += [drips(piece(" so"), 0.05, first)]
    upstream.left.clear()
    stream = chat.chat.completions.create(model="small", messages=ASKED, stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    gone = time.monotonic()
    stream.close()
    while not upstream.left and time.monotonic() < gone + 5:
        time.sleep(0.01)
    assert upstream.left
    assert upstream.left[0] - gone < 1.0
