"""Runs are logged to MLflow too where a tracking URI is set."""

import os
from pathlib import Path

from api.evaluations import REPORT
from eval import summary
from eval.experiment.outcomes import Run
from ingest.errors import SettingsError

VARIABLE = "MLFLOW_TRACKING_URI"


def track(run: Run, folder: Path) -> bool:
    """One MLflow run for each configuration on each data set: settings as parameters, means as metrics, the report as
    an artifact. False where no tracking URI is set.

    Raises:
        SettingsError: a URI is set, but MLflow is not installed.
    """
    if not os.environ.get(VARIABLE):
        return False
    try:
        import mlflow
    except ImportError as error:
        raise SettingsError(f"{VARIABLE} is set, but MLflow is missing: pip install 'citewell[mlflow]'.") from error
    mlflow.set_experiment(run.name)
    for result in run.results:
        with mlflow.start_run(run_name=f"{run.id} {result.dataset} {result.configuration}"):
            mlflow.set_tags({"run": run.id, "dataset": result.dataset, "configuration": result.configuration})
            mlflow.log_params(_flat(dict(run.configurations[result.configuration])))
            found = {one.name: summary.mean_of(result, one.name) for one in summary.present([result])}
            mlflow.log_metrics({name.replace("@", "_at_"): value for name, value in found.items()})
            mlflow.log_artifact(str(folder / REPORT))
    return True


def _flat(settings: dict[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return found
