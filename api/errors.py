"""Errors become HTTP statuses, once."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.openai.errors import is_openai, openai_error, openai_problem, param_of, place_of
from api.schemas import Problem
from api.schemas_answers import lost_answer
from generation.errors import GenerationError
from ingest.errors import (
    CitewellError,
    DeniedError,
    IndexMismatchError,
    InvalidError,
    NotFoundError,
    PermanentError,
    TooLargeError,
    TooSlowError,
    TransientError,
    UnsupportedFormatError,
)

UNEXPECTED = "An unexpected error happened; the server's log has the details."

_TOLD = 5
"""Mistakes of one request that are told one by one."""
_LONGEST_NAME = 100

# The first class that matches decides.
_STATUSES: tuple[tuple[type[CitewellError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (IndexMismatchError, HTTPStatus.CONFLICT),
    (InvalidError, HTTPStatus.BAD_REQUEST),
    (DeniedError, HTTPStatus.FORBIDDEN),
    (UnsupportedFormatError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (PermanentError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TooSlowError, HTTPStatus.GATEWAY_TIMEOUT),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: CitewellError) -> HTTPStatus:
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def response(
    path: str, status: int, detail: str, headers: dict[str, str] | None = None, param: str | None = None
) -> JSONResponse:
    """In the shape that clients of this path expect. `param`: the part of the request that is wrong."""
    return openai_error(status, detail, headers, param) if is_openai(path) else problem(status, detail, headers)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return _response(Problem(title=HTTPStatus(status).phrase, status=status, detail=detail), headers)


def _response(body: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body.model_dump(), body.status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    app.add_exception_handler(CitewellError, _citewell)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem_of(error: CitewellError) -> Problem:
    """With what was found, where a generator failed (RFC 9457 calls these extension members)."""
    status = status_of(error)
    if isinstance(error, GenerationError):
        # 504 where the generator was too slow
        status = status_of(error.__cause__) if isinstance(error.__cause__, CitewellError) else status
        return lost_answer(error, status, status.phrase)
    return Problem(title=status.phrase, status=status, detail=str(error))


async def _citewell(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CitewellError)
    body = problem_of(error)
    return openai_problem(body) if is_openai(request.url.path) else _response(body)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    issues = _issues(error)
    told = [_explain(issue) for issue in issues[:_TOLD]]
    more = [f"and {len(issues) - _TOLD} more"] if len(issues) > _TOLD else []
    detail = "; ".join(told + more) + "."
    return response(request.url.path, HTTPStatus.UNPROCESSABLE_ENTITY, detail, param=param_of(issues))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if detail == HTTPStatus.NOT_FOUND.phrase:  # the router's own word
        detail = f"There is no {request.url.path} here; GET /openapi.json lists what there is."
    return response(request.url.path, error.status_code, detail, dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return response(request.url.path, HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED)


def _issues(error: RequestValidationError) -> Sequence[Any]:
    return error.errors()


def _explain(issue: Any) -> str:
    """`body.top_k: Input should be a valid integer`, without echoing the input."""
    where = ".".join(part[:_LONGEST_NAME] for part in place_of(issue))
    return f"{where}: {'unknown field' if issue['type'] == 'extra_forbidden' else issue['msg']}"
