"""Answers as server-sent events: each sentence is sent when it is verified."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import TypeVar

from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel

from api.errors import UNEXPECTED, problem_of
from api.schemas import Problem
from api.schemas_answers import CitationOut, TokenOut, answer_out
from generation.types import Answer
from ingest.errors import CitewellError

_log = logging.getLogger(__name__)
T = TypeVar("T")
SILENCE_S = 15.0
"""Proxies often give up a connection on which nothing came for 60 seconds."""
_COMMENT = b": still at work\n\n"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Without the second one, nginx keeps the events until it has a page full of them."""


def event_stream(events: AsyncGenerator[bytes, None]) -> EventSourceResponse:
    """Through proxies, too, each event comes when it is sent."""
    return EventSourceResponse(_kept_open(events), headers=_HEADERS)


async def _kept_open(events: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """With a comment in every long silence. Closing it, or cancelling what reads it, stops the work."""
    while True:
        coming = asyncio.ensure_future(anext(events, None))
        try:
            while not (await asyncio.wait((coming,), timeout=SILENCE_S))[0]:
                yield _COMMENT
        finally:
            coming.cancel()
        if (one := coming.result()) is None:
            return
        yield one


async def answer_events(pieces: AsyncGenerator[str | Answer, None], query: str) -> AsyncGenerator[bytes, None]:
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
