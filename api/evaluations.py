"""Evaluation runs as their files tell them: `citewell eval` writes them, operators read them here."""

from pathlib import Path

from pydantic import ValidationError

from api.schemas import EvaluationOut, EvaluationsOut
from ingest.errors import NotFoundError, UnavailableError

RUNS = Path("evaluations") / "runs"
"""Below the data folder: one folder a run."""
SUMMARY, RESULTS, REPORT = "summary.json", "results.json", "report.html"


def run_ids(data: Path) -> list[str]:
    """Newest first."""
    return sorted((path.parent.name for path in (data / RUNS).glob(f"*/{RESULTS}")), reverse=True)


def evaluations(data: Path, limit: int | None = None, after: str = "") -> EvaluationsOut:
    """One page, newest first, of the runs that follow the id `after`. Those that cannot be read are named."""
    left = [run_id for run_id in run_ids(data) if not after or run_id < after]
    page = left[:limit]
    readable: list[EvaluationOut] = []
    unreadable: list[str] = []
    for run_id in page:
        try:
            readable.append(evaluation(data, run_id))
        except (NotFoundError, UnavailableError):
            unreadable.append(run_id)
    following = page[-1] if len(page) < len(left) else None
    return EvaluationsOut(evaluations=readable, unreadable=unreadable, next=following)


def evaluation(data: Path, run_id: str) -> EvaluationOut:
    """
    Raises:
        NotFoundError: there is no such run.
        UnavailableError: its summary cannot be read.
    """
    path = file_of(data, run_id, SUMMARY)
    try:
        return EvaluationOut.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UnavailableError(
            f"The summary of evaluation {run_id!r} is damaged; write it anew with `citewell eval report {run_id}`."
        ) from error


def file_of(data: Path, run_id: str, name: str) -> Path:
    """Raises NotFoundError where the run has no such file."""
    path = data / RUNS / run_id / name
    if not path.is_file():
        raise NotFoundError(f"There is no evaluation {run_id!r}; GET /v1/evaluations lists those there are.")
    return path
