"""Runs are logged to MLflow too where a tracking URI is set."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

from api.evaluations import REPORT
from eval.experiment.outcomes import Run
from eval.experiment.runs import load_aggregates
from eval.report.aggregates import Aggregate
from ingest.errors import SettingsError, UnavailableError

VARIABLE = "MLFLOW_TRACKING_URI"
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


def check() -> None:
    """Raises SettingsError where a tracking URI is set, but MLflow is not installed."""
    if os.environ.get(VARIABLE) and not importlib.util.find_spec("mlflow"):
        raise SettingsError(
            f"{VARIABLE} is set, but MLflow is missing: say pip install '.[mlflow]' in Citewell's checkout."
        )


def track(run: Run, folder: Path) -> bool:
    """One MLflow run for each configuration on each data set: settings as parameters, aggregates as metrics, the
    report as an artifact. False where no tracking URI is set.

    Args:
        folder: where the run was saved and its report written.

    Raises:
        UnavailableError: MLflow did not take it.
    """
    if not os.environ.get(VARIABLE):
        return False
    import mlflow

    try:
        _log(mlflow, run, folder)
    except (mlflow.exceptions.MlflowException, ImportError, OSError) as error:
        reason = _CREDENTIALS.sub("//", str(error).splitlines()[0])
        raise UnavailableError(f"The run is saved in {folder}, but MLflow did not take it: {reason}") from error
    return True


def _log(mlflow: Any, run: Run, folder: Path) -> None:
    mlflow.set_experiment(run.name)
    synthetic = {one.name: str(one.synthetic).lower() for one in run.datasets}
    for one in load_aggregates(folder):
        with mlflow.start_run(run_name=f"{run.id} {one.dataset} {one.configuration}"):
            tags = {"run": run.id, "dataset": one.dataset, "configuration": one.configuration}
            mlflow.set_tags({**tags, "synthetic": synthetic[one.dataset]})
            mlflow.log_params(_flat(dict(run.configurations[one.configuration])))
            mlflow.log_metrics({name.replace("@", "_at_"): value for name, value in _numbers(one).items()})
            mlflow.log_artifact(str(folder / REPORT))


def _numbers(one: Aggregate) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, mean in one.means.items():
        found |= {name: mean.mean, f"{name}_low": mean.low, f"{name}_high": mean.high}
    for name, difference in one.differences.items():
        found |= {f"{name}_difference": difference.mean.mean, f"{name}_p": difference.p}
    if one.risk_coverage_area is not None and one.calibration_error is not None:
        found |= {"risk_coverage_area": one.risk_coverage_area, "calibration_error": one.calibration_error}
    return found


def _flat(settings: dict[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return found
