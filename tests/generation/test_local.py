"""A language model in this process: answers that are written together are those that are written alone."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, Lfm2Config, Lfm2ForCausalLM

from generation.generators.chat import ChatOptions
from generation.generators.local.batch import Batch, Writing
from generation.generators.local.generator import ModelPacker, TransformersGenerator
from generation.generators.local.memory import SPARE
from generation.generators.local.model import LanguageModel
from generation.generators.local.weights import Choice, LazyModel, load
from generation.prompting import RULES, messages
from generation.types import Prompt, Usage
from ingest.errors import InvalidError, UnavailableError
from tests.generation.passages import hits
from tests.language_models import reciting_model

FOUND = hits("The office opens at nine. It closes at six.", "Parental leave is thirty days.")
PROMPT = Prompt("When does the office open?", tuple(FOUND), ())
LONG = SPARE + 20
"""More tokens than a layer has room for at first."""


@pytest.fixture(scope="module")
def model(random_llm: Path) -> LanguageModel:
    return load(Choice(str(random_llm), "cpu", "float32"))


@pytest.fixture(scope="module")
def short(model: LanguageModel) -> tuple[list[list[int]], list[list[int]]]:
    """Prompts, and what is written to each alone."""
    every = [model.prompt([{"role": "user", "content": "a" * number}]) for number in (1, 9, 30, 17)]
    return every, [alone(model, prompt, 12) for prompt in every]


def lazy(model: LanguageModel) -> LazyModel:
    return LazyModel(model.name, lambda: model)


def generator(model: LanguageModel, size: int = 8, **changes: Any) -> TransformersGenerator:
    chosen = {"max_tokens": 24, "temperature": 0.0, "first_token_s": 60.0, "between_tokens_s": 60.0, **changes}
    return TransformersGenerator(lazy(model), ChatOptions(**chosen), size)


def prompts(count: int) -> list[Prompt]:
    """Of different lengths."""
    return [Prompt("Who? " * number, tuple(FOUND[: number % 3]), ()) for number in range(1, count + 1)]


async def said(asked: TransformersGenerator, prompt: Prompt = PROMPT) -> list[str | Usage]:
    async with aclosing(asked.stream(prompt)) as pieces:
        return [piece async for piece in pieces]


async def all_said(works: Iterable[Awaitable[list[str | Usage]]]) -> list[list[str | Usage]]:
    return list(await asyncio.gather(*works))


def alone(model: LanguageModel, prompt: Sequence[int], limit: int) -> list[int]:
    """As transformers' own `generate` writes it."""
    tokens = torch.tensor([list(prompt)])
    with torch.inference_mode():
        found = model.network.generate(  # type: ignore[operator]
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=limit, do_sample=False
        )
    written = found[0, len(prompt) :].tolist()
    return [one for one in written if one not in model.ends]


def writing(prompt: Sequence[int], limit: int, **more: Any) -> tuple[Writing, list[Any]]:
    told: list[Any] = []
    return Writing(prompt, limit, more.get("temperature", 0.0), more.get("seed", 0), told.append), told


def test_answers_written_together_are_those_that_transformers_writes_alone(model: LanguageModel) -> None:
    every = [model.prompt(messages(one)) for one in prompts(3)]
    batch = Batch(model, model.beginning(RULES))
    rows = [writing(prompt, LONG) for prompt in every]
    for row, _ in rows:
        batch.join(row)
        batch.step()
    while batch.rows:
        batch.step()
        batch.leave()
    assert [told for _, told in rows] == [[*alone(model, prompt, LONG), None] for prompt in every]


@settings(max_examples=10)
@given(data=st.data())
def test_whoever_joins_and_leaves_when_changes_nothing(
    model: LanguageModel, short: tuple[list[list[int]], list[list[int]]], data: st.DataObject
) -> None:
    every, expected = short
    limits = [data.draw(st.integers(1, 12)) for _ in every]
    together, batch = [writing(*one) for one in zip(every, limits, strict=True)], Batch(model, ())
    waiting = [row for row, _ in together]
    while waiting or batch.rows:
        if waiting and (not batch.rows or data.draw(st.booleans())):
            batch.join(waiting.pop(data.draw(st.integers(0, len(waiting) - 1))))
        else:
            batch.step()
        batch.leave()
    for (_, told), whole, limit in zip(together, expected, limits, strict=True):
        assert told == [*whole[:limit], None]


@pytest.mark.parametrize("beginning", [RULES, "", RULES[:40] + "Something else."])
def test_what_is_remembered_of_the_rules_changes_nothing(model: LanguageModel, beginning: str) -> None:
    """Also where a prompt begins only partly as was thought."""
    prompt = model.prompt(messages(PROMPT))
    batch = Batch(model, model.beginning(beginning))
    for _ in range(2):
        row, told = writing(prompt, 12)
        batch.join(row)
        while batch.rows:
            batch.step()
            batch.leave()
        assert told == [*alone(model, prompt, 12), None]


def test_the_rules_are_read_once(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    forward = model.network.forward

    def counted(**given: Any) -> Any:
        read.append(given["input_ids"].numel())
        return forward(**given)

    monkeypatch.setattr(model.network, "forward", counted)
    rules, prompt = model.beginning(RULES), model.prompt(messages(PROMPT))
    batch = Batch(model, rules)
    for _ in range(2):
        batch.join(writing(prompt, 1)[0])
        batch.leave()
    assert len(rules) > model.count(RULES)
    assert read == [len(rules), len(prompt) - len(rules), len(prompt) - len(rules)]


def test_chance_is_each_answer_s_own(model: LanguageModel) -> None:
    warm, seeded = (generator(model, max_tokens=8, temperature=1.0, seed=seed) for seed in (0, 7))
    together = asyncio.run(all_said(said(asked, one) for asked in (warm, seeded) for one in prompts(2)))
    assert together == [asyncio.run(said(asked, one)) for asked in (warm, seeded) for one in prompts(2)]
    assert together[0] != together[2]
    assert together[0] != asyncio.run(said(generator(model, max_tokens=8), prompts(1)[0]))


def test_characters_of_several_tokens_are_not_torn(tmp_path: Path) -> None:
    speaker = load(Choice(str(reciting_model(tmp_path, "é", "€", "я")), "cpu", "float32"))
    assert asyncio.run(said(generator(speaker)))[:-1] == ["é", "€", "я"]


def test_what_is_thought_before_the_answer_is_no_text(tmp_path: Path) -> None:
    thinker = load(Choice(str(reciting_model(tmp_path, "<think>", "Hm", "</think>", "Nine")), "cpu", "float32"))
    assert asyncio.run(said(generator(thinker)))[:-1] == ["Nine"]
    with pytest.raises(UnavailableError, match=r"thought aloud and used up its answer .*answers.max_tokens is 2"):
        asyncio.run(said(generator(thinker, max_tokens=2)))


def test_thoughts_that_the_chat_template_opens_are_no_text(tmp_path: Path) -> None:
    pieces = ("Hm", "</think>", "Nine")
    thinker = load(Choice(str(reciting_model(tmp_path, *pieces, opening="<think>")), "cpu", "float32"))
    assert asyncio.run(said(generator(thinker)))[:-1] == ["Nine"]


def test_thoughts_that_nothing_opened_are_no_answer(tmp_path: Path) -> None:
    thinker = load(Choice(str(reciting_model(tmp_path, "Hm.", "</think>", "Nine")), "cpu", "float32"))
    with pytest.raises(UnavailableError, match="does not say where that begins"):
        asyncio.run(said(generator(thinker)))


def test_a_limit_on_tokens(model: LanguageModel) -> None:
    *_, usage = asyncio.run(said(generator(model, max_tokens=5)))
    assert usage == Usage(len(model.prompt(messages(PROMPT))), 5, cut=True)


def test_an_answer_that_ends_by_itself_is_not_cut(tmp_path: Path) -> None:
    speaker = load(Choice(str(reciting_model(tmp_path, "It", "opens")), "cpu", "float32"))
    *_, usage = asyncio.run(said(generator(speaker)))
    assert isinstance(usage, Usage)
    assert not usage.cut


def test_the_context_is_filled_by_the_model_s_own_count(model: LanguageModel) -> None:
    many = hits(*(f"Passage {number} says this and that." for number in range(40)))
    packed = ModelPacker(lazy(model), 2000, 200, lambda key: "").pack("Who?", many)
    used = len(model.prompt(messages(Prompt("Who?", packed.hits, ()))))
    longest = max(model.count(one.chunk.text) for one in many) + 60
    assert packed.omitted
    assert 1800 - longest <= used <= 1800
    with pytest.raises(InvalidError, match="leaves no room"):
        ModelPacker(lazy(model), 9000, 3900, lambda key: "").pack("Who?", many)  # the model reads 4096


def test_layers_that_look_back_so_far_only(model: LanguageModel) -> None:
    torch.manual_seed(1)
    config = Gemma3TextConfig(
        vocab_size=model.network.config.vocab_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=16,
        layer_types=["sliding_attention", "full_attention"],
        initializer_range=0.3,
        eos_token_id=min(model.ends),
    )
    windowed = LanguageModel("windowed", model._tokenizer, Gemma3ForCausalLM(config).eval())  # type: ignore[no-untyped-call]
    every = [windowed.prompt([{"role": "user", "content": "who " * number}]) for number in (1, 20)]
    rows, batch = [writing(prompt, 24) for prompt in every], Batch(windowed, every[1][:30])
    for row, _ in rows:
        batch.join(row)
    while batch.rows:
        batch.step()
        batch.leave()
    assert [told for _, told in rows] == [[*alone(windowed, prompt, 24), None] for prompt in every]


def test_layers_that_are_no_attention(model: LanguageModel) -> None:
    config = Lfm2Config(
        vocab_size=300,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        layer_types=["conv", "full_attention"],
    )
    with pytest.raises(UnavailableError, match=r"layers without attention.*set answers\.generator to openai"):
        LanguageModel("mixed", model._tokenizer, Lfm2ForCausalLM(config))


def test_a_template_without_system_messages(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + "".join(
        ["{% for message in messages %}", "<|im_start|>{{ message['content'] }}", "{% endfor %}"]
    )
    monkeypatch.setattr(model._tokenizer, "chat_template", strict)
    text = model.tokenizer.decode(model.prompt([{"role": "system", "content": "A"}, {"role": "user", "content": "B"}]))
    assert text == "A\n\nB"
