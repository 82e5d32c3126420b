"""Read a generator to its end, or until it fails."""

import asyncio
import time
from contextlib import aclosing

import pytest

from generation.ports import Generator
from generation.types import Prompt, Usage
from ingest.errors import UnavailableError
from tests.chat_server import KEY
from tests.generation.passages import hits

PROMPT = Prompt("Where is the vault?", tuple(hits("The vault is in Bremen.")), ())


async def drained(generator: Generator) -> list[str | Usage]:
    async with aclosing(generator.stream(PROMPT)) as pieces:
        return [one async for one in pieces]


def fails(generator: Generator) -> tuple[UnavailableError, float]:
    """The error and the seconds until it came; it never shows the key or the prompt."""

    async def run() -> tuple[UnavailableError, float]:
        started = time.monotonic()
        with pytest.raises(UnavailableError) as told:
            await drained(generator)
        return told.value, time.monotonic() - started

    error, seconds = asyncio.run(run())
    for secret in (KEY, "vault", "Bremen", "words of a server"):
        assert secret not in str(error)
    assert error.__cause__ is None
    return error, seconds
