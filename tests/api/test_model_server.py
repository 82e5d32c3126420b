"""`citewell serve` that runs the language model's server as well."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from api.settings import load_settings
from ingest.errors import SettingsError
from tests.api.conftest import LEAVE
from tests.api.test_generator import QUESTION
from tests.api.test_server import COMMAND, ENVIRONMENT, listening
from tests.llama_server import PROGRAM, weights
from tests.ports import free_port

KEY = "sk-of-the-model"


def with_server(**chosen: Any) -> Any:
    serve = {"start": True, **chosen.pop("serve", {})}
    return load_settings(None, {"answers": {"model": "small", **chosen, "serve": serve}}).answers


def test_it_says_which_generator_is_meant_and_where() -> None:
    chosen = with_server()
    assert (chosen.generator, chosen.url) == ("openai", "http://127.0.0.1:8000/v1")
    elsewhere = with_server(url="http://localhost:9000/v1")
    assert (elsewhere.generator, elsewhere.url) == ("openai", "http://localhost:9000/v1")
    assert load_settings(None, {"answers": {"model": "small"}}).answers.generator == "extractive"


def test_the_command_is_filled_in_word_by_word() -> None:
    chosen = with_server(serve={"command": "serve '{model}' -p={port} {json} '{\"a\": 1}'", "arguments": "--tp '2 3'"})
    words = chosen.serve.words({"model": "a model", "port": 8000})
    assert words == ["serve", "a model", "-p=8000", "{json}", '{"a": 1}', "--tp", "2 3"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"model": None}, "needs answers.url and answers.model"),
        ({"url": "http://gpu:8000/v1"}, "serve.start needs an answers.url on this machine"),
        ({"url": "https://localhost:8000/v1"}, "serve.start needs an answers.url on this machine"),
        ({"serve": {"command": " "}}, "answers.serve.command: must name a program"),
        ({"serve": {"arguments": "'"}}, "answers.serve.arguments: has a quotation mark that is not closed"),
        ({"serve": {"stop_s": 0}}, "answers.serve.stop_s: "),
        ({"serve": {"start": "perhaps"}}, "answers.serve.start: "),
        ({"serve": {"begin": True}}, "answers.serve.begin: is not a setting"),
    ],
)
def test_settings_that_do_not_fit(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        with_server(**wrong)
    assert told in str(raised.value)


def test_without_the_program_it_says_what_to_install(tmp_path: Path) -> None:
    chosen = {"CITEWELL_ANSWERS__MODEL": "small", "CITEWELL_ANSWERS__SERVE__COMMAND": "/nowhere/vllm serve {model}"}
    command = [*COMMAND, "serve", "--with-vllm", "--port", "0", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, env=ENVIRONMENT | chosen, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: There is no program /nowhere/vllm; install it into a virtual")
    assert done.stderr.count("\n") == 1


class Served:
    """Citewell and llama.cpp, which it runs."""

    def __init__(self, process: subprocess.Popen[str], url: str, model_url: str, data: Path) -> None:
        self.process, self.url, self.model_url, self.data = process, url, model_url, data

    def learn(self) -> None:
        sent = {"file": ("leave.md", LEAVE.encode())}
        httpx.post(f"{self.url}/v1/documents", files=sent, timeout=300).raise_for_status()

    def ask(self) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/answers", json={"query": QUESTION}, timeout=300)

    def model_answers(self) -> bool:
        try:
            return httpx.get(f"{self.model_url.removesuffix('/v1')}/health", timeout=5).is_success
        except httpx.TransportError:
            return False

    def model(self) -> psutil.Process:
        """The guard's only child."""
        (found,) = [
            one
            for one in psutil.Process(self.process.pid).children(recursive=True)
            if "xllamacpp" in " ".join(one.cmdline()) and "guard.py" not in " ".join(one.cmdline())
        ]
        return found

    def log(self) -> str:
        return (self.data / "model-server.log").read_text(errors="replace")


@contextmanager
def serving(data: Path) -> Iterator[Served]:
    model_url = f"http://127.0.0.1:{free_port()}/v1"
    chosen = {
        "MODEL": str(weights()),
        "URL": model_url,
        "API_KEY": KEY,
        "CONTEXT_TOKENS": "2048",
        "MAX_TOKENS": "48",
        "MIN_CONFIDENCE": "0",
        "CROSS_ENCODER": "false",
        "FIRST_TOKEN_S": "300",
        "SERVE__COMMAND": shlex.join([*PROGRAM, "{model}", "{port}"]),
    }
    variables = {f"CITEWELL_ANSWERS__{name}": value for name, value in chosen.items()}
    command = [*COMMAND, "serve", "--with-vllm", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, env=ENVIRONMENT | variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("Loading ")
            url = listening(process)
            yield Served(process, url, model_url, data)
        finally:
            process.kill()


def settled(true: Callable[[], bool], seconds: float = 120.0) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.1)
    return true()


@pytest.mark.slow
def test_a_real_model_is_run_and_run_again_and_ends_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        served.learn()
        answer = served.ask().raise_for_status().json()
        assert (answer["model"], answer["verification"] is None) == (str(weights()), False)
        assert answer["usage"]["completion_tokens"] > 0
        assert httpx.post(f"{served.model_url}/chat/completions", json={}).status_code == 401
        assert KEY not in " ".join(served.model().cmdline())
        served.model().send_signal(signal.SIGKILL)
        lost = served.ask()
        assert lost.status_code == 503
        assert lost.json()["citations"][0]["quote"] == "Parental leave is thirty days."
        assert settled(served.model_answers)
        assert served.ask().status_code == 200
        model = served.model()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(30) == 0
        assert not model.is_running()
        assert served.process.stderr is not None
        told = served.process.stderr.read()
    assert "was killed by signal 9; it is started again in 1 s" in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_no_model_is_left_where_the_server_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        model = served.model()
        os.kill(served.process.pid, signal.SIGKILL)
        assert settled(lambda: not model.is_running())
