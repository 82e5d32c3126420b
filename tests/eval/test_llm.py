"""Judge and endpoint, against a server that speaks OpenAI's protocol over a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from eval.experiment.outcomes import Answered, IndexFigures, Outcome, Result
from eval.judge import agreement, judge
from eval.llm import ChatModel, key_from
from ingest.errors import InvalidError, UnavailableError


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
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


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


@pytest.mark.parametrize("trouble", ["BROKEN", "DOWN"])
def test_an_endpoint_that_misbehaves_is_named(url: str, trouble: str) -> None:
    with (
        ChatModel(url, "judge-1", None) as model,
        pytest.raises(UnavailableError, match=r"The language model at http://"),
    ):
        model.complete(trouble, 3)


def test_an_endpoint_that_is_not_there() -> None:
    with ChatModel("http://127.0.0.1:9", "x", None) as model, pytest.raises(UnavailableError, match="does not answer"):
        model.complete("x", 3)
    with pytest.raises(InvalidError, match="named by a URL"):
        ChatModel("localhost", "x", None)


def test_a_key_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "k")
    assert (key_from(None), key_from("JUDGE_KEY")) == (None, "k")
    with pytest.raises(InvalidError, match="NO_SUCH_KEY holds no key"):
        key_from("NO_SUCH_KEY")
