"""What an evaluation found, question by question. These types are what `results.json` holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from eval.experiment.sets import Kind


class Lost(StrEnum):
    """The stage that lost the evidence of a missed question, in the order of the pipeline.

    Candidates are what the branches of the mode found: BM25, dense, or both. They are ranked by their score, in mode
    `hybrid` by fusion, and the first go on. UNKNOWN is no stage: a model or the index failed when it was looked for.
    """

    INDEX = "not in the index"
    CHUNKING = "cut by chunking"
    VERSION = "in a version that is not in force"
    CANDIDATES = "not among the candidates"
    FUSION = "ranked too low"
    CONTEXT = "dropped from the context"
    UNUSED = "in the context but not used"
    REFUSED = "used but refused"
    UNKNOWN = "unknown, for looking failed"


@dataclass(frozen=True)
class Passage:
    """A hit as the report shows it; `gold`: it holds evidence."""

    source: str
    page: int | None
    headings: tuple[str, ...]
    text: str
    score: float
    gold: bool


@dataclass(frozen=True)
class Cited:
    source: str
    page: int | None
    quote: str
    support: float
    gold: bool


@dataclass(frozen=True)
class Answered:
    """`right` tells whether the answer, had it been served, cites gold evidence among its first three citations.
    `unanswered`: there is no answer whatever the threshold, for the generator does not know, or nothing can be quoted.
    """

    text: str
    refused: bool
    confidence: float
    right: bool
    citations: tuple[Cited, ...]
    unanswered: bool = False


@dataclass(frozen=True)
class Outcome:
    """One question under one configuration. A metric that a question has no value for is absent.

    `failed`: why it could not be asked, a sentence for people; such a question has no metric at all.
    """

    id: str
    text: str
    answerable: bool
    tags: tuple[str, ...]
    answers: tuple[str, ...]
    metrics: Mapping[str, float]
    passages: tuple[Passage, ...] = ()
    gold: tuple[str, ...] = ()
    answer: Answered | None = None
    lost: Lost | None = None
    failed: str = ""

    @property
    def wrongly_answered(self) -> bool:
        """No document answers it, and yet it was not refused."""
        return self.answer is not None and not self.answerable and not self.answer.refused


@dataclass(frozen=True)
class IndexFigures:
    """`seconds`: of all runs that wrote into the index. `failed`: documents of the last one."""

    key: str
    documents: int
    chunks: int
    failed: int
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Result:
    """One configuration on one data set."""

    configuration: str
    dataset: str
    index: IndexFigures
    outcomes: tuple[Outcome, ...]

    def values(self, metric: str) -> dict[str, float]:
        """Question id -> value, for the questions that have one."""
        return {one.id: one.metrics[metric] for one in self.outcomes if metric in one.metrics}


@dataclass(frozen=True)
class DatasetRecord:
    name: str
    kind: Kind
    path: str
    sha256: str
    cases: int
    synthetic: bool


@dataclass(frozen=True)
class Run:
    """Everything that decided the results, and the results.

    `spec`: the experiment, without the configurations, which stand beside it with all their settings. `commit`: of the
    code, empty outside a checkout. `weights`: model file -> sha256. `precisions`: configuration -> that of its models.
    """

    id: str
    name: str
    created_at: str
    seed: int
    baseline: str
    judge: str
    machine: Mapping[str, Any]
    datasets: tuple[DatasetRecord, ...]
    configurations: Mapping[str, Mapping[str, Any]]
    results: tuple[Result, ...] = field(default=())
    spec: Mapping[str, Any] = field(default_factory=dict)
    commit: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)
    precisions: Mapping[str, str] = field(default_factory=dict)

    def result(self, configuration: str, dataset: str) -> Result:
        """Raises KeyError where the run has none."""
        for one in self.results:
            if (one.configuration, one.dataset) == (configuration, dataset):
                return one
        raise KeyError(f"{configuration} on {dataset}")
