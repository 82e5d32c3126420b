"""Evaluation runs as their files tell them: `citewell eval` writes them, operators read them here."""

from pathlib import Path

from pydantic import ValidationError

from api.schemas import EvaluationOut, EvaluationsOut
from ingest.errors import NotFoundError, UnavailableError

RUNS = Path("evaluations") / "runs"
"""Below the data folder: one folder a run."""
SUMMARY, RESULTS, REPORT = "summary.json", "results.json", "report.html"


def evaluations(data: Path) -> EvaluationsOut:
    """Newest first."""
    found = sorted((path.parent.name for path in (data / RUNS).glob(f"*/{SUMMARY}")), reverse=True)
    return EvaluationsOut(evaluations=[evaluation(data, run_id) for run_id in found])


def evaluation(data: Path, run_id: str) -> EvaluationOut:
    path = file_of(data, run_id, SUMMARY)
    try:
        return EvaluationOut.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UnavailableError(f"{path} is damaged; write it anew with `citewell eval report {run_id}`.") from error


def file_of(data: Path, run_id: str, name: str) -> Path:
    """Raises NotFoundError where the run has no such file."""
    path = data / RUNS / run_id / name
    if not path.is_file():
        raise NotFoundError(f"There is no evaluation {run_id!r}; GET /v1/evaluations lists those there are.")
    return path
