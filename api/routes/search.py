"""Search and answers."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.sse import EventSourceResponse

from api import operations
from api.dependencies import AccessOf, ServicesOf
from api.listening import while_listening
from api.schemas import AnswerIn, SearchIn, SearchOut
from api.schemas_answers import AnswerOut, LostAnswer
from api.streams import answer_events, event_stream

router = APIRouter(prefix="/v1", tags=["search"])


@router.post("/search")
async def search(body: SearchIn, services: ServicesOf, access: AccessOf) -> SearchOut:
    """The passages that match best, with the score of each branch."""
    return await operations.search(services, body, access)


_LOST = LostAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
del _LOST["$defs"]  # AnswerOut brings them into the description
_ANSWERED: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    **{
        status: {
            "description": "The language model failed; RFC 9457 problem details with what was found",
            "content": {"application/problem+json": {"schema": _LOST}},
        }
        for status in (503, 504)
    },
}


@router.post("/answers", response_model=AnswerOut, responses=_ANSWERED)
async def answers(
    body: AnswerIn,
    services: ServicesOf,
    access: AccessOf,
    request: Request,
    accept: Annotated[str, Header()] = "",
) -> AnswerOut | EventSourceResponse:
    """An answer whose every sentence is cited, or a refusal with the nearest passages.

    As a stream: `token` events (`text`; a sentence is sent when it is verified), then a `citation` each, then the whole
    `answer`; or `error`, problem details.
    """
    if not (body.stream or _quality(accept, EventSourceResponse.media_type) > _quality(accept, "application/json")):
        return await while_listening(request, operations.answer(services, body, access))
    query, pieces = await operations.answering(services, body, access)
    return event_stream(answer_events(pieces, query))


def _quality(accept: str, media_type: str) -> float:
    """How welcome a type that an Accept header names is, in [0, 1] (RFC 9110); 0 for one that it does not name."""
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name == media_type:
            weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
            with suppress(ValueError, IndexError):
                return float(weights[0])
            return 1.0
    return 0.0
