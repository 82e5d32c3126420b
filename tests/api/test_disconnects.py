"""Clients that leave a real server in mid-stream: the language model stops, and nothing of theirs is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest

from tests.api.conftest import LEAVE
from tests.api.test_generator import QUESTION, answers
from tests.api.test_server import ENVIRONMENT, listening
from tests.chat_server import ChatServer, Mishap, chatting, drips, piece

pytestmark = pytest.mark.slow

SOON_S = 10
"""For a busy machine; the answers that are left go on for 30 s."""
AT_ONCE = 10
POOLS = 10
"""Pools of threads and connections fill as they are needed; a leak would be one for each that left."""
CALLS: dict[str, dict[str, Any]] = {
    "/v1/answers": {"query": QUESTION, "stream": True},
    "/v1/chat/completions": {
        "model": "small",
        "stream": True,
        "messages": [{"role": "user", "content": QUESTION}],
    },
}
SENTENCE = b"Parental leave is thirty days."
# The command itself; a signal has it count the tasks of its loop.
SERVE = """
import asyncio, signal
signal.signal(signal.SIGUSR1, lambda *_: print(len(asyncio.all_tasks()), flush=True))
from api.cli import main
main()
"""


@dataclass(frozen=True)
class Count:
    tasks: int
    threads: int
    files: int


class Served:
    """`citewell serve` in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process, self.url = process, url
        self._seen = psutil.Process(process.pid)

    def count(self) -> Count:
        assert self._process.stdout is not None
        os.kill(self._process.pid, signal.SIGUSR1)
        tasks = int(self._process.stdout.readline())
        return Count(tasks, self._seen.num_threads(), self._seen.num_fds())


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, upstream: ChatServer) -> Iterator[Served]:
    chosen = answers(upstream, first_token_s=30, between_tokens_s=30)
    variables = {f"CITEWELL_ANSWERS__{name.upper()}": str(value) for name, value in chosen.items()}
    command = [
        sys.executable,
        "-c",
        SERVE,
        "serve",
        "--port",
        "0",
        "--data",
        str(tmp_path_factory.mktemp("left") / "data"),
    ]
    with subprocess.Popen(
        command, env=ENVIRONMENT | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = listening(process)
            files = {"file": ("leave.md", LEAVE.encode())}
            httpx.post(f"{url}/v1/documents", files=files, timeout=300).raise_for_status()
            yield Served(process, url)
        finally:
            process.kill()


@asynccontextmanager
async def asking(client: httpx.AsyncClient, path: str) -> AsyncIterator[httpx.Response]:
    async with client.stream("POST", path, json=CALLS[path]) as reply:
        assert reply.status_code == 200
        yield reply


async def leave_in_mid_stream(url: str, path: str) -> float:
    """After the first sentence has come; gives the time."""
    async with httpx.AsyncClient(base_url=url, timeout=120) as client, asking(client, path) as reply:
        said = b""
        async for part in reply.aiter_raw():
            said += part
            if SENTENCE in said:
                break
    return time.monotonic()


async def leave_before_a_word(url: str, path: str, upstream: ChatServer) -> float:
    """When the model has been asked and is silent."""
    before = asked(upstream)
    async with httpx.AsyncClient(base_url=url, timeout=120) as client, asking(client, path):
        while asked(upstream) == before:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
    return time.monotonic()


async def leave_without_a_stream(url: str, path: str, upstream: ChatServer) -> float:
    """When the model has begun to answer."""
    before = asked(upstream)
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        asking = asyncio.create_task(client.post(path, json={**CALLS[path], "stream": False}))
        while asked(upstream) == before:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    return time.monotonic()


async def all_leave(url: str, path: str, times: int) -> list[float]:
    left: list[float] = []
    for _ in range(times // AT_ONCE):
        left += await asyncio.gather(*[leave_in_mid_stream(url, path) for _ in range(AT_ONCE)])
    return left


def asked(upstream: ChatServer) -> int:
    return sum(path.endswith("/chat/completions") for path, _ in upstream.requests)


def noticed(upstream: ChatServer, times: int) -> list[float]:
    """When the model saw that nobody listens any more."""
    until = time.monotonic() + 10
    while len(upstream.left) < times and time.monotonic() < until:
        time.sleep(0.02)
    return sorted(upstream.left)


def promise(upstream: ChatServer, mishap: Mishap, times: int) -> None:
    upstream.left.clear()
    upstream.mishaps += [mishap] * times


@pytest.mark.parametrize("path", CALLS)
def test_a_hundred_that_leave_leave_nothing_behind(served: Served, upstream: ChatServer, path: str) -> None:
    babble = drips(piece(" so"), 0.05, piece("Parental leave is thirty days. [1] And"))
    promise(upstream, babble, AT_ONCE)
    asyncio.run(all_leave(served.url, path, AT_ONCE))
    noticed(upstream, AT_ONCE)
    before = settled(served)
    promise(upstream, babble, 100)
    gone = sorted(asyncio.run(all_leave(served.url, path, 100)))
    seen = noticed(upstream, 100)
    assert len(seen) == 100
    assert max(saw - left for saw, left in zip(seen, gone, strict=True)) < SOON_S
    after = settled(served)
    assert after.tasks == before.tasks
    assert after.threads - before.threads < POOLS
    assert after.files - before.files < POOLS


@pytest.mark.parametrize("path", CALLS)
def test_who_leaves_before_the_first_word_stops_the_model(served: Served, upstream: ChatServer, path: str) -> None:
    promise(upstream, drips(b": ping\n\n", 0.05), 1)
    gone = asyncio.run(leave_before_a_word(served.url, path, upstream))
    (seen,) = noticed(upstream, 1)
    assert seen - gone < SOON_S


@pytest.mark.parametrize("path", CALLS)
def test_who_leaves_without_a_stream_stops_the_model(served: Served, upstream: ChatServer, path: str) -> None:
    before = settled(served)
    promise(upstream, drips(piece(" so"), 0.05), 1)
    gone = asyncio.run(leave_without_a_stream(served.url, path, upstream))
    (seen,) = noticed(upstream, 1)
    assert seen - gone < SOON_S
    assert settled(served).tasks == before.tasks


def settled(served: Served) -> Count:
    """Once it has been the same for a while."""
    last, same = served.count(), 0
    for _ in range(40):
        time.sleep(0.1)
        now = served.count()
        last, same = now, same + 1 if now == last else 0
        if same == 5:
            break
    return last
