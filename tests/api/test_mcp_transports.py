"""MCP over standard input and output, and over HTTP, by the real command."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from api.bootstrap import Services
from api.schemas import DocumentPartOut
from api.schemas_answers import AnswerOut
from retrieval.types import Access
from tests.api.conftest import LEAVE, Run, one_line
from tests.api.mcp_client import COMMAND, ENVIRONMENT, asked, call, failure, hits, http, stdio, text
from tests.api.shelf import id_of, rest, shelf

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with shelf(tmp_path_factory.mktemp("mcp")) as services:
        yield services


@pytest.fixture(scope="module")
def url(library: Services) -> Iterator[str]:
    with rest(library) as address:
        yield address


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def test_over_stdio_through_a_server(library: Services, url: str, mode: str) -> None:
    async def session(client: Client) -> None:
        assert len((await client.list_tools()).tools) == 3
        found = await client.call_tool("search", {"query": "parental leave", "filters": {"year": 2025}})
        assert hits(found) == ["leave.md"]
        answer = await client.call_tool("answer", {"question": "How long is parental leave?"})
        assert "Parental leave is thirty days." in text(answer)
        part = await client.call_tool("read_document", {"document_id": id_of(library, "leave.md"), "char_end": 20})
        assert DocumentPartOut.model_validate(part.structured_content).char_end == 20
        theirs = {"document_id": id_of(library, "secret.md", Access("other"))}
        assert failure(await client.call_tool("read_document", theirs)).startswith("There is no document")
        absent = await client.call_tool("search", {"query": "x", "collection": "absent"})
        assert failure(absent).startswith("There is no collection 'absent'")
        wrong = await client.call_tool("search", {"query": "x", "filters": {"yaer": 1}})
        assert failure(wrong).startswith("No document that you may read has a field 'yaer'")

    asked(stdio("--server", url), session, mode)


def test_a_server_that_is_not_there() -> None:
    result = call(stdio("--server", "http://127.0.0.1:1"), "search", query="x")
    assert re.match(r"The server http://127\.0\.0\.1:1.* does not answer .*check the URL", failure(result))


def messages(*requests: tuple[str, dict[str, Any]]) -> str:
    first = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    more = [
        {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        for number, (tool, arguments) in enumerate(requests, start=1)
    ]
    return "".join(json.dumps(one) + "\n" for one in (first, ready, *more))


def conversation(given: str, replies: int, *options: object) -> tuple[list[Any], str]:
    """What the command prints on standard output, line by line as JSON, and on standard error. Standard input is
    closed when so many replies have come; the command must then end by itself."""
    command = [sys.executable, *COMMAND, *map(str, options)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        one.stdin.write(given)
        one.stdin.flush()
        lines = [one.stdout.readline() for _ in range(replies)]
        rest_out, err = one.communicate(timeout=60)
        assert one.returncode == 0
    return [json.loads(line) for line in [*lines, *rest_out.splitlines()]], err


def test_nothing_but_the_protocol_goes_to_standard_output(url: str) -> None:
    wrong = "no JSON\n"
    said, err = conversation(messages(("search", {"query": "leave"})) + wrong, 2, "--server", url)
    assert {one.get("id") for one in said} >= {0, 1}
    assert all(one["jsonrpc"] == "2.0" for one in said)
    assert "Traceback" not in err


def test_an_interrupt_ends_it_at_once(url: str) -> None:
    command, pipe = [sys.executable, *COMMAND, "--server", url], subprocess.PIPE
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        one.stdin.write(messages())
        one.stdin.flush()
        assert one.stdout.readline()
        one.send_signal(signal.SIGINT)
        assert one.wait(10) == -signal.SIGINT


def test_over_http_through_a_server(url: str) -> None:
    with http("--server", url) as address:
        for mode in ("auto", "legacy"):
            found = asked(address, lambda client: client.call_tool("search", {"query": "parental leave"}), mode)
            assert hits(found)[0] == "leave.md"
        assert "thirty days" in text(call(address, "answer", question="How long is parental leave?"))
        assert failure(call(address, "read_document", document_id="absent")).startswith("There is no document")
        assert [post(address, **headers) for headers in ({}, {"host": "evil.example"})] == [200, 421]
        assert post(address, origin="http://evil.example") == 403
        assert post(address, origin=address.removesuffix("/mcp")) == 200


def test_names_that_a_proxy_passes_on_are_allowed_by_setting(url: str, tmp_path: Path) -> None:
    config = tmp_path / "proxy.yaml"
    config.write_text("mcp: {allowed_hosts: [kb.example.com]}")
    with http("--server", url, "--config", config) as address:
        assert post(address, host="kb.example.com", origin="https://kb.example.com") == 200
        assert post(address, host="kb.example.com:8443") == 200
        assert post(address, host="kb.example.com.evil.example") == 421


def post(address: str, **headers: str) -> int:
    accept = {"accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}
    return httpx.post(address, json=body, headers={**accept, **headers}).status_code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--port", 8000), "--port goes with --http; add it, or leave --port out."),
        (("--host", "0.0.0.0"), "--host goes with --http; add it, or leave --host out."),
        (("--server", "localhost:8080"), "A server is named by a URL such as http://127.0.0.1:8080"),
        (("--server", "http://x", "--tenant", "acme"), "--tenant works on the data folder only"),
    ],
)
def test_wrong_options(run: Run, options: tuple[object, ...], message: str) -> None:
    outcome = run("mcp", *options)
    assert outcome.code == 2
    one_line(outcome, message)


@pytest.mark.slow
def test_over_stdio_with_the_real_models(indexed: Path) -> None:
    asking = ("answer", {"question": "How long is parental leave?"})
    said, err = conversation(messages(asking), 2, "--data", indexed)
    (answer,) = (one["result"]["structuredContent"] for one in said if one["id"] == 1)
    assert AnswerOut.model_validate(answer).citations[0].quote == "Parental leave is thirty days."
    assert err == ""


@pytest.mark.slow
def test_over_http_with_the_real_models_and_the_lock(indexed: Path) -> None:
    with http("--data", indexed) as address:
        assert LEAVE.splitlines()[2] in text(call(address, "search", query="parental leave", top_k=1))
        locked = failure(call(stdio("--data", indexed), "search", query="x"))
        assert re.match(r"The index .*default is in use by process \d+: stop that process, or .*--server", locked)
