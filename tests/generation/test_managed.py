"""A server as a child process. Nothing of it outlives whoever started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from generation.generators.managed import Limits, ManagedServer
from ingest.errors import UnavailableError
from retrieval.http import RefusedError
from tests.ports import free_port

PROGRAM = str(Path(__file__).with_name("model_server.py"))
LIMITS = Limits(start_s=30, stop_s=5, wait_s=0.1)


def server(folder: Path, how: str, limits: Limits = LIMITS, port: int = 0, key: str | None = None) -> ManagedServer:
    port = port or free_port()
    variables = {**os.environ, **({"VLLM_API_KEY": "sk-hers"} if key else {})}
    command = [sys.executable, PROGRAM, str(port), how]
    return ManagedServer(command, f"http://127.0.0.1:{port}/v1", key, variables, folder / "server.log", limits)


def pids(log: Path) -> list[int]:
    """Of the server that was started last, and of the worker that it started."""
    return [int(word) for word in log.read_text().splitlines()[-1].split()[:2]]


def restarted(log: Path, before: list[int]) -> bool:
    return pids(log) != before


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def settled(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("how", ["works", "loads"])
def test_it_answers_and_ends_with_all_that_it_started(tmp_path: Path, how: str) -> None:
    port = free_port()
    with server(tmp_path, how, port=port) as running:
        running.wait()
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        started = pids(tmp_path / "server.log")
        assert all(map(alive, started))
    assert settled(lambda: not any(map(alive, started)))


def test_one_that_will_not_end_is_killed(tmp_path: Path) -> None:
    with server(tmp_path, "stubborn", Limits(30, 0.3)) as running:
        running.wait()
        started = pids(tmp_path / "server.log")
        begun = time.monotonic()
    assert time.monotonic() - begun > 0.3
    assert settled(lambda: not any(map(alive, started)))


def test_one_that_dies_is_started_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with server(tmp_path, "works") as running:
        running.wait()
        first = pids(tmp_path / "server.log")
        for expected in (0.1, 0.2):
            before = pids(tmp_path / "server.log")
            os.kill(before[0], signal.SIGKILL)
            assert settled(partial(restarted, tmp_path / "server.log", before))
            assert f"was killed by signal 9; it is started again in {expected} s" in caplog.messages[-1]
        assert settled(lambda: not any(map(alive, first)))
        running.wait()
        last = pids(tmp_path / "server.log")
    assert settled(lambda: not any(map(alive, last)))


def test_while_it_waits_to_be_started_again_it_can_be_ended(tmp_path: Path) -> None:
    with server(tmp_path, "works", Limits(30, 5, wait_s=60)) as running:
        running.wait()
        os.kill(pids(tmp_path / "server.log")[0], signal.SIGKILL)
        assert settled(lambda: not any(map(alive, pids(tmp_path / "server.log"))))
        begun = time.monotonic()
    assert time.monotonic() - begun < 20


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    with server(tmp_path, "fails") as running, pytest.raises(UnavailableError) as told:
        running.wait()
    assert str(told.value).endswith(
        f"ended with exit code 3 before it answered. Its log {tmp_path / 'server.log'} ends with: "
        "Loading the weights | RuntimeError: CUDA out of memory"
    )


def test_one_that_takes_too_long(tmp_path: Path) -> None:
    with server(tmp_path, "silent", Limits(0.5, 5)) as running, pytest.raises(UnavailableError) as told:
        running.wait()
    assert "within 0.5 s; raise answers.serve.start_s" in str(told.value)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    def missing(program: str) -> str:
        with pytest.raises(UnavailableError) as told:
            ManagedServer([program], "http://127.0.0.1:9/v1", None, {}, tmp_path / "log", LIMITS).__enter__()
        return str(told.value)

    told = missing("/nowhere/vllm")
    assert "of its own (python3 -m venv /opt/vllm && /opt/vllm/bin/pip install vllm" in told
    assert "add /opt/vllm/bin to PATH" in told
    assert "There is no program llama-server; install it, or give the path" in missing("llama-server")


def test_a_program_beside_python_is_found(tmp_path: Path) -> None:
    command, address = ["python", "-S", "-c", "raise SystemExit(7)"], f"http://127.0.0.1:{free_port()}/v1"
    made = ManagedServer(command, address, None, {"PATH": "/nowhere"}, tmp_path / "log", LIMITS)
    with made as running, pytest.raises(UnavailableError, match="python ended with exit code 7 before it answered"):
        running.wait()


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    script = tmp_path / "serve"
    script.write_text("no program")
    script.chmod(0o755)
    made = ManagedServer([str(script)], f"http://127.0.0.1:{free_port()}/v1", None, {}, tmp_path / "log", LIMITS)
    with made as running, pytest.raises(UnavailableError, match="cannot be run: Exec format error"):
        running.wait()


def test_a_port_in_use_and_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UnavailableError, match="stop what listens there, or set answers"):
            server(tmp_path, "works", port=taken.getsockname()[1]).__enter__()
    with pytest.raises(UnavailableError, match="log cannot be written"):
        server(tmp_path / "missing", "works").__enter__()


def test_a_key_that_it_refuses(tmp_path: Path) -> None:
    with server(tmp_path, "works", key="sk-mine") as running, pytest.raises(RefusedError) as told:
        running.wait()
    assert "refuses the key (status 401); set answers.api_key" in str(told.value)
    with server(tmp_path, "works", key="sk-hers") as running:
        running.wait()
    assert "sk-" not in str(told.value)
    assert (tmp_path / "server.log.1").exists()


def test_it_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    code = f"""
import signal
from pathlib import Path
from tests.generation.test_managed import server
with server(Path({str(tmp_path)!r}), "works") as running:
    running.wait()
    print("answers", flush=True)
    signal.pause()
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "answers\n"
            started = pids(tmp_path / "server.log")
        finally:
            process.kill()
    assert settled(lambda: not any(map(alive, started)))
