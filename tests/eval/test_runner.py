"""What decides the figures of a run is used, recorded, and part of what an interrupted run goes on from."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.parts import abstention_settings
from api.settings import load_settings
from api.tuned import Abstention, Tuned, save_tuned
from eval.experiment import runner
from eval.experiment.kept import Kept
from eval.experiment.outcomes import Run
from eval.experiment.runner import Experiment
from eval.experiment.spec import load_experiment
from generation.confidence import Confidence
from ingest.errors import InvalidError
from tests.eval.conftest import NOW
from tests.eval.handmade import made_run, outcomes
from tests.fakes import HashEmbedder

_RESULT = made_run({"a": outcomes([True])}).results[0]
PLAIN = {"answers.cross_encoder": False}
SURE = Confidence(-60.0, {})
"""That no answer is right."""


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    def embedder(self: Experiment, settings: object) -> HashEmbedder:
        self._embedders["hash"] = HashEmbedder(dimension=64)
        return HashEmbedder(dimension=64)

    monkeypatch.setattr(Experiment, "_embedder", embedder)


def experiment(path: Path, data: Path, kept: Kept | None = None, **changes: Any) -> Experiment:
    file = data.parent / "changed.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "baseline": None, **changes}))
    return Experiment(load_experiment(file), data, None, lambda step: None, NOW, kept)


def refused(run: Run) -> dict[str, set[bool]]:
    return {of.configuration: {one.answer.refused for one in of.outcomes if one.answer} for of in run.results}


@pytest.mark.slow
def test_what_was_fitted_is_used_where_the_experiment_names_its_collection(
    experiment_file: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    configurations = {"fitted": {**PLAIN, "answers.min_confidence": 0.0}}
    configurations["plain"] = {**configurations["fitted"], "retrieval.tuned": False, "answers.tuned": False}
    settings = load_settings(None, {"data": data, "answers": {"cross_encoder": False}})
    fitted = Abstention(SURE, 0.5, abstention_settings(settings, 0.25))
    save_tuned(Tuned(0.25, fitted), data, "handbook")
    run = experiment(experiment_file, data, tuned="handbook", configurations=configurations).run()
    assert refused(run)["fitted"] == {True}
    assert False in refused(run)["plain"]
    assert run.configurations["fitted"]["fitted"]["dense_weight"] == 0.25
    assert run.configurations["fitted"]["retrieval"]["tuned"] is True
    again = experiment(experiment_file, data, configurations={"fitted": configurations["fitted"]}).run()
    assert False in refused(again)["fitted"]  # the index is the same
    assert (again.configurations["fitted"]["answers"]["tuned"], "fitted" in again.configurations["fitted"]) == (
        False,
        False,
    )
    with pytest.raises(InvalidError, match="nothing was fitted to the collection 'other'"):
        experiment(experiment_file, data, tuned="other").run()


class Later:
    @classmethod
    def today(cls) -> date:
        return date(2031, 1, 1)


def test_another_reranker_or_day_is_another_result(
    experiment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reranker, data = tmp_path / "reranker", tmp_path / "data"
    reranker.mkdir()
    measured: list[str] = []

    def asked(self: Experiment, name: str, changes: Any, dataset: Any, key: str, total: int) -> Any:
        measured.append(name)
        return replace(_RESULT, configuration=name)

    monkeypatch.setattr(Experiment, "_asked", asked)

    def attempt() -> Run:
        kept = Kept(tmp_path / "kept", "abc")
        changes = {"a": {**PLAIN, "retrieval.reranker": str(reranker)}}
        return experiment(experiment_file, data, kept, configurations=changes).run()

    (reranker / "model.safetensors").write_text("first")
    attempt()
    assert f"{reranker}/model.safetensors" in attempt().weights
    assert len(measured) == 1
    (reranker / "model.safetensors").write_text("second")
    attempt()
    assert len(measured) == 2
    monkeypatch.setattr(runner, "date", Later)
    attempt()
    assert len(measured) == 3
