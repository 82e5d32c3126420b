"""Judge and endpoint, against a server that speaks OpenAI's protocol over a real socket."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import yaml

import retrieval.llm
from eval.experiment.outcomes import Answered, IndexFigures, Outcome, Result
from eval.judge import agreement, check, judge
from ingest.errors import InvalidError, UnavailableError
from retrieval.http import RefusedError, without_secrets
from retrieval.llm import TRIES, ChatModel, key_from
from retrieval.queries.rewriting import rewritten
from tests.eval.conftest import run_again
from tests.serving import in_a_thread


class Endpoint(BaseHTTPRequestHandler):
    """Says yes to answers that hold the reference word for word; other replies by what the question asks for."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append({"path": self.path, "key": self.headers.get("authorization"), **body})
        prompt = body["messages"][0]["content"]
        if "BROKEN" in prompt:
            self._reply(200, {"choices": []})
        elif "DOWN" in prompt:
            self._reply(503, {"error": "overloaded"})
        else:
            gold = prompt.split("Reference answer: ")[1].split("\n")[0]
            answer = prompt.split("Answer to check: ")[1].split("\n")[0]
            said = "Perhaps." if "UNCLEAR" in prompt else "Yes." if gold in answer else "no"
            self._reply(200, {"choices": [{"message": {"role": "assistant", "content": said}}]})

    def _reply(self, status: int, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Endpoint.seen = []
    with in_a_thread(ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"


def outcome(key: str, text: str, answer: str, right: bool, refused: bool = False) -> Outcome:
    told = Answered(answer, refused, 0.9, right, ())
    return Outcome(key, text, True, (), ("thirty days",), {"answered_right": float(right)}, answer=told)


def test_the_judge_and_how_far_it_agrees(url: str) -> None:
    asked = [
        outcome("right", "How long?", "It is thirty days [1]", True),
        outcome("wrong", "How long?", "Two parts [1]", False),
        outcome("lucky", "How long?", "Some thirty days [1]", False),
        outcome("unclear", "UNCLEAR?", "Two parts [1]", False),
        outcome("refused", "How long?", "I don't know", False, refused=True),
    ]
    with ChatModel(url, "judge-1", "secret") as model:
        judged = judge(asked, model)
    assert [one.metrics.get("judged_right") for one in judged] == [1.0, 0.0, 1.0, None, None]
    assert [one["path"] for one in Endpoint.seen] == ["/v1/chat/completions"] * 4
    assert {(one["model"], one["key"], one["temperature"]) for one in Endpoint.seen} == {
        ("judge-1", "Bearer secret", 0)
    }
    found = agreement(Result("c", "d", IndexFigures("k", 1, 1, 0, 0.0, 0.0), judged))
    assert found is not None
    assert (found.judged, found.unclear) == (3, 1)
    assert found.share == pytest.approx(2 / 3)
    assert found.kappa == pytest.approx(0.4)


def scripted(*told: int | str | Exception | None) -> tuple[ChatModel, list[float]]:
    """A model that gives one status, reply or error after the other, the last one for ever, and how long it waits
    between them."""
    left, waits = list(told), list[float]()

    def answer(request: httpx.Request) -> httpx.Response:
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        if isinstance(one, int):
            return httpx.Response(one)
        return httpx.Response(200, json={"choices": [{"message": {"content": one}}]})

    return ChatModel("http://llm/v1", "judge-1", None, httpx.MockTransport(answer), waits.append), waits


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("No, the answer", 0.0),
        ("Yes, it does", 1.0),
        ("**Yes**", 1.0),
        ('"no."', 0.0),
        ("Nothing says so", None),
        ("Yesterday", None),
        ("", None),
    ],
)
def test_the_first_word_of_a_reply_is_the_verdict(reply: str, verdict: float | None) -> None:
    model, _ = scripted(reply)
    (judged,) = judge([outcome("q", "How long?", "Thirty days [1]", True)], model)
    assert judged.metrics.get("judged_right") == verdict


@pytest.mark.parametrize("trouble", [429, 503, httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
def test_a_busy_endpoint_is_asked_again(trouble: int | Exception) -> None:
    model, waits = scripted(trouble, trouble, "yes")
    assert model.complete("x", 3) == "yes"
    assert len(waits) == 2
    assert 1 <= waits[0] <= 2 <= waits[1] <= 3


def test_a_reply_without_text_is_empty() -> None:
    model, _ = scripted(None, None, None)
    assert model.complete("x", 3) == ""
    assert rewritten("leave days", model) == "leave days"
    (judged,) = judge([outcome("q", "How long?", "Thirty days [1]", True)], model)
    assert "judged_right" not in judged.metrics


def test_a_reasoning_model_is_told_its_limit_by_the_name_that_it_wants() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        if "max_tokens" in bodies[-1]:
            return httpx.Response(400, text="'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
        return httpx.Response(200, json={"choices": [{"message": {"content": "yes"}}]})

    model = ChatModel("http://llm/v1", "o9", None, httpx.MockTransport(answer))
    assert (model.complete("x", 3), model.complete("y", 3)) == ("yes", "yes")
    assert [body.get("max_completion_tokens") for body in bodies] == [None, 3, 3]
    assert "temperature" not in bodies[1]


def test_what_a_server_says_of_a_refusal_is_not_shown() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(400, text="max_completion_tokens of sk-secret"))
    with pytest.raises(RefusedError, match="status 400") as told:
        ChatModel("http://llm/v1", "o9", "sk-secret", transport).complete("x", 3)
    assert "secret" not in str(told.value)


def test_what_cannot_succeed_is_not_asked_again() -> None:
    model, waits = scripted(401)
    with pytest.raises(UnavailableError, match="check its URL, its model name and its key"):
        check(model)
    assert waits == []


def test_a_judge_that_thinks_aloud_first_is_refused() -> None:
    model, _ = scripted("<think>The user")
    with pytest.raises(UnavailableError, match="said '<think>The user'; name a model that answers at once"):
        check(model)
    model, _ = scripted("Yes.")
    check(model)


def test_where_the_endpoint_fails_the_verdict_stays_open() -> None:
    asked = [outcome(str(number), "How long?", "Thirty days [1]", True) for number in range(5)]
    model, _ = scripted(401, 401, "yes")
    assert [one.metrics.get("judged_right") for one in judge(asked, model)] == [None, None, 1.0, 1.0, 1.0]
    dead, waits = scripted(503)
    judged = judge(asked, dead)
    assert judged == tuple(asked)
    assert len(waits) == 3 * (TRIES - 1)  # two questions are not asked any more
    assert agreement(Result("c", "d", IndexFigures("k", 1, 1, 0, 0.0, 0.0), judged)) is None


@pytest.mark.parametrize("trouble", ["BROKEN", "DOWN"])
def test_an_endpoint_that_misbehaves_is_named(url: str, trouble: str) -> None:
    with (
        ChatModel(url, "judge-1", None, sleep=lambda seconds: None) as model,
        pytest.raises(UnavailableError, match=r"The language model at http://"),
    ):
        model.complete(trouble, 3)


def test_an_endpoint_that_is_not_there() -> None:
    with (
        ChatModel("http://user:secret@127.0.0.1:9/v1", "x", None, sleep=lambda seconds: None) as model,
        pytest.raises(UnavailableError, match=r"at http://127\.0\.0\.1:9/v1 does not answer"),
    ):
        model.complete("x", 3)


@pytest.mark.parametrize("address", ["localhost", "http://", "http://[", "http://host:x", "ftp://host/v1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidError, match="named by a URL"):
        ChatModel(address, "x", None)


def test_an_address_is_shown_without_its_secrets() -> None:
    assert without_secrets("https://user:secret@host:8/v1?key=secret") == "https://host:8/v1"


def test_a_key_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "k")
    assert (key_from(None), key_from("JUDGE_KEY")) == (None, "k")
    with pytest.raises(InvalidError, match="NO_SUCH_KEY holds no key"):
        key_from("NO_SUCH_KEY")


@pytest.mark.parametrize(
    ("variable", "error", "said"),
    [("NO_SUCH_KEY", InvalidError, "NO_SUCH_KEY holds no key"), (None, UnavailableError, "does not answer")],
)
def test_a_judge_that_cannot_be_asked_stops_before_anything_is_read(
    experiment_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    error: type[Exception],
    said: str,
) -> None:
    monkeypatch.setattr(retrieval.llm, "TRIES", 1)
    judge = {"url": "http://127.0.0.1:9/v1", "model": "m", "key_variable": variable}
    path = tmp_path / "judged.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(experiment_file.read_text()), "judge": judge}))
    with pytest.raises(error, match=said):
        run_again(path, tmp_path / "data")
    assert not (tmp_path / "data").exists()
