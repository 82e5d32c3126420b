"""Runs in MLflow, in a store of files."""

from pathlib import Path
from typing import Any

import pytest

from eval.experiment import runs
from eval.experiment.outcomes import Run
from eval.report.write import write_report
from eval.tracking import VARIABLE, check, track
from ingest.errors import SettingsError, UnavailableError
from tests.eval.handmade import made_run, outcomes

mlflow: Any = pytest.importorskip("mlflow", reason="needs mlflow-skinny")


@pytest.fixture
def run() -> Run:
    return made_run({"hybrid": outcomes([True] * 12), "bm25": outcomes([True] * 4 + [False] * 8)}, synthetic=True)


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv(VARIABLE, (tmp_path / "mlruns").as_uri())
    saved = runs.save(run, tmp_path)
    write_report(run, saved)
    return saved


def test_a_run_is_logged(run: Run, folder: Path) -> None:
    assert track(run, folder)
    logged = mlflow.MlflowClient().search_runs(
        [mlflow.get_experiment_by_name("made").experiment_id], order_by=["tags.configuration"]
    )
    assert [one.data.tags["configuration"] for one in logged] == ["bm25", "hybrid"]
    assert [one.data.params["retrieval.mode"] for one in logged] == ["bm25", "hybrid"]
    assert {one.data.tags["synthetic"] for one in logged} == {"true"}
    found = logged[0].data.metrics
    assert found["answered_right"] == pytest.approx(1 / 3)
    assert found["answered_right_low"] < found["answered_right"] < found["answered_right_high"]
    assert found["ndcg_at_10_difference"] == pytest.approx(-2 / 3)
    assert found["ndcg_at_10_p"] < 0.05
    assert found["calibration_error"] == pytest.approx((4 * 0.1 + 8 * 0.3) / 12)
    assert 0 < found["risk_coverage_area"] < 1
    assert "ndcg_at_10_p" not in logged[1].data.metrics  # the baseline's


def test_nothing_is_logged_without_a_tracking_uri(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    check()
    assert not track(run, tmp_path)


def test_a_store_that_refuses_is_told_without_its_password(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv(VARIABLE, "http://somebody:hunter2@127.0.0.1:9")
    with pytest.raises(UnavailableError, match=r"saved in .* but MLflow did not take it") as raised:
        track(run, folder)
    assert "hunter2" not in str(raised.value)


def test_a_missing_library_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="mlflow"):
        check()
