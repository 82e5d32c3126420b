"""A server that fails again and again is left alone for a while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from generation.generators.breaker import CircuitBreaker
from generation.generators.thoughts import only_thoughts, untagged_thoughts
from generation.types import Prompt, Usage
from ingest.errors import UnavailableError
from retrieval.http import RefusedError
from tests.fakes import ScriptedGenerator
from tests.generation.draining import PROMPT, drained, fails


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_server_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    broken, clock = UnavailableError("It is down."), Clock()
    inner = ScriptedGenerator("x", broken)
    generator = CircuitBreaker(inner, failures=2, rest_s=30, clock=clock)
    for _ in range(2):
        assert fails(generator)[0] is broken
    error, _ = fails(generator)
    assert str(error) == "It is down. It failed 2 times in a row and is asked again in 30 s at most."
    assert len(inner.prompts) == 2
    clock.now += 30
    assert fails(generator)[0] is broken  # the trial
    assert "3 times in a row" in str(fails(generator)[0])
    assert len(inner.prompts) == 3


@pytest.mark.parametrize("thought", [only_thoughts("It", 512), untagged_thoughts("It")])
def test_a_model_that_only_thinks_is_asked_by_others(thought: UnavailableError) -> None:
    inner = ScriptedGenerator(thought)
    generator = CircuitBreaker(inner, failures=1, rest_s=30, clock=Clock())
    assert [fails(generator)[0] for _ in range(3)] == [thought] * 3
    assert len(inner.prompts) == 3


def test_one_that_works_again_is_asked_by_everybody() -> None:
    clock, inner = Clock(), ScriptedGenerator(UnavailableError("Down."))
    generator = CircuitBreaker(inner, failures=1, rest_s=30, clock=clock)
    fails(generator)
    inner._pieces = ("fine",)
    clock.now += 31
    for _ in range(3):
        assert asyncio.run(drained(generator)) == ["fine"]


def test_while_one_tries_the_others_wait() -> None:
    clock, inner = Clock(), ScriptedGenerator(UnavailableError("Down."))
    generator = CircuitBreaker(inner, failures=1, rest_s=30, clock=clock)
    fails(generator)
    inner._pieces = ("slow", "answer")
    clock.now += 31

    async def beside() -> None:
        async with aclosing(generator.stream(PROMPT)) as trial:
            await anext(trial)
            with pytest.raises(UnavailableError, match="asked again in 30 s"):
                await drained(generator)
            assert await anext(trial) == "answer"
            assert [one async for one in trial] == []
        assert await drained(generator) == ["slow", "answer"]

    asyncio.run(beside())


def test_what_is_refused_is_no_failure_of_the_server() -> None:
    generator = CircuitBreaker(ScriptedGenerator(RefusedError("Too long.")), failures=1, rest_s=30, clock=Clock())
    for _ in range(3):
        assert str(fails(generator)[0]) == "Too long."


async def tried(generator: CircuitBreaker, seconds: float) -> None:
    """The reader stops after a while, or after the first piece."""
    async with asyncio.timeout(seconds), aclosing(generator.stream(PROMPT)) as trial:
        await anext(trial)


def test_a_trial_whose_reader_stops_it_lets_the_others_in() -> None:
    clock, inner = Clock(), ScriptedGenerator(UnavailableError("Down."))
    generator = CircuitBreaker(inner, failures=1, rest_s=30, clock=clock)
    fails(generator)
    inner._pieces = ("fine", "answer")
    clock.now += 31
    asyncio.run(tried(generator, 9))
    for _ in range(2):
        assert asyncio.run(drained(generator)) == ["fine", "answer"]


def test_a_trial_that_is_stopped_before_it_says_something_leaves_it_to_the_next() -> None:
    clock, silent = Clock(), Silent("fine")
    generator = CircuitBreaker(silent, failures=1, rest_s=30, clock=clock)
    fails(generator)
    clock.now += 31
    with pytest.raises(TimeoutError):
        asyncio.run(tried(generator, 0.01))
    silent.waits = 0.0
    assert asyncio.run(drained(generator)) == ["fine"]


def test_whoever_stops_beside_the_trial_ends_no_rest() -> None:
    clock, silent = Clock(), Silent("fine")
    generator = CircuitBreaker(silent, failures=1, rest_s=30, clock=clock)
    silent.failing = False

    async def beside() -> None:
        early = asyncio.create_task(tried(generator, 0.05))
        await asyncio.sleep(0.01)
        silent.failing = True
        with pytest.raises(UnavailableError):
            await drained(generator)
        with pytest.raises(TimeoutError):
            await early
        with pytest.raises(UnavailableError, match="asked again in 30 s"):
            await drained(generator)

    asyncio.run(beside())


class Silent(ScriptedGenerator):
    """Fails once, and then waits before it says something."""

    waits, failing = 60.0, True

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        if self.failing:
            self.failing = False
            raise UnavailableError("Down.")
        await asyncio.sleep(self.waits)
        async for piece in super().stream(prompt):
            yield piece
