"""Runs the matrix of an experiment: configurations by data sets."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from api.bootstrap import Collection, Services
from api.settings import Settings, load_settings
from api.tuned import Tuned, save_tuned
from eval.environment import commit, load, machine, model_files, precision, shown, uncached
from eval.experiment.asking import Asked, Asker
from eval.experiment.funnel import Funnel
from eval.experiment.indexes import build, collection_of, index_key
from eval.experiment.kept import Kept, key_of
from eval.experiment.outcomes import DatasetRecord, IndexFigures, Outcome, Result, Run
from eval.experiment.positions import Positions, positions_for
from eval.experiment.scoring import score
from eval.experiment.sets import EvaluationSet, cut, open_set
from eval.experiment.spec import DatasetSpec, ExperimentSpec, JudgeSpec
from eval.experiment.tuned import fitted_to, recorded, untuned
from eval.judge import PROMPT_VERSION, check, judge
from ingest.errors import UnavailableError
from ingest.ports import Embedder
from ingest.progress import Snapshot
from ingest.types import joined_text
from retrieval.embedders.weights import sha256_of
from retrieval.http import without_secrets
from retrieval.llm import ChatModel, key_from

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
        kept: finished results of an earlier attempt that did not end; None: nothing is kept.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        data: Path,
        config: Path | None,
        on_step: Callable[[Step], None],
        now: datetime,
        kept: Kept | None = None,
    ) -> None:
        self._kept = kept
        self._spec, self._data, self._config = spec, data, config
        self._on_step, self._now = on_step, now
        self._embedders: dict[str, Embedder] = {}
        self._indexes: dict[str, IndexFigures] = {}
        self._model_files = cache(model_files)
        self._tuned, self._done = Tuned(), 0

    def run(self) -> Run:
        """Everything is checked before the first document is read.

        Raises:
            InvalidError, SettingsError: a data set or a configuration is wrong, or the key of the judge is missing.
            UnavailableError: the judge does not answer, or several questions in a row fail.
        """
        spec = self._spec
        self._tuned = fitted_to(spec.tuned, self._data)
        sets = [self._open(one) for one in spec.datasets]
        changes = {name: self._settings(more, Path("unused")) for name, more in spec.expanded().items()}
        load_before, code = load(), commit()
        with _judge_of(spec.judge) as model:
            results = tuple(_judged(one, model) for one in self._results(sets))
        return Run(
            id=f"{self._now:%Y%m%d-%H%M%S}-{spec.name}",
            name=spec.name,
            created_at=self._now.isoformat(timespec="seconds"),
            seed=spec.seed,
            baseline=spec.baseline or next(iter(changes)),
            machine=machine(next(iter(self._embedders.values())), load_before),
            judge=f"{spec.judge.model}, prompt {PROMPT_VERSION}" if spec.judge else "",
            datasets=tuple(_record(one, str(at.path)) for one, at in zip(sets, spec.datasets, strict=True)),
            configurations={name: {**shown(one), **recorded(self._tuned)} for name, one in changes.items()},
            results=results,
            spec=_recorded(spec),
            commit=code,
            weights=self._weights(list(changes.values())),
            precisions={name: precision(settings) for name, settings in changes.items()},
        )

    def _open(self, spec: DatasetSpec) -> EvaluationSet:
        found = open_set(spec.label, spec.kind, spec.path, spec.cases, self._spec.seed, spec.questions)
        if spec.cut_tokens is None:
            return found
        return cut(found, self._embedder(self._settings({}, self._data)).token_spans, spec.cut_tokens)

    def _results(self, sets: Sequence[EvaluationSet]) -> Iterator[Result]:
        for dataset in sets:
            for name, changes in self._spec.expanded().items():
                yield self._result(name, changes, dataset, sum(len(one.cases) for one in sets))

    def _result(self, name: str, changes: Mapping[str, Any], dataset: EvaluationSet, cases: int) -> Result:
        total = cases * len(self._spec.expanded())
        settings = self._settings(changes, self._data)
        self._embedder(settings)  # makes those models that are made, so that their files are there
        key = index_key(settings, dataset, self._model_files(settings.embedding.model))
        decided = {**recorded(self._tuned), "day": date.today().isoformat()}  # versions of documents hang on the day
        about = key_of(name, settings, dataset, self._spec, key, self._weights([settings]), decided)
        if self._kept and (known := self._kept.find(about)):
            self._done += len(dataset.cases)
            self._on_step(Step(name, dataset.name, self._done, total))
            return known
        found = self._asked(name, changes, dataset, key, total)
        if self._kept:
            self._kept.keep(about, found)
        return found

    def _asked(self, name: str, changes: Mapping[str, Any], dataset: EvaluationSet, key: str, total: int) -> Result:
        settings = self._settings(changes, self._data / INDEXES / key)
        if self._spec.tuned:
            save_tuned(self._tuned, settings.data, collection_of(key))
        with Services(settings, embedder=self._embedder(settings)) as services, asyncio.Runner() as runner:
            collection = self._open_index(services, dataset, key, Step(name, dataset.name, self._done, total))
            positions = positions_for(dataset, services, collection)  # tells what does not fit before it is asked
            asker = Asker(services, collection, runner, self._spec.depth, self._spec.answers)
            asker.ask_or_fail(dataset.cases[-1])  # so that nothing is loaded while time counts
            asked = []
            for case in dataset.cases:
                asked.append(asker.ask_or_fail(case))
                self._done += 1
                self._on_step(Step(name, dataset.name, self._done, total))
            if all(one.failed for one in asked):
                raise UnavailableError(f"No question of {dataset.name} could be asked: {asked[0].failed}")
            outcomes = tuple(self._score(asked, positions, services, collection))
        return Result(name, dataset.name, self._indexes[key], outcomes)

    def _open_index(self, services: Services, dataset: EvaluationSet, key: str, step: Step) -> Collection:
        """Built once a run, so that all of its configurations search the same documents."""
        collection = services.collection(collection_of(key), create=True)
        if key not in self._indexes:
            self._indexes[key] = build(
                services, collection, dataset, key, lambda indexing: self._on_step(replace(step, indexing=indexing))
            )
        return collection

    def _score(
        self, asked: Sequence[Asked], positions: Positions | None, services: Services, collection: Collection
    ) -> Iterator[Outcome]:
        @cache
        def text_of(document_id: str) -> str:
            return joined_text(services.catalog.sections(document_id))

        lost = Funnel(services, collection).where_lost
        return score(asked, positions, text_of, lost, self._spec.prices, self._spec.depth)

    def _weights(self, configurations: Sequence[Settings]) -> dict[str, str]:
        """File of a model that took part -> sha256."""
        from retrieval.crossencoder import ENCODER, WEIGHTS

        reads = self._spec.answers and any(one.answers.cross_encoder for one in configurations)
        models = dict.fromkeys([*chain.from_iterable(map(self._models, configurations)), *([ENCODER] if reads else [])])
        found = {f"{model}/{name}": sha256 for model in models for name, sha256 in self._model_files(model).items()}
        return {**found, f"cross-encoder/{WEIGHTS.name}": sha256_of(WEIGHTS)} if reads else found

    def _models(self, settings: Settings) -> Iterator[str]:
        """Names of the models that the settings bring, but for those of servers."""
        answers = settings.answers
        yield settings.embedding.model
        if settings.retrieval.reranker:
            yield settings.retrieval.reranker
        if self._spec.answers and answers.generator != "extractive" and answers.nli_model:
            yield answers.nli_model
        if self._spec.answers and answers.generator == "transformers" and answers.model:
            yield answers.model

    def _settings(self, changes: Mapping[str, Any], data: Path) -> Settings:
        found = uncached(load_settings(self._config, {**changes, "data": data}))
        return found if self._spec.tuned else untuned(found)

    def _embedder(self, settings: Settings) -> Embedder:
        """One for all configurations that want the same."""
        key = settings.embedding.model_dump_json()
        if key not in self._embedders:
            self._embedders[key] = Services(settings).embedder
        return self._embedders[key]


@contextmanager
def _judge_of(spec: JudgeSpec | None) -> Iterator[ChatModel | None]:
    """Checked before it is given."""
    if spec is None:
        yield None
        return
    with ChatModel(spec.url, spec.model, key_from(spec.key_variable)) as model:
        check(model)
        yield model


def _judged(result: Result, model: ChatModel | None) -> Result:
    return replace(result, outcomes=judge(result.outcomes, model)) if model else result


def _recorded(spec: ExperimentSpec) -> dict[str, Any]:
    """What was asked for. The settings of the configurations are recorded elsewhere, with their secrets masked."""
    found = spec.model_dump(mode="json", exclude={"configurations", "matrix"})
    if spec.judge:
        found["judge"]["url"] = without_secrets(spec.judge.url)
    return found


def _record(dataset: EvaluationSet, path: str) -> DatasetRecord:
    return DatasetRecord(dataset.name, dataset.kind, path, dataset.sha256, len(dataset.cases), dataset.synthetic)
