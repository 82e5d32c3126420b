"""Runs are logged to MLflow too where a tracking URI is set."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

from api.evaluations import REPORT
from eval import summary
from eval.experiment.outcomes import Run
from ingest.errors import SettingsError, UnavailableError

VARIABLE = "MLFLOW_TRACKING_URI"
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


def check() -> None:
    """Raises SettingsError where a tracking URI is set, but MLflow is not installed."""
    if os.environ.get(VARIABLE) and not importlib.util.find_spec("mlflow"):
        raise SettingsError(f"{VARIABLE} is set, but MLflow is missing: pip install 'citewell[mlflow]'.")


def track(run: Run, folder: Path) -> bool:
    """One MLflow run for each configuration on each data set: settings as parameters, means as metrics, the report as
    an artifact. False where no tracking URI is set.

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
    for result in run.results:
        with mlflow.start_run(run_name=f"{run.id} {result.dataset} {result.configuration}"):
            mlflow.set_tags({"run": run.id, "dataset": result.dataset, "configuration": result.configuration})
            mlflow.log_params(_flat(dict(run.configurations[result.configuration])))
            found = {one.name: summary.mean_of(result, one.name) for one in summary.present([result])}
            mlflow.log_metrics({name.replace("@", "_at_"): value for name, value in found.items()})
            mlflow.log_artifact(str(folder / REPORT))


def _flat(settings: dict[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return found
