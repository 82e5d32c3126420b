"""Runs in MLflow, in a store of files."""

from pathlib import Path
from typing import Any

import pytest

from eval.experiment import runs
from eval.experiment.outcomes import Run
from eval.report.write import write_report
from eval.tracking import VARIABLE, check, track
from ingest.errors import SettingsError, UnavailableError

mlflow: Any = pytest.importorskip("mlflow", reason="needs mlflow-skinny")


@pytest.fixture
def folder(small_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv(VARIABLE, (tmp_path / "mlruns").as_uri())
    saved = runs.save(small_run, tmp_path)
    write_report(small_run, saved)
    return saved


def test_a_run_is_logged(small_run: Run, folder: Path) -> None:
    assert track(small_run, folder)
    logged = mlflow.MlflowClient().search_runs(
        [mlflow.get_experiment_by_name("small").experiment_id], order_by=["tags.configuration"]
    )
    assert [one.data.tags["configuration"] for one in logged] == ["bm25", "hybrid"]
    assert [one.data.params["retrieval.mode"] for one in logged] == ["bm25", "hybrid"]
    right = small_run.result("hybrid", "small").values("answered_right")
    assert logged[1].data.metrics["answered_right"] == pytest.approx(sum(right.values()) / len(right))


def test_nothing_is_logged_without_a_tracking_uri(
    small_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    check()
    assert not track(small_run, tmp_path)


def test_a_store_that_refuses_is_told_without_its_password(
    small_run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv(VARIABLE, "http://somebody:hunter2@127.0.0.1:9")
    with pytest.raises(UnavailableError, match=r"saved in .* but MLflow did not take it") as raised:
        track(small_run, folder)
    assert "hunter2" not in str(raised.value)


def test_a_missing_library_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="mlflow"):
        check()
