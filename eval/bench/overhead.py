"""What Citewell adds before the first words of an answer.

`python -m eval.bench.overhead` asks the questions of the sample handbook (or `--data FOLDER`, with `questions.jsonl`)
over REST, as streams, with a language model that answers at once, and prints where the time until the first event goes.
What is over embedding, search and the reading of a cross-encoder is overhead.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
from rich.markup import escape
from rich.table import Table

from api.bootstrap import Services
from api.ingestion import IngestRequest, ingest_files
from api.settings import Settings, load_settings
from eval.bench import instant
from eval.bench.measure import WARM_UP, Percentiles, summary
from eval.bench.search import serving
from eval.datasets.questions import load_question_set
from eval.environment import add_settings, consoles, load, overrides, uncached
from ingest.errors import CitewellError

HANDBOOK = Path(__file__).parents[1] / "samples" / "handbook"
SEARCHED = ("search_ms", "evidence_ms")
"""Stages that are not overhead: embedding, search and reranking; the cross-encoder that weighs sentences."""
STAGES = (*SEARCHED, "pack_ms", "generate_ms", "verify_ms")
GOAL_MS = 50.0
Row = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    try:
        questions = [one.question for one in load_question_set(asked.data).questions if one.answerable]
        with tempfile.TemporaryDirectory() as folder, answering_at_once() as url:
            settings = settings_for(asked.config, asked.set, url, Path(folder) / "data")
            err.print(f"Ingesting {escape(str(asked.data))}")
            ingest_files(settings, IngestRequest((str(asked.data),), "default", settings.access.tenant), _quietly)
            err.print("Asking")
            with Services(settings) as services:
                services.warm_up()
                rounds = measure(services, questions[: asked.questions], asked.repetitions)
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    out.print(to_table(figures(rounds)))
    return 0


@contextmanager
def answering_at_once() -> Iterator[str]:
    """The address of a language model's server in a process of its own."""
    command = [sys.executable, "-I", "-S", instant.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.stdin.close()


def settings_for(config: Path | None, assignments: Sequence[str], url: str, data: Path) -> Settings:
    """Nothing is refused, so that every question comes to the model."""
    given = overrides(assignments)
    chosen = {"generator": "openai", "url": url, "model": "instant", "min_confidence": 0, **given.pop("answers", {})}
    return uncached(load_settings(config, {**given, "answers": chosen, "data": data}))


def measure(services: Services, questions: Sequence[str], repetitions: int) -> list[list[Row]]:
    """A row for each question and repetition; the questions are asked one after the other."""
    with serving(services) as url, httpx.Client(base_url=url, timeout=120) as client:
        for question in questions[:WARM_UP]:
            asked(client, question)
        return [[asked(client, question) for question in questions] for _ in range(repetitions)]


def asked(client: httpx.Client, question: str) -> Row:
    """Milliseconds of each stage, as the server tells them, what is left of the time until the first event, that time,
    and the overhead in it."""
    started, first, last = perf_counter(), 0.0, ""
    with client.stream("POST", "/v1/answers", json={"query": question, "stream": True}) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            first = first or perf_counter()
            last = line.removeprefix("data: ") if line.startswith("data: ") else last
    timings: Row = json.loads(last)["timings"]
    stages = {name: timings.get(name, 0.0) for name in STAGES}
    total = 1000 * (first - started)
    overhead = total - sum(stages[name] for name in SEARCHED)
    return {**stages, "rest_ms": total - sum(stages.values()), "total_ms": total, "overhead_ms": overhead}


def figures(rounds: Sequence[Sequence[Row]]) -> dict[str, Percentiles]:
    return {name: summary([[row[name] / 1000 for row in rows] for rows in rounds]) for name in rounds[0][0]}


def to_table(found: Mapping[str, Percentiles]) -> Table:
    told = {
        "search_ms": "embedding, search, reranking",
        "evidence_ms": "weighing sentences (cross-encoder)",
        "pack_ms": "packing the context",
        "generate_ms": "the model and its connection",
        "verify_ms": "verification of its sentence",
        "rest_ms": "REST and what is between",
        "total_ms": "until the first event",
        "overhead_ms": f"overhead (goal: p50 of at most {GOAL_MS:g} ms)",
    }
    every = found["total_ms"]
    caption = f"{every.queries} questions, {every.repetitions} times; load {load()}"
    table = Table(title="Before the first words", caption=caption, caption_justify="left")
    for position, name in enumerate(("", "p50 ms", "p95 ms")):
        table.add_column(name, justify="right" if position else "left", no_wrap=True)
    for name, one in found.items():
        table.add_row(told[name], f"{one.p50:.1f}", f"{one.p95:.1f}")
    return table


def _quietly(_: Any) -> None:
    pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.overhead", description=__doc__)
    parser.add_argument("--data", type=Path, default=HANDBOOK, help="folder of documents with questions.jsonl")
    parser.add_argument("--questions", type=int, metavar="N", help="only the first N that can be answered")
    parser.add_argument("--repetitions", type=int, default=3)
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
