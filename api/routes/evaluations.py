"""Reports of `citewell eval`, for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import FileResponse

from api import evaluations as runs
from api.dependencies import AccessOf, ServicesOf
from api.schemas import EvaluationOut, EvaluationsOut
from ingest.errors import DeniedError

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"])
RunId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="As listed.")]
# The report needs nothing but itself: whatever it might hold, a browser runs and fetches nothing for it.
_CLOSED = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"}


def _may_read(services: ServicesOf, access: AccessOf) -> None:
    """Runs search on behalf of whom the settings name, and show what they found."""
    ran = services.settings.access
    if access.tenant != ran.tenant or not set(ran.groups) <= set(access.groups):
        raise DeniedError("Passages that an evaluation found are for those who may read all that it searched.")


_SHOWS_PASSAGES = [Depends(_may_read)]


@router.get("")
def evaluations(
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=100, description="`next` of the page before.")] = "",
) -> EvaluationsOut:
    """Runs, newest first, with the mean of each headline metric, a page at a time."""
    return runs.evaluations(services.data, limit, after)


@router.get("/{run_id}")
def evaluation(services: ServicesOf, run_id: RunId) -> EvaluationOut:
    """One run."""
    return runs.evaluation(services.data, run_id)


@router.get(
    "/{run_id}/results",
    response_class=FileResponse,
    responses={200: {"content": {"application/json": {}}}},
    dependencies=_SHOWS_PASSAGES,
)
def results(services: ServicesOf, run_id: RunId) -> FileResponse:
    """Everything that the run found, question by question, and what decided it."""
    return FileResponse(runs.file_of(services.data, run_id, runs.RESULTS), media_type="application/json")


@router.get(
    "/{run_id}/report",
    response_class=FileResponse,
    responses={200: {"content": {"text/html": {}}}},
    dependencies=_SHOWS_PASSAGES,
)
def report(services: ServicesOf, run_id: RunId) -> FileResponse:
    """The report, one page."""
    path = runs.file_of(services.data, run_id, runs.REPORT)
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=_CLOSED)
