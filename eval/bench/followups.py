"""Whether the rules for follow-up questions find what the questions alone do not, and leave other questions alone.

`python -m eval.bench.followups` indexes the sample handbook and the passages `public*.jsonl` of eval/training, asks the
conversations of eval/samples/followups, and prints the share of questions whose passage is the first hit or among the
first five: asked as they are, completed by the rules, put behind the question before, and as a person would complete
them. Questions that stand alone are asked in the middle of a conversation, too.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from api.bootstrap import Services
from api.ingestion import IngestRequest, ingest_files
from api.settings import Settings
from eval.datasets.lines import json_rows
from eval.datasets.questions import QUESTIONS
from eval.environment import add_settings, consoles, settings_of
from eval.metrics.text import words
from eval.training.passages import FOLDER, load_file
from ingest.errors import CitewellError
from retrieval.queries.followups import carried_over
from retrieval.types import Query

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
_DEEP = 5


@dataclass(frozen=True)
class Turn:
    """A question in a conversation, after `before`. `standalone` is it as a person would complete it; the passage that
    is looked for holds one of the `quotes`."""

    corpus: str
    before: tuple[str, ...]
    question: str
    standalone: str
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """Shares of `tried` questions; `changed` were asked in other words than they were put."""

    questions: str
    way: str
    tried: int
    changed: float
    first: float
    among_five: float


WAYS: dict[str, Callable[[Turn], str]] = {
    "as asked": lambda turn: turn.question,
    "rules": lambda turn: carried_over(turn.question, turn.before),
    "behind the one before": lambda turn: f"{turn.before[-1]} {turn.question}",
    "by a person": lambda turn: turn.standalone,
}


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = settings_of(asked, Path(folder) / "data")
            index(settings, Path(folder))
            with Services(settings) as services:
                turns, others = load_turns(), standing_alone(asked.seed)
                out.print(to_table([*measure(services, turns), *measure(services, others)]))
                for turn in turns if asked.show else ():
                    out.print(f"{turn.question}  ->  {WAYS['rules'](turn)}", soft_wrap=True, markup=False)
    except CitewellError as error:
        err.print(f"Error: {error}", soft_wrap=True, markup=False)
        return 1
    return 0


def load_turns() -> list[Turn]:
    """All but the first of each conversation. Raises InvalidError where a line is malformed."""
    found = []
    for _, row in json_rows(SAMPLES / "followups" / "conversations.jsonl", ("corpus", "turns")):
        asked = tuple(turn["question"] for turn in row["turns"])
        for place, turn in enumerate(row["turns"][1:], start=1):
            before, quotes = asked[:place], (turn["quote"],)
            found.append(Turn(row["corpus"], before, turn["question"], turn["standalone"], quotes))
    return found


def standing_alone(seed: int) -> list[Turn]:
    """The handbook's own questions, each after one of the others, drawn at random."""
    rows = [row for _, row in json_rows(SAMPLES / "handbook" / QUESTIONS, ("question", "evidence"))]
    draw = random.Random(seed)
    found = []
    for row in rows:
        before = draw.choice([other["question"] for other in rows if other is not row])
        quotes = tuple(one["quote"] for one in row["evidence"])
        found.append(Turn("handbook", (before,), row["question"], row["question"], quotes))
    return [turn for turn in found if turn.quotes]


def index(settings: Settings, folder: Path) -> None:
    """The documents of both corpora, each in a collection of its name."""
    public = folder / "public"
    public.mkdir()
    for file in ("public.jsonl", "public2.jsonl"):
        for number, passage in enumerate(load_file(FOLDER / file)):
            (public / f"{Path(file).stem}-{number:02}.md").write_text(passage.markdown(), encoding="utf-8")
    for name, path in (("handbook", SAMPLES / "handbook"), ("public", public)):
        request = IngestRequest((str(path),), name, settings.access.tenant, exclude=(QUESTIONS,))
        ingest_files(settings, request, lambda snapshot: None)


def measure(services: Services, turns: Sequence[Turn]) -> Iterator[Row]:
    for kind, chosen in _kinds(turns).items():
        for way, text_of in WAYS.items():
            ranks = [rank(services, turn, text_of(turn)) for turn in chosen]
            changed = sum(text_of(turn) != turn.question for turn in chosen)
            first, five = (sum(one is not None and one < most for one in ranks) for most in (1, _DEEP))
            yield Row(kind, way, len(chosen), *(count / len(chosen) for count in (changed, first, five)))


def _kinds(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    found: dict[str, list[Turn]] = {}
    for turn in turns:
        kind = "stands alone" if turn.standalone == turn.question else "follow-up"
        found.setdefault(f"{kind}, {turn.corpus}", []).append(turn)
    return found


def rank(services: Services, turn: Turn, text: str) -> int | None:
    """Place of the first hit that holds a quote, from 0; None where none of the first five does."""
    query = Query(text, turn.corpus, services.settings.access.tenant, top_k=_DEEP)
    hits = services.collection(turn.corpus).searcher.search(query)
    held = (any(words(quote) in words(hit.chunk.indexed_text) for quote in turn.quotes) for hit in hits)
    return next((place for place, holds in enumerate(held) if holds), None)


def to_table(rows: Sequence[Row]) -> Table:
    table = Table("questions", "asked", "number", "changed", "first hit", "among five")
    for row in rows:
        shares = (f"{share:.0%}" for share in (row.changed, row.first, row.among_five))
        table.add_row(row.questions, row.way, str(row.tried), *shares)
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.followups", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="draws the questions before those that stand alone")
    parser.add_argument("--show", action="store_true", help="list what the rules made of each follow-up")
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
