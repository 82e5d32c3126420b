"""How good and how fast the answers are on a folder of documents with questions.

`python -m eval.bench.answers --questions FOLDER [--out FILE.json]` ingests the folder into a temporary data folder,
asks every question of its `questions.jsonl`, and prints the scores overall and for each tag.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.bootstrap import Services
from eval.datasets.questions import QUESTIONS, Question, load_questions
from eval.environment import add_settings, consoles, load, machine, settings_of, shown
from eval.metrics.citations import AnswerScores, score_answers
from generation.answerer import drain
from generation.types import Answer
from ingest.errors import CitewellError, UnreadableFileError
from ingest.pipeline import Label
from ingest.sources.filesystem import Selection, list_files
from retrieval.types import Query

COLLECTION = "bench"
ALL = "all"
COLUMNS = ("questions", "answerable", "cited in evidence", "citation precision", "refused unansw.", "refused answ.")


@dataclass(frozen=True)
class Asked:
    question: Question
    answer: Answer
    milliseconds: float

    @property
    def missed(self) -> bool:
        """An answerable question without the right citation, or an unanswerable one that was answered."""
        if not self.question.answerable:
            return not self.answer.refused
        return score_answers([(self.question, self.answer)]).cited_in_evidence < 1


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    load_before = load()
    try:
        questions = load_questions(asked.questions / QUESTIONS)
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
            settings = settings_of(asked, Path(folder) / "data")
            with Services(settings) as services:
                results = run(services, asked.questions, questions, err)
                about = machine(services.embedder, load_before)
        if asked.out:
            found = {"machine": about, "settings": shown(settings), **to_json(results)}
            asked.out.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    out.print(to_table(results))
    if asked.verbose:
        for line in misses(results):
            out.print(line, soft_wrap=True)
    return 0


def run(services: Services, folder: Path, questions: Sequence[Question], progress: Console) -> list[Asked]:
    """Ingest the folder and ask; the first question is asked twice, so that no model is loaded while time counts."""
    progress.print(f"Ingesting {folder}")
    _ingest(services, folder)
    progress.print(f"Asking {len(questions)} questions")
    with asyncio.Runner() as runner:  # one for all, as in a server: new threads would start the model's threads anew
        for question in questions[:1]:
            _ask(services, runner, question)
        return [_ask(services, runner, question) for question in questions]


def by_tag(results: Sequence[Asked]) -> dict[str, list[Asked]]:
    """All questions, then those of each tag."""
    tags = sorted({tag for one in results for tag in one.question.tags})
    return {ALL: list(results), **{tag: [one for one in results if tag in one.question.tags] for tag in tags}}


def to_json(results: Sequence[Asked]) -> dict[str, Any]:
    return {
        "scores": {tag: asdict(_scores(some)) for tag, some in by_tag(results).items()},
        "latency_ms": latency(results),
        "questions": [_question_json(one) for one in results],
    }


def latency(results: Sequence[Asked]) -> dict[str, float]:
    times = [one.milliseconds for one in results] or [0.0]
    return {f"p{rank}": round(float(np.percentile(times, rank)), 1) for rank in (50, 95)}


def to_table(results: Sequence[Asked]) -> Table:
    """A share that no question of the tag can tell is left empty."""
    times = latency(results)
    table = Table(caption=f"{times['p50']:.0f} ms a question (p50), {times['p95']:.0f} (p95)", caption_justify="left")
    table.add_column("tag")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for tag, some in by_tag(results).items():
        scores = _scores(some)
        answerable = (scores.cited_in_evidence, scores.citation_precision)
        table.add_row(
            escape(tag),
            str(len(some)),
            str(scores.answerable),
            *(_share(value, scores.answerable) for value in answerable),
            _share(scores.refused_unanswerable, scores.unanswerable),
            _share(scores.refused_answerable, scores.answerable),
        )
        if tag == ALL:
            table.add_section()
    return table


def misses(results: Sequence[Asked]) -> Iterator[str]:
    """Each question that went wrong, with what was cited and what should have been."""
    for one in results:
        if not one.missed:
            continue
        verdict = "refused" if one.answer.refused else "answered"
        about = f"{verdict}, confidence {one.answer.confidence:.2f}, {', '.join(one.question.tags)}"
        yield f"\n[bold]{escape(one.question.id)}[/] {escape(one.question.question)} [dim]{escape(about)}[/]"
        for citation in one.answer.citations:
            yield f"  [red]cited[/] {escape(Path(citation.source).name)}: {escape(_line(citation.quote))}"
        for evidence in one.question.evidence:
            yield f"  [green]gold[/]  {escape(evidence.document)}: {escape(_line(evidence.quote))}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.answers", description=__doc__)
    parser.add_argument("--questions", type=Path, required=True, help=f"folder of documents with {QUESTIONS}")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--verbose", action="store_true", help="list the questions that went wrong")
    add_settings(parser)
    return parser


def _ingest(services: Services, folder: Path) -> None:
    from ingest.parsers.routing import SUFFIXES

    selection = Selection(exclude=(QUESTIONS,), suffixes=frozenset(SUFFIXES))
    files = list_files([str(folder)], selection).files
    collection = services.collection(COLLECTION, create=True)
    for result in collection.ingestor.run(files, Label(services.settings.access.tenant)):
        if result.status == "failed":
            raise UnreadableFileError(result.reason)
    collection.store.optimize()


def _ask(services: Services, runner: asyncio.Runner, question: Question) -> Asked:
    settings = services.settings
    query = Query(
        text=question.question,
        collection=COLLECTION,
        tenant=settings.access.tenant,
        groups=settings.access.groups,
        top_k=settings.answers.passages,
        mode=settings.retrieval.mode,
    )
    started = perf_counter()
    answer = runner.run(drain(services.collection(COLLECTION).answerer.answer(query)))
    return Asked(question, answer, (perf_counter() - started) * 1000)


def _scores(results: Sequence[Asked]) -> AnswerScores:
    return score_answers([(one.question, one.answer) for one in results])


def _question_json(one: Asked) -> dict[str, Any]:
    return {
        "id": one.question.id,
        "missed": one.missed,
        "refused": one.answer.refused,
        "confidence": round(one.answer.confidence, 4),
        "milliseconds": round(one.milliseconds, 1),
        "timings": dict(one.answer.timings),
        "text": one.answer.text,
        "citations": [
            {"document": Path(citation.source).name, "quote": citation.quote, "support": round(citation.support, 4)}
            for citation in one.answer.citations
        ],
    }


def _share(value: float, questions: int) -> str:
    return f"{value:.3f}" if questions else ""


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
