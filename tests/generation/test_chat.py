"""A chat server that misbehaves, over a real socket."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from email.utils import formatdate

import psutil
import pytest

from generation.generators.chat import ChatGenerator, ChatOptions
from generation.ports import Generator
from generation.types import Usage
from ingest.errors import TooSlowError
from retrieval.http import RefusedError
from tests.chat_server import KEY, ChatServer, Mishap, answer, chatting, drips, event, piece, sends, silent, status
from tests.generation.draining import PROMPT, drained, fails

LIMIT_S = 1.5
MARGIN_S = 10.0
"""For a busy machine; what is to be left in time lasts longer."""
THINKING = event({"choices": [{"delta": {"reasoning_content": "Hm."}, "finish_reason": None}]})


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chatting() as running:
        yield running


def chat(server: ChatServer, first_s: float = LIMIT_S, between_s: float = LIMIT_S, key: str | None = KEY) -> Generator:
    return ChatGenerator(server.url, "small", key, ChatOptions(32, 0.0, first_s, between_s))


def test_what_is_asked_and_what_is_read(server: ChatServer) -> None:
    said = asyncio.run(drained(chat(server)))
    assert said == ["The v", "ault is in Bremen. [1]", Usage(90, 7)]
    ((path, body),) = server.requests
    assert path == "/v1/chat/completions"
    messages = body.pop("messages")
    assert [one["role"] for one in messages] == ["system", "user"]
    assert body == {
        "model": "small",
        "max_tokens": 32,
        "temperature": 0.0,
        "seed": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("mishap", [status(500), status(429), status(408), status(503, retry_after="0"), silent(0)])
def test_a_server_in_trouble_is_asked_again(server: ChatServer, mishap: Mishap) -> None:
    server.mishaps += [mishap, mishap]
    assert asyncio.run(drained(chat(server, first_s=20)))[-1] == Usage(90, 7)
    assert len(server.requests) == 3


@pytest.mark.parametrize("code", [500, 502, 503, 504, 429, 408])
def test_after_two_further_tries_it_is_given_up(server: ChatServer, code: int) -> None:
    server.mishaps += [status(code)] * 9
    error, _ = fails(chat(server, first_s=20))
    assert f"does not answer (status {code}, 3 tries); see that it runs and has time" in str(error)
    assert len(server.requests) == 3


def test_a_pause_that_the_server_asks_for_is_made(server: ChatServer) -> None:
    server.mishaps += [status(429, retry_after="1")]
    started = time.monotonic()
    asyncio.run(drained(chat(server, first_s=20)))
    assert time.monotonic() - started >= 1
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "after",
    ["60", "9" * 400, formatdate(time.time() + 3600, usegmt=True)],
    ids=["a minute", "for ever", "a date"],  # processes that collect the tests must find the same names
)
def test_a_pause_that_is_too_long_is_not_waited_for(server: ChatServer, after: str) -> None:
    server.mishaps += [status(429, retry_after=after)]
    error, seconds = fails(chat(server, first_s=90))
    assert "(status 429, 1 try)" in str(error)
    assert len(server.requests) == 1
    assert seconds < 5


def test_a_pause_longer_than_the_first_token_may_take_is_not_begun(server: ChatServer) -> None:
    server.mishaps += [status(429, retry_after="60")]
    _, seconds = fails(chat(server))
    assert seconds < LIMIT_S + MARGIN_S
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 404, 422, 301])
def test_a_refused_request_is_not_made_again(server: ChatServer, code: int) -> None:
    server.mishaps += [status(code, location="/elsewhere")]
    error, _ = fails(chat(server, first_s=20))
    assert isinstance(error, RefusedError)
    assert f"refuses the request (status {code}); check answers.url, answers.model" in str(error)
    assert len(server.requests) == 1


def test_a_model_that_calls_the_limit_otherwise_is_asked_so_from_then_on(server: ChatServer) -> None:
    told = json.dumps({"error": {"message": "'max_tokens' is not supported. Use 'max_completion_tokens' instead."}})
    server.mishaps += [lambda handler: handler.reply(400, told.encode())]
    asked = chat(server, first_s=20)
    for _ in range(2):
        assert asyncio.run(drained(asked))[-1] == Usage(90, 7)
    assert "max_completion_tokens" not in server.requests[0][1]
    for _, body in server.requests[1:]:
        assert body["max_completion_tokens"] == 32
        assert not body.keys() & {"max_tokens", "temperature", "seed"}
    assert len(server.requests) == 3


def test_that_it_calls_the_limit_otherwise_is_heard_once(server: ChatServer) -> None:
    server.mishaps += [lambda handler: handler.reply(400, b"max_completion_tokens")] * 2
    error, _ = fails(chat(server, first_s=20))
    assert isinstance(error, RefusedError)
    assert len(server.requests) == 2


@pytest.mark.parametrize("key", [None, "sk-other"])
def test_a_refused_key_is_told_and_not_shown(server: ChatServer, key: str | None) -> None:
    error, _ = fails(chat(server, first_s=20, key=key))
    assert "refuses the key (status 401); set answers.api_key" in str(error)
    assert "sk-other" not in str(error)


def test_a_server_that_is_not_there(server: ChatServer) -> None:
    server.server_close()
    error, _ = fails(chat(server, first_s=20))
    assert "does not answer (ConnectError, 3 tries)" in str(error)


SLOW: dict[str, tuple[Mishap, str]] = {
    "hangs before the first byte": (silent(60), "first_token_s"),
    "hangs before the first token": (drips(b": ping\n\n", 0.05), "first_token_s"),
    "sends only a role": (drips(piece(""), 0.05), "first_token_s"),
    "sends bytes of an event that never ends": (drips(b"x", 0.05, b"data: "), "first_token_s"),
    "hangs after the first token": (drips(b": ping\n\n", 0.05, piece("The")), "between_tokens_s"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_server_is_left_in_time(server: ChatServer, name: str) -> None:
    mishap, setting = SLOW[name]
    server.mishaps += [mishap]
    error, seconds = fails(chat(server))
    assert isinstance(error, TooSlowError)
    assert f"sent no token within 1.5 s; see that it has time, or raise answers.{setting}" in str(error)
    assert seconds < LIMIT_S + MARGIN_S
    assert len(server.requests) == 1


def test_a_slow_drip_of_tokens_is_an_answer(server: ChatServer) -> None:
    text = "It drips. " * 10
    server.mishaps += [sends(*answer(*text), pause_s=0.02)]
    said = asyncio.run(drained(chat(server)))
    assert "".join(str(one) for one in said[:-1]) == text


def test_thoughts_are_signs_of_life_and_no_text(server: ChatServer) -> None:
    server.mishaps += [sends(*[THINKING] * 100, *answer("Done."), pause_s=0.02)]
    assert asyncio.run(drained(chat(server))) == ["Done.", Usage(90, 7)]


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (("<think>It says nine. </think>\n\n", "\nNine. [1]"), "Nine. [1]"),
        (("\n", "<thi", "nk>\nNine", "?</", "th", "ink>", "\n", "Nine. [1]"), "Nine. [1]"),
        (("<think></think>", "<think>Hm.</think>Nine. [1]"), "Nine. [1]"),
        (("Nine. ", "<think>Hm.</think> [1]"), "Nine. <think>Hm.</think> [1]"),
        (("<thin", "king>Nine. [1] Or ten?</THINK", "ING>\n", "Nine. [1]"), "Nine. [1]"),
        (("[THINK]Hm.[/THINK]", "Nine. [1]"), "Nine. [1]"),
        (("<|channel|>analysis<|message|>Nine?<|end|><|start|>assistant", "<|channel|>final<|message|>Nine."), "Nine."),
        (("<", "5 mm [1]"), "<5 mm [1]"),
        (("<thi",), "<thi"),
    ],
)
def test_what_is_thought_before_the_answer_is_no_text(server: ChatServer, pieces: tuple[str, ...], said: str) -> None:
    server.mishaps += [sends(*answer(*pieces))]
    *found, usage = asyncio.run(drained(chat(server)))
    assert ("".join(map(str, found)), usage) == (said, Usage(90, 7))


@pytest.mark.parametrize(
    "parts",
    [
        answer("<think>Hm. ", "Let me see"),
        answer("<think>Hm.</think>", "\n"),
        [THINKING, *answer()],
        [piece(""), piece(None, "length")],
    ],
    ids=["cut", "closed", "apart", "unseen"],
)
def test_thoughts_alone_say_what_used_up_the_answer(server: ChatServer, parts: list[bytes]) -> None:
    server.mishaps += [sends(*parts)]
    error, _ = fails(chat(server))
    assert "used up its answer before it said anything (answers.max_tokens is 32); switch its thinking off" in str(
        error
    )
    assert "The language model at http://127.0.0.1" in str(error)


UNTAGGED = [
    ("Okay. It says nine.", "\n</think>\nNine. [1]"),
    ("Hm.\n</thi", "nk>\n", "Nine. [1]"),
    ("\n", "</think>Nine."),
    ("It opens at nine. [1] So that's it.</thi", "nk>Nine. [1]"),
    ("It may be nine</Thinking>", "Nine. [1]"),
    ("I have to look. [/THINK] Nine.",),
]


@pytest.mark.parametrize("pieces", UNTAGGED)
def test_thoughts_that_nothing_opened_are_no_answer(server: ChatServer, pieces: tuple[str, ...]) -> None:
    server.mishaps += [sends(*answer(*pieces))]
    error, _ = fails(chat(server))
    assert "does not say where that begins; start its server with a reasoning parser" in str(error)


@pytest.mark.parametrize("said", ["It ends with </think>. [1]", "Thoughts:\n<think>\n</think>\n[1]", "Hm.\n</thinks>"])
def test_an_answer_may_speak_of_thoughts(server: ChatServer, said: str) -> None:
    server.mishaps += [sends(*answer(*said))]
    assert "".join(map(str, asyncio.run(drained(chat(server)))[:-1])) == said


BROKEN: dict[str, tuple[Mishap, str]] = {
    "is cut": (sends(piece("The"), piece(" office")), "an answer that breaks off"),
    "is cut in an event": (sends(piece("The"), b'data: {"choi'), "an answer that breaks off"),
    "loses the connection": (sends(piece("The"), content_length="9999"), "an answer that breaks off"),
    "is garbage": (sends(b"data: <html>\n\n"), "something that is no part of a chat completion"),
    "turns into garbage": (sends(piece("The"), event("{")), "something that is no part of a chat completion"),
    "is a list": (sends(event([1])), "something that is no part of a chat completion"),
    "has no choices": (sends(event({"object": "x"})), "something that is no part of a chat completion"),
    "has no delta": (sends(event({"choices": [{"text": "x"}]})), "something that is no part of a chat completion"),
    "has numbers for text": (
        sends(event({"choices": [{"delta": {"content": 7}}]})),
        "something that is no part of a chat completion",
    ),
    "is not a stream": (
        sends(json.dumps({"choices": [{"message": {"content": "x"}}]}).encode(), content_type="application/json"),
        "something that is no stream of events",
    ),
    "is a page": (sends(b"<p>Welcome</p>", content_type="text/html"), "something that is no stream of events"),
    "is an error": (sends(event({"error": {"message": "the words of a server"}})), "reports an error"),
    "becomes an error": (sends(piece("The"), event({"error": {"message": "the words of a server"}})), "reports an"),
    "is empty": (sends(*answer()), "an empty answer"),
    "has no end": (drips(piece("x" * 100), 0.001), "more than answers.max_tokens allows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_is_told(server: ChatServer, name: str) -> None:
    mishap, told = BROKEN[name]
    server.mishaps += [mishap]
    error, seconds = fails(chat(server))
    assert told in str(error)
    assert "The language model at http://127.0.0.1" in str(error)
    assert seconds < LIMIT_S + MARGIN_S
    assert len(server.requests) == 1


@pytest.mark.parametrize("reason", ["length", "content_filter"])
@pytest.mark.parametrize(
    ("usage", "told"), [(0, Usage(cut=True)), (7, Usage(90, 7, cut=True))], ids=["uncounted", "counted"]
)
def test_an_answer_that_was_cut_off_says_so(server: ChatServer, usage: int, told: Usage, reason: str) -> None:
    counted = event({"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": usage}})
    server.mishaps += [sends(piece("It op"), piece(None, reason), *[counted] * bool(usage), event("[DONE]"))]
    assert asyncio.run(drained(chat(server))) == ["It op", told]


@pytest.mark.parametrize(
    "end",
    [[piece(None, "stop")], [event("[DONE]")], [piece(None, "stop"), b"data: {"]],
    ids=["reason", "done", "cut"],
)
def test_an_end_that_is_told_in_one_way_is_an_end(server: ChatServer, end: list[bytes]) -> None:
    server.mishaps += [sends(piece("Done."), *end)]
    assert asyncio.run(drained(chat(server))) == ["Done."]


def test_a_stream_that_ends_before_it_begins_is_asked_for_again(server: ChatServer) -> None:
    server.mishaps += [sends(), sends(piece(None))]
    assert asyncio.run(drained(chat(server, first_s=20)))[-1] == Usage(90, 7)
    assert len(server.requests) == 3


def test_the_server_sees_at_once_that_nobody_listens(server: ChatServer) -> None:
    server.mishaps += [drips(piece("more "), 0.01)]

    async def leave() -> float:
        async with aclosing(chat(server).stream(PROMPT)) as pieces:
            async for _ in pieces:
                break
        left = time.monotonic()
        while not server.left and time.monotonic() < left + MARGIN_S:
            await asyncio.sleep(0.01)
        return server.left[0] - left

    assert asyncio.run(leave()) < MARGIN_S


def test_a_cancelled_task_closes_the_stream(server: ChatServer) -> None:
    server.mishaps += [drips(piece("more "), 0.01)]

    async def cancelled() -> None:
        task = asyncio.create_task(drained(chat(server)))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert settled(lambda: len(server.left) == 1)


def settled(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


@pytest.mark.slow
def test_nothing_is_left_behind_by_two_hundred_that_leave(server: ChatServer) -> None:
    server.mishaps += [drips(piece("more "), 0.01) for _ in range(200)]
    generator, process = chat(server, 20, 20), psutil.Process()

    async def leave() -> None:
        async with aclosing(generator.stream(PROMPT)) as pieces:
            async for _ in pieces:
                break

    async def all_of_them() -> int:
        for _ in range(20):
            await asyncio.gather(*[leave() for _ in range(10)])
        await asyncio.sleep(0.1)
        return len(asyncio.all_tasks())

    async def with_files() -> tuple[int, int]:
        before = process.num_fds()
        tasks = await all_of_them()
        while process.num_fds() > before and len(server.left) < 200:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        return tasks, process.num_fds() - before

    tasks, files = asyncio.run(with_files())
    assert tasks == 1
    assert files <= 0
    assert len(server.left) == 200
