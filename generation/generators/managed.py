"""A language model's server as a child process: started, watched, started again, ended."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import monotonic
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from generation.generators import guard
from ingest.errors import UnavailableError
from retrieval.http import AgainError, Server, bearer, checked, translated

_log = logging.getLogger(__name__)
_REFUSES = "check answers.serve.command, and that answers.url ends as the server's addresses do, mostly in /v1"
_POLL_S = 0.25
_PROBE_S = 5.0
_KILL_S = 5.0
"""So much longer than it may take the guard needs at most to end its server."""
_TAIL_BYTES, _TAIL_LINES = 4096, 4


@dataclass(frozen=True)
class Limits:
    """Seconds: until it answers, to end in order, and before it is started again. That wait is doubled each time that
    it dies within `steady_s`, up to `longest_wait_s`."""

    start_s: float
    stop_s: float
    wait_s: float = 1.0
    longest_wait_s: float = 60.0
    steady_s: float = 120.0


class ManagedServer:
    """An OpenAI-compatible server that lives no longer than its context manager, and no longer than this process.

    Args:
        command: program and arguments; what it prints goes to `log`.
        url: base address that it will have, such as http://127.0.0.1:8000/v1.
        key: it asks for; never shown.
        environment: all variables that it sees.
    """

    def __init__(
        self,
        command: Sequence[str],
        url: str,
        key: str | None,
        environment: Mapping[str, str],
        log: Path,
        limits: Limits,
    ) -> None:
        self._command, self._environment, self._log, self._limits = list(command), environment, log, limits
        self._program, self._url, self._key = Path(command[0]).name, url.rstrip("/"), key
        self._process: subprocess.Popen[bytes] | None = None
        self._served, self._closing, self._ended = False, threading.Event(), threading.Event()
        self._lock = threading.Lock()
        # The one that starts it; a thread, so that other things can be loaded meanwhile.
        self._watcher = threading.Thread(target=self._watch, name="model-server", daemon=True)

    def __enter__(self) -> "ManagedServer":
        """Raises UnavailableError where there is no such program, or its port or its log cannot be had."""
        self._command[0] = program_path(self._command[0], self._environment)
        _check_free(self._url)
        try:
            _begin(self._log)
        except OSError as error:
            raise UnavailableError(f"The log {self._log} cannot be written ({error.strerror}); make room.") from error
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._closing.set()
            process = self._process
        if process and process.stdin:
            process.stdin.close()  # the guard's sign to end it
        self._watcher.join(self._limits.stop_s + _KILL_S)
        if process and self._watcher.is_alive():
            _kill_group(process)
            self._watcher.join()

    def wait(self) -> None:
        """Until it answers.

        Raises:
            UnavailableError: it ended before, or takes longer than it may.
            RefusedError: it wants another key.
        """
        with httpx.Client(headers=bearer(self._key), timeout=_PROBE_S, trust_env=False) as client:
            self._wait(client, monotonic() + self._limits.start_s)
        self._served = True
        if self._ended.is_set():
            raise self._too_early()

    def _wait(self, client: httpx.Client, until: float) -> None:
        while not self._answers(client):
            if self._ended.wait(_POLL_S):
                raise self._too_early()
            if monotonic() > until:
                raise UnavailableError(
                    f"{self._program} did not answer at {self._url} within {self._limits.start_s:g} s; raise "
                    f"answers.serve.start_s if it needs longer. {self._told()}"
                )

    def _too_early(self) -> UnavailableError:
        code = self._process.returncode if self._process else guard.CANNOT_RUN
        return UnavailableError(f"{self._program} {_fate(code)} before it answered. {self._told()}")

    def _answers(self, client: httpx.Client) -> bool:
        """Its models are listed, and where it tells its health, that is not bad: llama.cpp lists them too early."""
        silent = "see its log"
        server = Server(self._program, self._url, silent, "set answers.api_key", _REFUSES, silent)
        try:
            with translated(server):
                checked(client.get(f"{self._url}/models"), server)
                return not client.get(f"{self._url.removesuffix('/v1')}/health").is_server_error
        except AgainError:
            return False

    def _watch(self) -> None:
        wait_s = self._limits.wait_s
        while True:
            started = monotonic()
            try:
                code = self._run()
            except OSError as error:  # no memory for a process, no room for its log
                _log.warning("%s cannot be started: %s", self._program, error.strerror)
                code = guard.CANNOT_RUN
            if self._closing.is_set() or not self._served:
                self._ended.set()
                return
            if monotonic() - started > self._limits.steady_s:
                wait_s = self._limits.wait_s
            told = (self._program, _fate(code), wait_s, self._log)
            _log.warning("%s %s; it is started again in %g s. Its log is %s.", *told)
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, self._limits.longest_wait_s)

    def _run(self) -> int:
        """From its start to its end, with all that it started. The exit status, as shells say it."""
        with self._log.open("ab") as log, self._lock:
            if self._closing.is_set():
                return 0
            self._process = process = self._started(log)
        code = process.wait()
        _kill_group(process)
        if process.stdin:
            process.stdin.close()
        return code

    def _started(self, log: BinaryIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(self._limits.stop_s), *self._command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=dict(self._environment),
            start_new_session=True,  # a group of its own, which Ctrl-C in the terminal does not reach
        )

    def _told(self) -> str:
        last = _tail(self._log)
        return f"Its log {self._log} ends with: {last}" if last else f"Its log {self._log} is empty."


def program_path(program: str, environment: Mapping[str, str]) -> str:
    """Its path. Beside Python, too: a virtual environment need not be activated. Raises UnavailableError."""
    places = os.pathsep.join((environment.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    found = which(program, path=places)
    if found is None:
        raise UnavailableError(_missing(program))
    return found


def _missing(program: str) -> str:
    if Path(program).name == "vllm":
        return (
            f"There is no program {program}; install it into a virtual environment of its own (python3 -m venv "
            f"/opt/vllm && /opt/vllm/bin/pip install vllm; it wants a GPU), and add /opt/vllm/bin to PATH, or give its "
            f"path in answers.serve.command."
        )
    return f"There is no program {program}; install it, or give the path of one in answers.serve.command."


def _fate(code: int) -> str:
    """Of a process with this exit status."""
    number = code - 128 if code > 128 else -code
    if number > 0:
        return f"was killed by signal {number}"
    return f"ended with exit code {code}"


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(process.pid, signal.SIGKILL)


def _check_free(url: str) -> None:
    """Raises UnavailableError where another server listens, which would be taken for this one."""
    parts = urlsplit(url)
    with socket.socket(socket.AF_INET6 if ":" in (parts.hostname or "") else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((parts.hostname, parts.port or 80))
        except OSError as error:
            raise UnavailableError(
                f"The language model's server cannot have {url} ({error.strerror}); stop what listens there, or set "
                f"answers.url to another port of this machine."
            ) from error


def _begin(log: Path) -> None:
    """A new log; the one before gets the ending `.1`."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)


def _tail(log: Path) -> str:
    """The last lines that hold something, as one."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return " | ".join([" ".join(line.split()) for line in lines if line.strip()][-_TAIL_LINES:])
