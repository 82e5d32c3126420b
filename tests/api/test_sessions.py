"""Conversations over REST, on the real server with a language model behind it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.memory import _turns
from api.upkeep import Regularly
from generation.conversation.types import Exchange
from generation.types import Answer
from ingest.errors import UnavailableError
from ingest.library.pages import PageOf
from retrieval.types import Access
from tests.api.conftest import settings_for
from tests.api.openai.conftest import client_of, services_on, serving
from tests.api.test_generator import answers
from tests.chat_server import ChatServer, chatting, drips, piece, sends, status
from tests.eval.library import library
from tests.fakes import HashEmbedder

LIMITS = "The hotel limit in Singapore is 220 euros.\n\nThe hotel limit in Leeds is 180 euros.\n"
QUESTION, FOLLOW_UP = "What is the hotel limit in Singapore?", "And in Leeds?"
Make = Callable[..., str]
PAGE = PageOf()
_numbers = count()


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, upstream: ChatServer) -> Iterator[str]:
    data = tmp_path_factory.mktemp("sessions") / "data"
    with services_on(data, answers=answers(upstream)) as services, serving(services) as url:
        yield url


@pytest.fixture
def tenant() -> str:
    """That no other test uses."""
    return f"sessions-{next(_numbers)}"


@pytest.fixture
def client(address: str, tenant: str) -> Iterator[httpx.Client]:
    with of(address, f"{tenant}:hr") as opened:
        opened.post("documents", files={"file": ("limits.md", LIMITS.encode())}).raise_for_status()
        yield opened


def of(address: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"authorization": f"Bearer {key}"}, timeout=300)


@pytest.fixture
def make(client: httpx.Client) -> Make:
    def made(**body: Any) -> str:
        reply = client.post("sessions", json=body)
        assert reply.status_code == 201
        return str(reply.json()["id"])

    return made


def ask(client: httpx.Client, session: str, question: str = QUESTION, **more: Any) -> Any:
    reply = client.post("answers", json={"query": question, "session": session, **more})
    assert reply.status_code == 200, reply.text
    return reply


def turns(client: httpx.Client, session: str) -> list[Any]:
    found: list[Any] = client.get(f"sessions/{session}").json()["turns"]
    return found


def test_a_session_is_the_history_and_keeps_what_is_answered(client: httpx.Client, make: Make) -> None:
    session = make()
    first = ask(client, session).json()
    second = ask(client, session, FOLLOW_UP).json()
    assert second["query"] == "What is the hotel limit in Leeds?"
    whole = client.get(f"sessions/{session}").json()
    assert (whole["title"], whole["collection"]) == (QUESTION, "default")
    for turn, asked, answer in zip(whole["turns"], (QUESTION, FOLLOW_UP), (first, second), strict=True):
        assert (turn["question"], turn["standalone"]) == (asked, answer["query"])
        assert (turn["answer"], turn["refused"]) == (answer["text"], answer["refused"])
        assert (turn["citations"], turn["trace_id"]) == (answer["citations"], answer["trace_id"])
        assert turn["citations"]
    assert (
        whole["created_at"] < whole["turns"][0]["created_at"] < whole["updated_at"] == whole["turns"][1]["created_at"]
    )


def test_streams_are_kept_too(client: httpx.Client, make: Make) -> None:
    session = make()
    ask(client, session, stream=True)
    streamed = ask(client, session, FOLLOW_UP, stream=True).text
    assert "What is the hotel limit in Leeds?" in streamed
    assert [turn["question"] for turn in turns(client, session)] == [QUESTION, FOLLOW_UP]


def test_chat_completions_take_a_session(client: httpx.Client, make: Make, address: str, tenant: str) -> None:
    session = make()
    asked: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
    with client_of(address, f"{tenant}:hr") as chat:
        _complete(chat, asked, session)
        list(_complete(chat, [{"role": "user", "content": FOLLOW_UP}], session, stream=True))
        assert [turn["standalone"] for turn in turns(client, session)][1] == "What is the hotel limit in Leeds?"
        twice = [*asked, {"role": "assistant", "content": "220."}, {"role": "user", "content": FOLLOW_UP}]
        with pytest.raises(Exception, match="the question alone"):
            _complete(chat, twice, session)
        done: Any = chat.chat.completions.create(model="small", messages=twice)
        assert done.choices[0].message.content
    assert len(turns(client, session)) == 2


def _complete(chat: OpenAI, messages: Any, session: str, **more: Any) -> Any:
    return chat.chat.completions.create(model="small", messages=messages, extra_body={"session": session}, **more)


def test_what_fails_or_is_given_up_is_not_kept(client: httpx.Client, make: Make, upstream: ChatServer) -> None:
    session = make()
    upstream.mishaps += [status(400), sends(piece("The hotel limit in Singapore is 220 euros. [1] It is"))]
    body = {"query": QUESTION, "session": session}
    assert client.post("answers", json=body).status_code == 503
    assert "event: error" in client.post("answers", json={**body, "stream": True}).text
    upstream.mishaps += [drips(piece(" so"), 0.05, piece("The hotel limit in Singapore is 220 euros. [1] And"))]
    upstream.left.clear()
    with client.stream("POST", "answers", json={**body, "stream": True}) as reply:
        next(reply.iter_lines())
    gone = time.monotonic()
    while not upstream.left and time.monotonic() < gone + 5:
        time.sleep(0.01)
    assert upstream.left
    assert turns(client, session) == []
    assert client.get(f"sessions/{session}").json()["title"] == ""


def test_what_does_not_go_together_is_told(client: httpx.Client, make: Make) -> None:
    session = make(title="  Trips ")
    history = [{"role": "user", "content": QUESTION}]
    both = client.post("answers", json={"query": FOLLOW_UP, "session": session, "history": history})
    assert (both.status_code, "do not go together" in both.json()["detail"]) == (422, True)
    other = client.post("answers", json={"query": FOLLOW_UP, "session": session, "collection": "other"})
    assert (other.status_code, "about the collection 'default'" in other.json()["detail"]) == (400, True)
    assert client.post("answers", json={"query": FOLLOW_UP, "session": "none"}).status_code == 404
    assert client.post("sessions", json={"collection": "none"}).status_code == 404
    assert client.get("sessions", params={"after": "none"}).status_code == 400
    assert client.get(f"sessions/{session}").json()["title"] == "Trips"


def test_a_question_of_nulls_is_refused_and_harms_no_session(client: httpx.Client, make: Make) -> None:
    for query in ("\0", " \0 \0"):
        assert client.post("answers", json={"query": query, "session": make()}).status_code == 422


def test_what_is_read_of_a_session_is_what_was_understood() -> None:
    exchange = Exchange(0, "", "", "220 euros.", (), False, "t", datetime.now(UTC))
    assert [turn.content for turn in _turns(exchange)] == ["220 euros."]
    assert [turn.content for turn in _turns(replace(exchange, question="What?", answer=""))] == ["What?"]
    followed = replace(exchange, question=FOLLOW_UP, standalone="What is the hotel limit in Leeds?")
    assert [turn.content for turn in _turns(followed)] == ["What is the hotel limit in Leeds?", "220 euros."]


@pytest.mark.parametrize("key", ["{}", "{}:legal", "{}:hr,legal", "stranger:hr"])
def test_another_reader_has_no_such_session(
    client: httpx.Client, make: Make, address: str, tenant: str, key: str
) -> None:
    session = make()
    with of(address, key.format(tenant)) as other:
        assert other.get(f"sessions/{session}").status_code == 404
        assert other.patch(f"sessions/{session}", json={"title": "x"}).status_code == 404
        assert other.delete(f"sessions/{session}").status_code == 404
        assert other.post("answers", json={"query": "x", "session": session}).status_code == 404
        assert other.get("sessions").json() == {"sessions": [], "next": None}
    assert client.get(f"sessions/{session}").json()["title"] == ""


def test_a_page_follows_though_the_one_before_was_deleted(client: httpx.Client, make: Make) -> None:
    made = [make() for _ in range(3)]
    following = client.get("sessions", params={"limit": 2}).json()["next"]
    for session in made[1:]:
        client.delete(f"sessions/{session}").raise_for_status()
    rest = client.get("sessions", params={"limit": 2, "after": following}).json()
    assert [one["id"] for one in rest["sessions"]] == made[:1]
    for wrong in (made[1], "20250601T123000Z_x", "_"):
        assert client.get("sessions", params={"after": wrong}).status_code == 400


def test_sessions_are_listed_renamed_and_deleted(client: httpx.Client, make: Make) -> None:
    made = [make(title=str(number)) for number in range(3)]
    first = client.get("sessions", params={"limit": 2}).json()
    assert [one["id"] for one in first["sessions"]] == made[:0:-1]
    rest = client.get("sessions", params={"limit": 2, "after": made[1]}).json()
    assert ([one["id"] for one in rest["sessions"]], rest["next"]) == (made[:1], None)
    assert client.get("sessions", params={"limit": 2, "after": first["next"]}).json() == rest
    assert client.patch(f"sessions/{made[0]}", json={"title": "Trips"}).json()["title"] == "Trips"
    ask(client, made[0])
    assert client.delete(f"sessions/{made[0]}").json()["title"] == "Trips"
    assert client.get(f"sessions/{made[0]}").status_code == 404
    assert len(client.get("sessions").json()["sessions"]) == 2


def test_questions_at_once_are_all_kept_each_whole(client: httpx.Client, make: Make) -> None:
    session = make()
    questions = [f"What is the hotel limit in {place}?" for place in ("Singapore", "Leeds", "Porto", "Bremen")]
    with ThreadPoolExecutor(4) as pool:
        answered = dict(zip(questions, pool.map(lambda one: ask(client, session, one).json(), questions), strict=True))
    found = turns(client, session)
    assert sorted(turn["question"] for turn in found) == sorted(questions)
    assert all(turn["answer"] == answered[turn["question"]]["text"] for turn in found)


def test_without_rules_and_model_each_question_stands_alone(tmp_path: Path) -> None:
    with library(tmp_path / "data", {"rewriting": {"rules": False}}) as kb:
        kb.put("limits.md", LIMITS)
        client = TestClient(create_app(kb.services))
        session = client.post("/v1/sessions", json={"collection": "kb"}).json()["id"]
        for question in (QUESTION, FOLLOW_UP):
            reply = client.post("/v1/answers", json={"query": question, "session": session})
            assert (reply.status_code, reply.json()["query"]) == (200, question)
        assert len(client.get(f"/v1/sessions/{session}").json()["turns"]) == 2


def test_a_collection_that_is_named_is_that_of_the_session(tmp_path: Path) -> None:
    with library(tmp_path / "data", {}) as kb:
        kb.put("limits.md", LIMITS)
        client = TestClient(create_app(kb.services))
        asked = {"query": QUESTION, "session": client.post("/v1/sessions", json={"collection": "kb"}).json()["id"]}
        said = {"model": "extractive", "session": asked["session"], "messages": [{"role": "user", "content": QUESTION}]}
        for named in ("default", "other"):
            assert client.post("/v1/answers", json={**asked, "collection": named}).status_code == 400
            assert client.post("/v1/chat/completions", json={**said, "collection": named}).status_code == 400
        for same in ({}, {"collection": "kb"}):
            assert client.post("/v1/answers", json={**asked, **same}).status_code == 200
            assert client.post("/v1/chat/completions", json={**said, **same}).status_code == 200


def test_old_sessions_are_forgotten_where_the_settings_say_so(tmp_path: Path) -> None:
    access = Access("acme")
    for keep_days, left in ((None, 1), (1, 1), (1e-9, 0)):
        settings = settings_for(tmp_path / str(keep_days), sessions={"keep_days": keep_days})
        with Services(settings, embedder=HashEmbedder()) as services:
            session = services.sessions.add(access, "default")
            services.sessions.append(session.id, "?", "?", Answer("!", (), (), 0.0, False, "t", "m"))
            time.sleep(timedelta(microseconds=200).total_seconds())
            services.warm_up()
            deadline = time.monotonic() + 10
            while len(services.sessions.page(access, PAGE)[0]) != left and time.monotonic() < deadline:
                time.sleep(0.01)
            services.close()
        with Services(settings, embedder=HashEmbedder()) as services:
            assert len(services.sessions.page(access, PAGE)[0]) == left


def test_repeated_work_goes_on_after_an_error_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    calls, enough = count(), threading.Event()

    def work() -> None:
        if next(calls) == 2:
            enough.set()
        raise UnavailableError("The catalog is gone.")

    repeated = Regularly(work, 0.01)
    repeated.start()
    assert enough.wait(10)
    repeated.close()
    done = next(calls)
    time.sleep(0.05)
    assert next(calls) == done + 1
    assert "The catalog is gone." in caplog.text
