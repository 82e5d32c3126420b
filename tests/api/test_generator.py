"""Answers by a language model, from settings to the faces; and what is left where it fails."""

import json
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.client import LostAnswerError, RestClient
from api.doctor import examine
from api.model_server import idle_server
from api.schemas import AnswerIn
from api.settings import load_settings
from ingest.errors import SettingsError, UnavailableError
from ingest.ports import Embedder
from retrieval.types import Access
from tests.api.conftest import HOURS, LEAVE, Run, settings_for
from tests.api.mcp_client import call, failure, local
from tests.chat_server import KEY, ChatServer, chatting, piece, sends, silent, status
from tests.ports import free_port

QUESTION = "How many days is parental leave?"


def answers(server: ChatServer, **more: Any) -> dict[str, Any]:
    chosen = {"generator": "openai", "url": server.url, "model": "small", "api_key": KEY}
    return {**chosen, "cross_encoder": False, "min_confidence": 0.0, "first_token_s": 1.5, **more}


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture
def server(running: ChatServer) -> ChatServer:
    running.requests.clear()
    running.mishaps.clear()
    return running


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder, running: ChatServer) -> Iterator[Services]:
    data = tmp_path_factory.mktemp("chat")
    with Services(settings_for(data, answers=answers(running)), lambda: "trace-1", minilm) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services)) as opened:
        opened.post("/v1/documents", files={"file": ("leave.md", LEAVE.encode())})
        yield opened


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"generator": "openai"}, "generator 'openai' needs answers.url and answers.model"),
        ({"generator": "openai", "url": "http://host/v1"}, "needs answers.url and answers.model"),
        ({"generator": "transformers"}, "generator 'transformers' needs answers.model"),
        ({"quantization": "2bit"}, "answers.quantization: "),
        ({"url": "http://me:secret@host/v1"}, "answers.url: must look like"),
        ({"url": "http://host/v1?key=secret"}, "a key goes into answers.api_key"),
        ({"api_key": "sk secret"}, "answers.api_key: must be printable ASCII"),
        ({"context_tokens": 1000, "max_tokens": 501}, "max_tokens cannot be more than half of context_tokens"),
        ({"first_token_s": 0}, "answers.first_token_s: "),
        ({"generator": "gpt"}, "answers.generator: "),
    ],
)
def test_settings_that_do_not_fit(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(None, {"answers": wrong})
    assert told in str(raised.value)
    assert "secret" not in str(raised.value)


def test_the_model_writes_and_its_sentences_are_cited(client: TestClient, server: ChatServer) -> None:
    server.mishaps += [sends(piece("Parental leave is "), piece("thirty days. [1]", "stop"))]
    answer = client.post("/v1/answers", json={"query": QUESTION}).json()
    assert (answer["text"], answer["model"], answer["refused"]) == (
        "Parental leave is thirty days. [1]",
        "small",
        False,
    )
    assert [one["quote"] for one in answer["citations"]] == ["Parental leave is thirty days."]
    told = client.post("/v1/answers", json={"query": QUESTION}).json()
    assert told["usage"] == {"prompt_tokens": 90, "completion_tokens": 7}
    assert told["omitted"] == 0
    asked = [body for path, body in server.requests if path == "/v1/chat/completions"]
    assert QUESTION in asked[0]["messages"][1]["content"]


def test_a_context_that_is_full_is_told(tmp_path: Path, minilm: Embedder, server: ChatServer) -> None:
    small = answers(server, context_tokens=640, max_tokens=64)
    long = "\n\n".join(
        f"# Leave {number}\n\n" + f"Leave number {number} is thirty days long. " * 12 for number in range(6)
    )
    with (
        Services(settings_for(tmp_path / "data", answers=small), embedder=minilm) as services,
        TestClient(create_app(services)) as client,
    ):
        client.post("/v1/documents", files={"file": ("leave.md", long.encode())})
        answer = client.post("/v1/answers", json={"query": QUESTION}).json()
    assert answer["omitted"] > 0
    assert len(answer["hits"]) >= 1


@pytest.mark.parametrize(
    ("mishap", "code", "detail"),
    [
        (status(400), 503, "refuses the request (status 400)"),
        (silent(3.0), 504, "sent no token within 1.5 s"),
        (sends(piece("Parental")), 503, "an answer that breaks off"),
    ],
)
def test_where_the_model_fails_rest_gives_what_was_found(
    client: TestClient, server: ChatServer, mishap: Any, code: int, detail: str
) -> None:
    server.mishaps += [mishap]
    reply = client.post("/v1/answers", json={"query": QUESTION})
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (code, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert detail in problem["detail"]
    assert KEY not in reply.text
    assert problem["citations"][0]["quote"] == "Parental leave is thirty days."
    assert problem["hits"][problem["citations"][0]["marker"] - 1]["title"] == "Leave"
    shapes = client.post("/v1/answers", json={"query": QUESTION}).json()
    assert problem["citations"][0].keys() == shapes["citations"][0].keys()
    assert problem["hits"][0].keys() == shapes["hits"][0].keys()
    schema = client.get("/openapi.json").json()["paths"]["/v1/answers"]["post"]["responses"][str(code)]
    assert "citations" in json.dumps(schema)


def test_the_client_reads_what_was_found(client: TestClient, server: ChatServer) -> None:
    server.mishaps += [status(400)]
    reply = client.post("/v1/answers", json={"query": QUESTION})
    transport = httpx.MockTransport(lambda request: httpx.Response(reply.status_code, content=reply.content))
    with RestClient("http://server", transport=transport) as rest, pytest.raises(LostAnswerError) as told:
        rest.answer(AnswerIn(query=QUESTION))
    assert told.value.found.citations[0].quote == "Parental leave is thirty days."


def test_the_command_line_prints_what_was_found(
    indexed: Path, server: ChatServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in answers(server).items():
        monkeypatch.setenv(f"CITEWELL_ANSWERS__{name.upper()}", str(value))
    monkeypatch.setattr("sys.stdin", StringIO(f"{QUESTION}\n\n"))
    for command, code in ((("ask", QUESTION), 1), (("chat",), 0)):
        server.mishaps[:] = [status(400)]
        done = run(*command, "--data", indexed)
        assert (done.code, done.err.count("\n")) == (code, 1)
        assert done.err.startswith("Error: The language model at http://127.0.0.1")
        assert "Parental leave is thirty days.\n  [" in done.out
        assert "Nearest passages:\nleave.md" in done.out
    server.mishaps[:] = [status(400)]
    told = run("ask", QUESTION, "--data", indexed, "--json")
    assert (told.code, told.json["citations"][0]["quote"]) == (1, "Parental leave is thirty days.")
    assert "Parental leave" in run("ask", QUESTION, "--data", indexed).out


def test_mcp_gives_what_was_found(indexed: Path, minilm: Embedder, server: ChatServer) -> None:
    server.mishaps += [status(400)]
    with Services(settings_for(indexed, answers=answers(server)), embedder=minilm) as services:
        told = failure(call(local(services, Access("default")), "answer", question=QUESTION))
    assert told.startswith("The language model at http://127.0.0.1")
    assert "best sentences:\n\n- Leave (" in told
    assert "Parental leave is thirty days." in told
    assert "Nearest passages" in told


def test_doctor_asks_the_model(services: Services, server: ChatServer) -> None:
    def told() -> tuple[bool, str]:
        (check,) = [one for one in examine(services).checks if one.name == "generator"]
        return check.ok, check.detail

    assert told() == (True, f"small answers at {server.url}")
    server.mishaps += [status(404)]
    ok, detail = told()
    assert not ok
    assert "refuses the request (status 404); check answers.url, answers.model" in detail


def test_a_model_in_this_process(tmp_path: Path, minilm: Embedder, reciting_llm: Path) -> None:
    chosen = {"generator": "transformers", "model": str(reciting_llm), "device": "cpu", "precision": "float32"}
    settings = settings_for(tmp_path / "data", answers={**chosen, "cross_encoder": False, "min_confidence": 0.0})
    with Services(settings, embedder=minilm) as services, TestClient(create_app(services)) as client:
        client.post("/v1/documents", files={"file": ("hours.md", HOURS.encode())})
        answer = client.post("/v1/answers", json={"query": "When does the office open?"}).json()
        assert (answer["text"], answer["model"]) == ("The office opens at nine. [1]", str(reciting_llm))
        assert [one["quote"] for one in answer["citations"]] == [HOURS.strip()]
        assert answer["usage"]["completion_tokens"] == 4
        told = {one.name: one.detail for one in examine(services).checks}
        assert told["generator"] == f"{reciting_llm} answers on cpu in float32"


def test_a_model_that_is_not_there(tmp_path: Path, minilm: Embedder) -> None:
    settings = settings_for(tmp_path / "data", answers={"generator": "transformers", "model": "no-such-model"})
    told = r"'no-such-model' cannot be loaded \(OSError\).*set answers\.model to a folder"
    with Services(settings, embedder=minilm) as services, pytest.raises(UnavailableError, match=told):
        services.packer.pack(QUESTION, [])


def test_doctor_finds_a_program_beside_python_as_serve_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    serve = {"start": True, "command": Path(sys.executable).name}
    chosen = {"model": "small", "url": f"http://127.0.0.1:{free_port()}/v1", "serve": serve}
    assert "does not run now" in idle_server(load_settings(None, {"answers": chosen}).answers)


@pytest.mark.parametrize(
    ("program", "ok", "told"),
    [
        (sys.executable, True, f"{sys.executable} does not run now; `citewell serve` starts it at http://127.0.0.1:"),
        ("no-such-program", False, "There is no program no-such-program; install it, or give the path of"),
    ],
    ids=["idle", "absent"],
)
def test_doctor_knows_that_serve_starts_the_server(tmp_path: Path, program: str, ok: bool, told: str) -> None:
    serve = {"start": True, "command": program}
    chosen = {"model": "small", "url": f"http://127.0.0.1:{free_port()}/v1", "serve": serve}
    with Services(settings_for(tmp_path / "data", answers=chosen)) as services:
        (check,) = [one for one in examine(services).checks if one.name == "generator"]
    assert check.ok is ok
    assert check.detail.startswith(told)
