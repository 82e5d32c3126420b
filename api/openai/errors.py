"""Errors in the shape that OpenAI's clients turn into their typed exceptions."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from api.openai.schemas import ErrorDetail, ErrorOut
from api.schemas import Problem

_SERVED = ("models", "files", "vector_stores", "chat")
_LACKING = (
    *("assistants", "audio", "batches", "completions", "conversations", "embeddings", "evals", "fine_tuning"),
    *("images", "moderations", "realtime", "responses", "threads", "uploads", "videos"),
)
PREFIXES = tuple(f"/v1/{name}" for name in (*_SERVED, *_LACKING))
"""Paths under which errors have this shape: OpenAI's clients may ask there, too, and are told that there is nothing."""
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
_TYPE = re.compile(r"constrained-\w+$|function-|(?:list|dict|nullable)\[")
# What is wrong with a body has one status here; to a client 422 would be another exception.
_STATUSES = {HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST}


def is_openai(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def openai_error(
    status: int, message: str, headers: dict[str, str] | None = None, param: str | None = None
) -> JSONResponse:
    shown = _STATUSES.get(HTTPStatus(status), HTTPStatus(status))
    return JSONResponse(error_body(shown, message, param).model_dump(), shown, headers)


def openai_problem(problem: Problem) -> JSONResponse:
    shown = _STATUSES.get(HTTPStatus(problem.status), HTTPStatus(problem.status))
    return JSONResponse(problem_body(problem), shown)


def problem_body(problem: Problem) -> dict[str, Any]:
    """What a failed answer found stands in the error: that is all that clients keep of a body (`APIError.body`)."""
    shown = _STATUSES.get(HTTPStatus(problem.status), HTTPStatus(problem.status))
    found = problem.model_dump(include={"citations", "hits", "trace_id"})
    return {"error": {**error_body(shown, problem.detail).error.model_dump(), **found}}


def error_body(status: int, message: str, param: str | None = None) -> ErrorOut:
    shown = HTTPStatus(status)
    usual = "server_error" if shown >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    error = ErrorDetail(message=message, type=_TYPES.get(shown, usual), param=param, code=_code(shown))
    return ErrorOut(error=error)


def param_of(issues: Sequence[Any]) -> str | None:
    """Which part of the request the first issue is about, such as `ranking_options.ranker`; none where a body is no
    JSON."""
    if not issues or issues[0]["type"] == "json_invalid":
        return None
    return ".".join(place_of(issues[0])[1:]) or None


def place_of(issue: Any) -> list[str]:
    """Of an issue of pydantic, without the names of types that it puts in where one of several is allowed."""
    return [str(part) for part in issue["loc"] if not (isinstance(part, str) and _TYPE.match(part))]


def _code(status: HTTPStatus) -> str | None:
    return "not_found" if status == HTTPStatus.NOT_FOUND else None
