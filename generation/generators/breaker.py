"""A wrapper that leaves a failing server alone for a while."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from generation.generators.thoughts import ThoughtsError
from generation.ports import Generator
from generation.types import Prompt, Usage
from ingest.errors import UnavailableError
from retrieval.http import RefusedError


class CircuitBreaker:
    """Port `Generator` round another one: after `failures` in a row it is not asked for `rest_s` seconds of `clock`,
    then once, while the others go on waiting. A refused request is no failure: it says that the server works; so does
    an answer that is nothing but thought, and so does a piece, where the reader stops after it. A trial that is stopped
    before one says nothing: the next may try."""

    def __init__(self, inner: Generator, failures: int, rest_s: float, clock: Callable[[], float]) -> None:
        self._inner, self._failures, self._rest_s, self._clock = inner, failures, rest_s, clock
        self._in_a_row, self._closed_until = 0, 0.0
        self._last = ""

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        trial, begun = self._check(), False
        try:
            async with aclosing(self._inner.stream(prompt)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
        except (RefusedError, ThoughtsError):
            self._in_a_row = 0
            raise
        except UnavailableError as error:
            self._failed(error)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            self._stopped(trial, begun)
            raise
        self._in_a_row = 0

    def _check(self) -> bool:
        """Whether this is the trial: whoever is let through after the rest. Raises UnavailableError while it rests."""
        if self._in_a_row < self._failures:
            return False
        left = self._closed_until - self._clock()
        if left > 0:
            raise UnavailableError(
                f"{self._last} It failed {self._in_a_row} times in a row and is asked again in {left:.0f} s at most."
            )
        self._closed_until = self._clock() + self._rest_s
        return True

    def _stopped(self, trial: bool, begun: bool) -> None:
        """By its reader."""
        if begun:
            self._in_a_row = 0
        elif trial:
            self._closed_until = self._clock()

    def _failed(self, error: UnavailableError) -> None:
        self._in_a_row += 1
        self._closed_until, self._last = self._clock() + self._rest_s, str(error)
