"""The real server in a process of its own, and the command line that talks to it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api.client import RestClient
from api.ingestion import IngestRequest, ingest_files
from api.schemas import AnswerIn, SearchIn
from api.server import GRACE_S, bind, run_app
from api.settings import load_settings
from api.upkeep import PATIENCE_S
from ingest.errors import InvalidError, PermanentError, UnavailableError
from ingest.progress import Snapshot
from tests.api.conftest import Run

START_S = 60
NO_SERVER = "is no Citewell server of this version; check the URL"
COMMAND = (sys.executable, "-c", "from api.cli import main; main()")
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "CITEWELL_API__MAX_UPLOAD_MB": "1", "COLUMNS": "80"}


@dataclass(frozen=True)
class Server:
    url: str
    data: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("served") / "data"
    process = start(data)
    try:
        yield Server(listening(process), data, process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def start(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data", str(data)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )


def listening(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.fullmatch(r"Citewell listens on (http://127\.0\.0\.1:\d+) \(API documentation at /docs\)\n", line)
    assert found, line
    return found[1]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], env=ENVIRONMENT, capture_output=True, text=True, timeout=START_S
    )


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "leave.txt").write_text("Parental leave is thirty days.\n")
    (folder / "empty.txt").write_text("")
    return folder


def request(docs: Path, collection: str, prune: bool = False) -> IngestRequest:
    paths = (str(docs),)
    return IngestRequest(paths, collection, "default", prune=prune, metadata={"year": 2025})


def test_the_server_is_live_and_ready(server: Server) -> None:
    assert httpx.get(f"{server.url}/health/live").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/health/ready").status_code == 200


def test_ingest_search_ask_list_and_delete_through_the_server(server: Server, docs: Path) -> None:
    progress: list[Snapshot] = []
    report = ingest_files(load_settings(), request(docs, "through"), progress.append, server.url)
    assert (report.indexed, report.failed) == (1, 1)
    assert [(one.files_done, one.files_total) for one in progress] == [(1, 2), (2, 2)]
    assert progress[-1].chunks_done == report.chunks
    assert report.failures[0].reason.startswith("empty.txt is empty")
    with RestClient(server.url) as client:
        found = client.search(SearchIn(query="parental leave", collection="through"))
        assert (found.hits[0].source, found.hits[0].metadata) == (str(docs / "leave.txt"), {"year": 2025})
        answer = client.answer(AnswerIn(query="How long is parental leave?", collection="through"))
        assert answer.citations[0].quote == "Parental leave is thirty days."
        (entry,) = client.documents("through", 10, "").documents
        assert client.delete(entry.id) == entry
        assert client.documents("through", 10, "").documents == []


def test_the_command_line_prints_what_the_server_says(server: Server, docs: Path, run: Run) -> None:
    there = ("--collection", "printed", "--server", server.url)
    done = run("ingest", docs / "leave.txt", "--group", "everyone", *there)
    assert (done.code, done.out.split(";")[0]) == (0, "1 indexed, 0 unchanged, 0 failed")
    asked = run("ask", "How long is parental leave?", *there, "--json").json
    posted = httpx.post(
        f"{server.url}/v1/answers", json={"query": "How long is parental leave?", "collection": "printed"}
    ).json()
    for answer in (asked, posted):
        del answer["timings"], answer["trace_id"]
    assert asked == posted
    assert "Parental leave is thirty days." in run("search", "leave", *there).out
    (entry,) = run("documents", *there, "--json").json["documents"]
    assert entry["groups"] == ["everyone"]
    assert run("documents", "--delete", entry["id"], *there).out == f"deleted {docs / 'leave.txt'}\n"
    missing = run("search", "leave", "--collection", "absent", "--server", server.url)
    assert (missing.code, missing.err[:36]) == (2, "Error: There is no collection 'absen")


def test_the_server_refuses_in_the_words_that_the_command_line_would_use(server: Server, docs: Path) -> None:
    with RestClient(server.url) as client, pytest.raises(InvalidError, match="There is no collection 'absent'"):
        client.search(SearchIn(query="x", collection="absent"))
    with pytest.raises(InvalidError, match="--prune works on the data folder only"):
        ingest_files(load_settings(), request(docs, "x", prune=True), lambda snapshot: None, server.url)


def test_a_file_over_the_upload_limit_fails_alone(server: Server, docs: Path) -> None:
    (docs / "big.txt").write_bytes(b"word " * 2**20)
    report = ingest_files(load_settings(), request(docs, "big"), lambda snapshot: None, server.url)
    assert (report.indexed, report.failed) == (1, 2)
    assert report.failures[0].reason == "The request is over 1 MiB; send less, or raise api.max_upload_mb."


def test_a_chunked_body_over_the_limit_is_413(server: Server) -> None:
    body = (b"x" * 65536 for _ in range(64))
    response = httpx.post(f"{server.url}/v1/search", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


def test_another_process_is_told_who_owns_the_index(server: Server, docs: Path) -> None:
    ingest_files(load_settings(), request(docs, "owned"), lambda snapshot: None, server.url)
    done = command("search", "leave", "--collection", "owned", "--data", server.data)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: The index .*owned is in use by process \d+: stop that process, or .*\n", done.stderr)
    assert f"process {server.process.pid}:" in done.stderr


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("serve", "--port", port, "--data", tmp_path / "data")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: Port {port} on 127.0.0.1 is in use by another program; choose another with --port.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_ends_the_server_in_order(tmp_path: Path, docs: Path, number: signal.Signals) -> None:
    process = start(tmp_path / "data")
    url = listening(process)
    ingest_files(load_settings(), request(docs, "default"), lambda snapshot: None, url)
    children = children_of(process.pid)
    process.send_signal(number)
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert not (tmp_path / "data" / "collections" / "default" / "owner.pid").exists()
    assert children
    for _ in range(50):
        if not any(map(alive, children)):
            break
        time.sleep(0.1)
    assert not any(map(alive, children))


def test_something_else_at_the_url() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>Welcome to the intranet</p>"))
    with RestClient("http://server", transport=transport) as client, pytest.raises(UnavailableError, match=NO_SERVER):
        client.documents("default", 10, "")


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (422, {"detail": "Mend it."}, PermanentError, "Mend it."),
        (415, {"detail": "Convert it."}, PermanentError, "Convert it."),
        (404, {"detail": "None."}, InvalidError, "None."),
        (502, "a proxy's page", Exception, "The server answered 502 Bad Gateway."),
        (500, ["list"], Exception, "The server answered 500"),
    ],
)
def test_problems_become_errors_again(status: int, body: object, error: type[Exception], message: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    with RestClient("http://server", transport=transport) as client, pytest.raises(error, match=re.escape(message)):
        client.delete("x")


def test_a_server_that_only_redirects_has_done_nothing() -> None:
    to = {"location": "https://kb/v1/traces/x"}
    transport = httpx.MockTransport(lambda request: httpx.Response(301, headers=to))
    for call in (RestClient.delete_trace, RestClient.delete):
        with (
            RestClient("http://kb", transport=transport) as client,
            pytest.raises(InvalidError, match="redirects to https://kb/v1/traces/x; give that one's URL"),
        ):
            call(client, "x")


def children_of(pid: int) -> list[int]:
    """Of all its threads."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in listed for child in path.read_text().split()]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_request_that_never_ends_lets_the_server_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[uvicorn.Server] = []
    begun = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            servers[0].should_exit = True
            begun.set()
            await asyncio.Event().wait()

    class Seen(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            servers.append(self)

    monkeypatch.setattr(uvicorn, "Server", Seen)
    monkeypatch.setattr("api.server.GRACE_S", 0.1)
    with bind("127.0.0.1", 0) as listener:
        running = threading.Thread(target=run_app, args=(endless, listener, "{url}"), daemon=True)
        running.start()
        with suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=START_S)
        running.join(START_S)
    assert begun.is_set()
    assert not running.is_alive()


def test_the_service_manager_waits_for_open_requests() -> None:
    unit = Path("configs/deploy/citewell.service").read_text()
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(patience) > GRACE_S + PATIENCE_S + load_settings().answers.serve.stop_s
