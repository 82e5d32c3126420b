"""Requests to a language model in this process: those that leave, wait or fail leave nothing behind."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from generation.generators.chat import ChatOptions
from generation.generators.local.batch import Batch
from generation.generators.local.generator import TransformersGenerator
from generation.generators.local.model import LanguageModel
from generation.generators.local.scheduler import THREAD, Scheduler
from generation.generators.local.weights import Choice, LazyModel, load
from generation.types import Prompt
from ingest.errors import TooSlowError, UnavailableError
from tests.generation.test_local import all_said, generator, prompts, said, writing


@pytest.fixture(scope="module")
def model(random_llm: Path) -> LanguageModel:
    return load(Choice(str(random_llm), "cpu", "float32"))


def test_more_requests_than_a_batch_holds(model: LanguageModel) -> None:
    asked = generator(model, size=2, max_tokens=8)
    together = asyncio.run(all_said(said(asked, one) for one in prompts(5)))
    assert together == [asyncio.run(said(asked, one)) for one in prompts(5)]


def working() -> bool:
    return any(thread.name == THREAD for thread in threading.enumerate())


def comes_true(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    ends = time.monotonic() + within_s
    while not condition() and time.monotonic() < ends:
        time.sleep(0.005)
    return condition()


def test_two_hundred_who_leave_in_mid_answer_leave_nothing_behind(model: LanguageModel) -> None:
    asked = generator(model, size=4, max_tokens=3000)

    async def left() -> int:
        pieces = asked.stream(Prompt("Who?", (), ()))
        await anext(pieces)
        await pieces.aclose()
        return len(asyncio.all_tasks())

    async def two_hundred() -> list[int]:
        return [tasks for _ in range(20) for tasks in await asyncio.gather(*(left() for _ in range(10)))]

    assert len(asyncio.run(two_hundred())) == 200
    assert comes_true(lambda: not working())
    scheduler = asked._scheduler
    assert scheduler is not None
    assert (scheduler._batch.rows, len(scheduler._waiting), len(scheduler._batch._cache)) == ([], 0, 0)


def test_whoever_leaves_while_waiting_is_never_begun(model: LanguageModel) -> None:
    asked = generator(model, size=1, max_tokens=2000)

    async def leave_both() -> None:
        first, second = asked.stream(Prompt("Who?", (), ())), asked.stream(Prompt("What?", (), ()))
        await anext(first)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(second)
        await first.aclose()

    asyncio.run(leave_both())
    assert comes_true(lambda: not working())


def test_a_model_that_fails_is_told_of_and_the_next_request_works(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, forward, mishaps = generator(model), model.network.forward, [1, 0]

    def failing(**given: Any) -> Any:
        if given["input_ids"].shape[1] == 1 and mishaps.pop():
            raise torch.OutOfMemoryError("no room")
        return forward(**given)

    good = asyncio.run(said(asked))
    with monkeypatch.context() as patched:
        patched.setattr(model.network, "forward", failing)
        with pytest.raises(UnavailableError, match=r"OutOfMemoryError.*lower answers\.batch_size"):
            asyncio.run(said(asked))
    assert asyncio.run(said(asked)) == good


def test_one_that_is_too_slow(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    forward = model.network.forward

    def slow(**given: Any) -> Any:
        time.sleep(0.3)
        return forward(**given)

    monkeypatch.setattr(model.network, "forward", slow)
    with pytest.raises(TooSlowError, match=r"no token within 0\.1 s.*raise answers\.first_token_s"):
        asyncio.run(said(generator(model, first_token_s=0.1)))
    assert comes_true(lambda: not working())


def test_a_prompt_that_the_model_cannot_read(model: LanguageModel) -> None:
    with pytest.raises(UnavailableError, match=r"reads and writes 4096 tokens at once.*lower answers\.max_tokens"):
        asyncio.run(said(generator(model, max_tokens=4000)))


def test_a_model_is_loaded_once_and_only_when_needed(model: LanguageModel) -> None:
    loads: list[int] = []

    def load_slowly() -> LanguageModel:
        loads.append(1)
        time.sleep(0.05)
        return model

    asked = TransformersGenerator(LazyModel("slow", load_slowly), ChatOptions(4, 0.0, 60.0, 60.0), 8)
    assert loads == []
    asyncio.run(all_said(said(asked) for _ in range(4)))
    assert loads == [1]


def test_scheduler_takes_what_comes_after_it_had_nothing_to_do(model: LanguageModel) -> None:
    scheduler = Scheduler(Batch(model, ()), 2)
    for _ in range(2):
        row, told = writing(model.prompt([{"role": "user", "content": "a"}]), 3)
        scheduler.submit(row)
        assert comes_true(lambda told=told: None in told)  # type: ignore[misc]
        assert comes_true(lambda: not working())


def test_memory_that_runs_out_when_one_leaves_is_told_of_and_the_next_request_works(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_room(*_: Any) -> Any:
        raise torch.OutOfMemoryError("no room")

    prompt, scheduler = model.prompt([{"role": "user", "content": "a"}]), Scheduler(Batch(model, ()), 2)
    (brief, told), (long, failed) = writing(prompt, 1), writing(prompt, 3000)
    with monkeypatch.context() as patched:
        patched.setattr("generation.generators.local.batch.kept", without_room)
        for row in (long, brief):
            scheduler.submit(row)
        assert comes_true(lambda: not working())
    assert told[1:] == [None]
    assert isinstance(failed[-1], UnavailableError)
    again, written = writing(prompt, 3)
    scheduler.submit(again)
    assert comes_true(lambda: None in written)
    assert comes_true(lambda: not working())
