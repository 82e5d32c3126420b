"""What a failure or an interruption leaves of a run. No model is loaded."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.experiment import runs
from eval.experiment.asking import GIVE_UP
from eval.experiment.kept import Kept
from eval.experiment.outcomes import Result
from eval.experiment.runner import Experiment
from eval.experiment.scoring import score
from eval.experiment.sets import Case, EvaluationSet
from eval.experiment.spec import load_experiment
from eval.report.write import write_report
from ingest.errors import UnavailableError
from retrieval.searcher import HybridSearcher
from retrieval.types import Hit, Query
from tests.eval.conftest import NOW
from tests.eval.handmade import made_run, outcomes
from tests.eval.library import library
from tests.fakes import HashEmbedder

RESULT = made_run({"hybrid": outcomes([True, False])}).results[0]


def test_a_finished_result_is_found_by_what_decided_it_until_its_run_is_saved(tmp_path: Path) -> None:
    Kept(tmp_path, "abc").keep("key", RESULT)
    later = Kept(tmp_path, "abc")
    assert (later.find("key"), later.find("other"), later.taken) == (RESULT, None, 1)
    assert Kept(tmp_path, "abd").find("key") is None
    later.clear()
    assert not list(tmp_path.iterdir())


def test_what_is_old_damaged_or_of_changed_code_is_not_taken_up(tmp_path: Path) -> None:
    Kept(tmp_path, "abc-dirty").keep("key", RESULT)
    assert not list(tmp_path.iterdir())
    kept = Kept(tmp_path, "abc")
    kept.keep("key", RESULT)
    (path,) = tmp_path.iterdir()
    os.utime(path, (1, 1))
    assert kept.find("key") is None
    path.write_text("{")
    assert kept.find("key") is None


def test_a_question_that_fails_is_told_and_counts_in_no_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HybridSearcher.search

    def search(self: HybridSearcher, query: Query) -> list[Hit]:
        if "broken" in query.text:
            raise UnavailableError("The server does not answer.")
        return honest(self, query)

    monkeypatch.setattr(HybridSearcher, "search", search)
    texts = ["leave", *["broken"] * (GIVE_UP - 1), "leave", *["broken"] * GIVE_UP]
    cases = [Case(f"q{number}", text, grades={"a": 1}) for number, text in enumerate(texts)]
    with library(tmp_path, {}) as shelf:
        shelf.put("a", "leave")
        asked = shelf.ask(*cases[: GIVE_UP + 1])
        found = list(score(asked, None, lambda key: "", lambda one: pytest.fail("nothing was lost")))
        with pytest.raises(UnavailableError, match="does not answer"):
            shelf.ask(*cases)
    assert [one.failed for one in found] == ["", *["The server does not answer."] * (GIVE_UP - 1), ""]
    assert [bool(one.metrics) for one in found] == [True, *[False] * (GIVE_UP - 1), True]
    assert found[0].metrics["ndcg@10"] == 1.0


def test_the_reports_tell_of_questions_that_failed(tmp_path: Path) -> None:
    some = outcomes([True] * 6)
    some[2] = replace(some[2], metrics={}, answer=None, failed="The server does not answer.")
    run = made_run({"hybrid": some})
    folder = runs.save(run, tmp_path)
    write_report(run, folder)
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text()
        assert "1 of 6 questions failed under hybrid and count in no metric: The server does not answer." in text
    assert "The server does not answer." in (folder / "questions.csv").read_text()
    assert runs.load_run(str(folder), tmp_path) == run


class Interrupted(BaseException):
    pass


def test_a_run_that_was_interrupted_goes_on_with_what_it_had_not_finished(
    experiment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    failing = {"bm25"}

    def asked(
        self: Experiment, name: str, changes: Mapping[str, Any], dataset: EvaluationSet, key: str, total: int
    ) -> Result:
        if name in failing:
            raise Interrupted
        measured.append(name)
        return replace(RESULT, configuration=name)

    def embedder(self: Experiment, settings: object) -> HashEmbedder:
        self._embedders["hash"] = HashEmbedder()
        return HashEmbedder()

    monkeypatch.setattr(Experiment, "_asked", asked)
    monkeypatch.setattr(Experiment, "_embedder", embedder)

    def attempt(kept: Kept) -> list[str]:
        experiment = Experiment(load_experiment(experiment_file), tmp_path, None, lambda step: None, NOW, kept)
        return [one.configuration for one in experiment.run().results]

    with pytest.raises(Interrupted):
        attempt(Kept(tmp_path / "kept", "abc"))
    failing.clear()
    assert attempt(Kept(tmp_path / "kept", "abc")) == ["hybrid", "bm25"]
    assert measured == ["hybrid", "bm25"]
