"""The SDK's own client of `citewell mcp`, in process and before the real command."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, TextContent

from api.bootstrap import Services
from api.mcp.tools import create_server
from api.reader import LocalReader
from api.schemas import SearchOut
from retrieval.types import Access
from tests.api.shelf import READER

PAGE = 200
COMMAND = ("-c", "from eval.cli import main; main()", "mcp")
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "80"}
Target = Any
Do = Callable[[Client], Awaitable[Any]]


def local(services: Services, access: Access = READER) -> Target:
    return create_server(LocalReader(services, access), PAGE)


def stdio(*options: object) -> Target:
    """The real command in a process of its own."""
    return StdioServerParameters(command=sys.executable, args=[*COMMAND, *map(str, options)], env=ENVIRONMENT)


@contextmanager
def http(*options: object) -> Iterator[str]:
    """The real command on a real port; its URL. It must end in order."""
    command = [sys.executable, *COMMAND, "--http", "--port", "0", *map(str, options)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        assert one.stderr is not None
        try:
            line = one.stderr.readline()
            found = re.fullmatch(r"Citewell speaks MCP on (http://127\.0\.0\.1:\d+/mcp)\n", line)
            assert found, line + one.stderr.read()
            yield found[1]
            one.send_signal(signal.SIGTERM)
            assert one.wait(20) == 0
            assert one.stdout.read() == ""
        finally:
            one.kill()


def asked(target: Target, do: Do, mode: str = "auto") -> Any:
    async def run() -> Any:
        async with Client(target, mode=mode) as client:
            return await do(client)

    return asyncio.run(run())


def call(target: Target, tool: str, **arguments: Any) -> CallToolResult:
    result = asked(target, lambda client: client.call_tool(tool, arguments))
    assert isinstance(result, CallToolResult)
    return result


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def hits(result: CallToolResult) -> list[str]:
    assert not result.is_error, text(result)
    return [hit.source.removeprefix("upload:") for hit in SearchOut.model_validate(result.structured_content).hits]


def failure(result: CallToolResult) -> str:
    assert result.is_error
    assert result.structured_content is None
    return text(result)
