"""What a small language model answered from passages of the sample handbook, each sentence judged by eye, and what of
it is served once it was verified as `citewell serve` does."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from rich.table import Table

from eval.bench.verification_data import SAMPLES, hit_with
from eval.datasets.lines import json_rows
from eval.statistics import wilson
from generation.checking import SentenceCheck
from generation.citations import Statement
from generation.ports import EvidenceScorer, Verifier
from generation.streaming import Draft
from generation.types import Quote
from ingest.errors import InvalidError
from retrieval.types import Access, Hit, Query


@dataclass(frozen=True)
class Judged:
    """A sentence as the model wrote it, and whether one of the passages bears all of it."""

    draft: Draft
    borne: bool


@dataclass(frozen=True)
class Generated:
    """An answer: the passages that the model read, and its sentences."""

    question: str
    hits: tuple[Hit, ...]
    sentences: tuple[Judged, ...]


@dataclass(frozen=True)
class Served:
    """Counts of sentences. `silent`: answers of which no sentence was served, so that quotes stand in their place;
    `milliseconds`: what the verification of a sentence took."""

    answers: int
    silent: int
    written: int
    borne: int
    served: int
    unsupported: int
    milliseconds: float

    def table(self) -> Table:
        low, high = wilson(self.unsupported, self.served)
        table = Table("", "", title="Generated sentences", show_header=False)
        rows = {
            "answers": str(self.answers),
            "of these without any sentence served": str(self.silent),
            "sentences written": str(self.written),
            "of these supported, judged by eye": str(self.borne),
            "sentences served": str(self.served),
            "of these unsupported": f"{self.unsupported} ({low:.1%} to {high:.1%})",
            "supported ones removed": _share(self.borne - self.served + self.unsupported, self.borne),
            "milliseconds a sentence": f"{self.milliseconds:.1f}",
        }
        for name, value in rows.items():
            table.add_row(name, value)
        return table


class EvenLexicon:
    """Port `Lexicon` where there is no index to count in: each word weighs the same."""

    def __init__(self, terms: Callable[[str], frozenset[int]]) -> None:
        self.terms = terms

    def idf(self, terms: Iterable[int], access: Access) -> Mapping[int, float]:
        return dict.fromkeys(terms, 1.0)


def load_generated() -> list[Generated]:
    """Raises InvalidError where a line is malformed."""
    return list(_answers())


def serve(verifier: Verifier, evidence: EvidenceScorer, answers: Sequence[Generated]) -> Served:
    """Each answer is checked as it is when it is streamed: with what was said before, and cited anew where need be."""
    weighed = [evidence.weigh(Query(one.question, "", ""), one.hits).quotes for one in answers]
    started = perf_counter()
    shown = [_shown(verifier, one, quotes) for one, quotes in zip(answers, weighed, strict=True)]
    took = perf_counter() - started
    every = [judged for one in answers for judged in one.sentences]
    served = [judged for some in shown for judged in some]
    return Served(
        answers=len(answers),
        silent=sum(not some for some in shown),
        written=len(every),
        borne=sum(one.borne for one in every),
        served=len(served),
        unsupported=sum(not one.borne for one in served),
        milliseconds=1000 * took / max(len(every), 1),
    )


def _shown(verifier: Verifier, answer: Generated, quotes: Sequence[Quote]) -> list[Judged]:
    check = SentenceCheck(verifier, answer.hits, answer.question, quotes)
    return [one for one in answer.sentences if check.passed(one.draft)]


def _answers() -> Iterator[Generated]:
    for where, row in json_rows(SAMPLES / "generated.jsonl", ("question", "passages", "sentences")):
        try:
            yield _answer(row)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidError(f"{where} is no judged answer ({error}).") from error


def _answer(row: dict[str, Any]) -> Generated:
    hits = tuple(hit_with(str(one["title"]), tuple(one["headings"]), str(one["text"])) for one in row["passages"])
    sentences = tuple(
        Judged(Draft(Statement(str(one["text"]), tuple(one["markers"])), " "), bool(one["borne"]))
        for one in row["sentences"]
    )
    return Generated(str(row["question"]), hits, sentences)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0"
