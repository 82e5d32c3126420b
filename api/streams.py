"""Answers as server-sent events: each sentence is sent when it is verified."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import TypeVar

from fastapi.sse import format_sse_event
from pydantic import BaseModel

from api.errors import UNEXPECTED, problem_of
from api.schemas import Problem
from api.schemas_answers import CitationOut, TokenOut, answer_out
from generation.types import Answer
from ingest.errors import CitewellError

_log = logging.getLogger(__name__)
T = TypeVar("T")


async def answer_events(pieces: AsyncGenerator[str | Answer, None], query: str) -> AsyncIterator[bytes]:
    """`token` events, then a `citation` each and the whole `answer`; or `error`, as problem details, in place of what
    is missing. Closing it stops the work."""
    async for item in guarded(pieces, problem_of):
        match item:
            case str():
                yield event(TokenOut(text=item), "token")
            case Answer():
                for one in item.citations:
                    yield event(CitationOut.model_validate(one), "citation")
                yield event(answer_out(item, query), "answer")
            case Problem():
                yield event(item, "error")


async def guarded(
    pieces: AsyncGenerator[str | Answer, None], told: Callable[[CitewellError], T]
) -> AsyncIterator[str | Answer | T | Problem]:
    """What comes of an answer, and where it fails what is `told` of that: the status has long been sent by then."""
    try:
        async with aclosing(pieces):
            async for item in pieces:
                yield item
    except CitewellError as error:
        yield told(error)
    except Exception:
        _log.exception("An answer broke off")
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        yield Problem(title=status.phrase, status=status, detail=UNEXPECTED)


def event(data: BaseModel, name: str | None = None) -> bytes:
    return format_sse_event(data_str=data.model_dump_json(), event=name)
