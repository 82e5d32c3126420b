"""How many planted errors the verification of answers catches, and how many correct sentences it removes.

`python -m eval.bench.verification` plants errors into the correct sentences of eval/samples/verification and prints a
table: of each kind how many were planted, in how many sentences that makes no sense, and the share that was removed,
with 95 % Wilson intervals. `--half thresholds` takes the half that thresholds and rules were chosen on, `--half second`
sentences from other fields, of which most are wrong by hand, `--half training` 43,438 to train with. `--generated`
reads what SmolLM2 wrote, sentence by sentence with a verdict by eye, and says how many of the
sentences that are served are unsupported.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import get_args

from rich.markup import escape
from rich.table import Table

from api import answering, parts
from api.models import Models
from eval.bench.verification_data import Half, Row, load_rows
from eval.bench.verification_errors import RULES
from eval.bench.verification_generated import EvenLexicon, load_generated, serve
from eval.environment import add_settings, consoles, settings_of
from eval.statistics import wilson
from generation.citations import Statement
from generation.ports import Verifier
from ingest.errors import CitewellError
from retrieval.store.bm25 import Bm25Encoder


@dataclass(frozen=True)
class Counts:
    """`removed` of `tried` sentences were found unsupported; `skipped` had nothing to plant in."""

    removed: int
    tried: int
    skipped: int = 0

    @property
    def share(self) -> float:
        return self.removed / self.tried if self.tried else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.removed, self.tried)


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    try:
        settings = settings_of(asked, Path("citewell-data"))
        models = Models(settings, None)
        terms = Bm25Encoder(parts.bm25_parameters(settings)).terms
        verifier = answering.build_verifier(terms, models.entailment)
        if asked.generated:
            evidence = answering.build_evidence(models.embedder, EvenLexicon(terms), models.cross_encoder)
            out.print(serve(verifier, evidence, load_generated()).table())
            return 0
        rows = load_rows(asked.half)
        started = perf_counter()
        found = measure(verifier, rows, asked.seed)
        checked = sum(counts.tried for counts in found.values())
        out.print(to_table(found, 1000 * (perf_counter() - started) / checked, asked.half))
        for kind, row, sentence in _details(verifier, rows, asked.seed) if asked.show else ():
            out.print(escape(f"{kind}: {sentence}\n    from: {row.sentence}"), soft_wrap=True)
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    return 0


def measure(verifier: Verifier, rows: Sequence[Row], seed: int) -> dict[str, Counts]:
    """Of the correct sentences by kind ("correct, ..."), of all of them ("correct"), of each kind of planted error and
    all of them ("errors"), and, where there are any, of those that are wrong by hand in the same way ("wrong")."""
    correct, by_hand = [row for row in rows if not row.wrong], [row for row in rows if row.wrong]
    right = {f"correct, {kind}": counts for kind, counts in _by_kind(verifier, correct).items()}
    errors = {kind: _count(verifier, planted(kind, correct, seed), len(correct)) for kind in RULES}
    found = {**right, "correct": _sum(right.values()), **errors, "errors": _sum(errors.values())}
    wrong = _by_kind(verifier, by_hand)
    return {**found, **wrong, "wrong": _sum(wrong.values())} if wrong else found


def _by_kind(verifier: Verifier, rows: Sequence[Row]) -> dict[str, Counts]:
    kinds = dict.fromkeys(row.kind for row in rows)
    return {kind: _count(verifier, [(row, row.sentence) for row in rows if row.kind == kind]) for kind in kinds}


def planted(kind: str, rows: Sequence[Row], seed: int) -> list[tuple[Row, str]]:
    """Rows with their sentence made wrong, as far as the rule can."""
    chance = random.Random(seed)
    found = ((row, RULES[kind](row, rows, chance)) for row in rows)
    return [(row, sentence) for row, sentence in found if sentence and sentence != row.sentence]


def to_table(found: dict[str, Counts], milliseconds: float, half: str) -> Table:
    caption = f"{half} half; {milliseconds:.1f} ms a sentence"
    table = Table(title="Sentences that verification removes", caption=caption, caption_justify="left")
    for position, name in enumerate(("kind", "sentences", "skipped", "removed", "95 % interval")):
        table.add_column(name, justify="right" if position else "left", no_wrap=True)
    for kind, counts in found.items():
        low, high = counts.interval
        table.add_row(kind, str(counts.tried), str(counts.skipped), f"{counts.share:.1%}", f"{low:.1%} to {high:.1%}")
    return table


def _count(verifier: Verifier, sentences: Sequence[tuple[Row, str]], of: int = 0) -> Counts:
    removed = sum(not _supported(verifier, row, sentence) for row, sentence in sentences)
    return Counts(removed, len(sentences), max(of - len(sentences), 0))


def _supported(verifier: Verifier, row: Row, sentence: str) -> bool:
    return verifier.verify(Statement(sentence, (1,)), [row.hit], row.question).supported


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return Counts(sum(one.removed for one in every), sum(one.tried for one in every), sum(one.skipped for one in every))


def _details(verifier: Verifier, rows: Sequence[Row], seed: int) -> Iterator[tuple[str, Row, str]]:
    """Correct sentences that are removed and errors that are not."""
    for row in rows:
        if _supported(verifier, row, row.sentence) == row.wrong:
            yield row.kind if row.wrong else "removed", row, row.sentence
    correct = [row for row in rows if not row.wrong]
    for kind in RULES:
        yield from ((kind, row, text) for row, text in planted(kind, correct, seed) if _supported(verifier, row, text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.verification", description=__doc__)
    parser.add_argument("--half", choices=get_args(Half), default="held-out")
    parser.add_argument("--generated", action="store_true", help="what a language model wrote, judged by eye")
    parser.add_argument("--seed", type=int, default=1, help="of the planted errors")
    parser.add_argument(
        "--show", action="store_true", help="list what went wrong; look at the held-out half no further"
    )
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
