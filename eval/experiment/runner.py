"""Runs the matrix of an experiment: configurations by data sets."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from api.bootstrap import Collection, Services
from api.settings import Settings, load_settings
from eval.environment import load, machine, shown
from eval.experiment.asking import Asked, Asker
from eval.experiment.funnel import where_lost
from eval.experiment.indexes import build, index_key
from eval.experiment.outcomes import DatasetRecord, Lost, Outcome, Result, Run
from eval.experiment.positions import positions_of
from eval.experiment.scoring import score
from eval.experiment.sets import EvaluationSet, cut, open_set
from eval.experiment.spec import DatasetSpec, ExperimentSpec
from eval.judge import PROMPT_VERSION, judge
from eval.llm import ChatModel, key_from
from ingest.ports import Embedder
from ingest.progress import Snapshot
from ingest.types import SECTION_SEPARATOR

INDEXES = Path("evaluations") / "indexes"
"""Below the data folder."""


@dataclass(frozen=True)
class Step:
    """How far a run is: `done` of `total` questions, in all configurations."""

    configuration: str
    dataset: str
    done: int
    total: int
    indexing: Snapshot | None = None


class Experiment:
    """One experiment over a data folder.

    Args:
        config: settings file of the user, below what the configurations change.
        on_step: told after each question.
        now: the time of the run.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        data: Path,
        config: Path | None,
        on_step: Callable[[Step], None],
        now: datetime,
    ) -> None:
        self._spec, self._data, self._config = spec, data, config
        self._on_step, self._now = on_step, now
        self._embedders: dict[str, Embedder] = {}
        self._done = 0

    def run(self) -> Run:
        """Everything is checked before the first document is read.

        Raises:
            InvalidError, SettingsError: a data set or a configuration is wrong.
        """
        spec = self._spec
        sets = [self._open(one) for one in spec.datasets]
        changes = {name: self._settings(more, Path("unused")) for name, more in spec.expanded().items()}
        load_before = load()
        results = list(self._results(sets))
        return Run(
            id=f"{self._now:%Y%m%d-%H%M%S}-{spec.name}",
            name=spec.name,
            created_at=self._now.isoformat(timespec="seconds"),
            seed=spec.seed,
            baseline=spec.baseline or next(iter(changes)),
            machine=machine(next(iter(self._embedders.values())), load_before),
            judge=f"{spec.judge.model}, prompt {PROMPT_VERSION}" if spec.judge else "",
            datasets=tuple(_record(one, str(at.path)) for one, at in zip(sets, spec.datasets, strict=True)),
            configurations={name: shown(settings) for name, settings in changes.items()},
            results=tuple(results),
        )

    def _open(self, spec: DatasetSpec) -> EvaluationSet:
        found = open_set(spec.label, spec.kind, spec.path, spec.cases, self._spec.seed, spec.questions)
        if spec.cut_tokens is None:
            return found
        return cut(found, self._embedder(self._settings({}, Path("unused"))).token_spans, spec.cut_tokens)

    def _results(self, sets: Sequence[EvaluationSet]) -> Iterator[Result]:
        for dataset in sets:
            for name, changes in self._spec.expanded().items():
                yield self._result(name, changes, dataset, sum(len(one.cases) for one in sets))

    def _result(self, name: str, changes: Mapping[str, Any], dataset: EvaluationSet, cases: int) -> Result:
        total = cases * len(self._spec.expanded())
        key = index_key(self._settings(changes, Path("unused")), dataset)
        settings = self._settings(changes, self._data / INDEXES / key)
        with Services(settings, embedder=self._embedder(settings)) as services, asyncio.Runner() as runner:
            step = Step(name, dataset.name, self._done, total)
            collection, figures = build(
                services, dataset, key, lambda indexing: self._on_step(replace(step, indexing=indexing))
            )
            asker = Asker(services, collection, runner, self._spec.depth, self._spec.answers)
            asker.ask(dataset.cases[0])  # so that nothing is loaded while time counts
            asked = []
            for case in dataset.cases:
                asked.append(asker.ask(case))
                self._done += 1
                self._on_step(Step(name, dataset.name, self._done, total))
            outcomes = self._judge(tuple(self._score(asked, dataset, services, collection)))
        return Result(name, dataset.name, figures, outcomes)

    def _score(
        self, asked: Sequence[Asked], dataset: EvaluationSet, services: Services, collection: Collection
    ) -> Iterator[Outcome]:
        @cache
        def text_of(document_id: str) -> str:
            return SECTION_SEPARATOR.join(section.text for section in services.catalog.sections(document_id))

        def lost(one: Asked) -> Lost:
            return where_lost(one, services, collection)

        raw = dataset.raw_documents
        positions = positions_of(raw, services, collection) if raw else None
        return score(asked, positions, text_of, lost, self._spec.prices)

    def _judge(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        if self._spec.judge is None:
            return outcomes
        asked = self._spec.judge
        with ChatModel(asked.url, asked.model, key_from(asked.key_variable)) as model:
            return judge(outcomes, model)

    def _settings(self, changes: Mapping[str, Any], data: Path) -> Settings:
        return load_settings(self._config, {**changes, "data": data})

    def _embedder(self, settings: Settings) -> Embedder:
        """One for all configurations that want the same."""
        key = settings.embedding.model_dump_json()
        if key not in self._embedders:
            self._embedders[key] = Services(settings).embedder
        return self._embedders[key]


def _record(dataset: EvaluationSet, path: str) -> DatasetRecord:
    return DatasetRecord(dataset.name, dataset.kind, path, dataset.sha256, len(dataset.cases), dataset.synthetic)
