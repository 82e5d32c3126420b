"""Runs built by hand: without a model and without an index."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eval.experiment.outcomes import Answered, DatasetRecord, IndexFigures, Lost, Outcome, Result, Run

RUN = Run(
    id="20260102-030405-made",
    name="made",
    created_at="2026-01-02T03:04:05+00:00",
    seed=7,
    baseline="hybrid",
    judge="",
    machine={},
    datasets=(),
    configurations={},
)


def outcome(number: int, right: bool, confidence: float = 0.9, **metrics: float) -> Outcome:
    """An answerable question that was answered."""
    given = {"search_ms": 2.0, "answer_ms": 9.0, "ndcg@10": right, "recall@5": right, "recall@10": 1.0, **metrics}
    return Outcome(
        id=f"q{number}",
        text=f"Question {number}?",
        answerable=True,
        tags=("lookup",),
        answers=("thirty days",),
        metrics={name: float(value) for name, value in {"answered_right": right, **given}.items()},
        gold=("leave.md: Parental leave is thirty days.",),
        answer=Answered("Thirty days. [1]", False, confidence, right, ()),
        lost=None if right else Lost.FUSION,
    )


def unanswerable(number: int, refused: bool) -> Outcome:
    metrics = {"search_ms": 2.0, "answer_ms": 9.0, "refusal_recall": float(refused)}
    answer = Answered("I don't know.", refused, 0.2, False, ())
    return replace(outcome(number, False), answerable=False, answers=(), metrics=metrics, answer=answer, lost=None)


def outcomes(right: Sequence[bool]) -> list[Outcome]:
    return [outcome(number, one, 0.9 if one else 0.3) for number, one in enumerate(right)]


def made_run(found: Mapping[str, Sequence[Outcome]], synthetic: bool = False, **changes: Any) -> Run:
    """Configuration -> what it found on the data set `small`; the first is the baseline."""
    index = IndexFigures("key", documents=3, chunks=9, failed=0, seconds=1.5, megabytes=0.5)
    count = len(next(iter(found.values())))
    changes = {
        "baseline": next(iter(found)),
        "datasets": (DatasetRecord("small", "questions", "small", "0" * 64, count, synthetic),),
        "configurations": {name: {"retrieval": {"mode": name}} for name in found},
        "results": tuple(Result(name, "small", index, tuple(some)) for name, some in found.items()),
        **changes,
    }
    return replace(RUN, **changes)
