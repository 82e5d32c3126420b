"""Chat completions: the answer to the last question, in OpenAI's shape."""

import json
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, format_sse_event

from api import bodies, memory, operations
from api.bootstrap import Services
from api.dependencies import AccessOf, ServicesOf
from api.errors import problem_of
from api.listening import while_listening
from api.openai.chat_schemas import (
    ChatIn,
    ChatOut,
    ChatUsage,
    ChoiceOut,
    ChunkChoice,
    ChunkOut,
    DeltaOut,
    Extensions,
    Finish,
    MessageOut,
)
from api.openai.errors import problem_body
from api.openai.models import generator_name, is_generator
from api.schemas import AnswerIn, Problem, TurnIn
from api.schemas_answers import CitationOut, ShortOut
from api.streams import event, event_stream, guarded
from generation.answerer import drain
from generation.types import Answer, Usage
from ingest.errors import InvalidError, NotFoundError

router = APIRouter(prefix="/v1/chat", tags=["OpenAI"])
_ANSWERED: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.post("/completions", response_model=ChatOut, responses=_ANSWERED)
async def completions(
    body: ChatIn, services: ServicesOf, access: AccessOf, request: Request
) -> ChatOut | EventSourceResponse:
    """A checked answer with its `citations`. As a stream, a sentence is sent when it is verified, and the last chunk
    has the citations."""
    if not is_generator(body.model, services.settings):
        name = generator_name(services.settings)
        raise NotFoundError(f"There is no model {body.model!r} that answers here; there is {name}.")
    _, pieces = await operations.answering(services, _question(body, services), access)
    if body.stream:
        return event_stream(_chunks(pieces, body))
    answer = await while_listening(request, drain(pieces))
    return ChatOut(
        id=f"chatcmpl-{answer.trace_id}",
        created=int(time.time()),
        model=answer.model,
        choices=[ChoiceOut(message=MessageOut(content=answer.text), finish_reason=_finish(answer.usage))],
        usage=_usage(answer.usage),
        citewell=_extensions(answer),
    )


def _question(body: ChatIn, services: Services) -> AnswerIn:
    """With the conversation, where something reads it; else every question stands alone.

    Raises:
        InvalidError: the conversation is given twice; or the question is too long.
    """
    turns = [
        bodies.body(TurnIn, role=one.role, content=one.text[: memory.LONGEST])
        for one in body.messages[:-1]
        if one.role in ("user", "assistant") and one.text
    ]
    if body.session is not None and turns:
        raise InvalidError(
            "With a session, send the question alone in messages: the session knows what was said before."
        )
    history = turns[-50:] if services.reads_history else []
    question = body.messages[-1].text
    return bodies.body(
        AnswerIn,
        query=question,
        collection=body.collection if "collection" in body.model_fields_set else None,  # a session has its own
        filters=body.filters,
        history=history,
        session=body.session,
    )


async def _chunks(pieces: AsyncGenerator[str | Answer, None], body: ChatIn) -> AsyncGenerator[bytes, None]:
    chunk = _Chunks(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), body.model)
    yield chunk.saying("", role="assistant")
    async for item in guarded(pieces, problem_of):
        match item:
            case str():
                yield chunk.saying(item)
            case Problem():
                yield format_sse_event(data_str=json.dumps(problem_body(item)))
                return
            case Answer():
                if item.refused:  # nothing was written, so nothing was sent
                    yield chunk.saying(item.text)
                yield chunk.end(_finish(item.usage), _extensions(item))
                if body.stream_options and body.stream_options.include_usage:
                    yield chunk.cost(_usage(item.usage))
    yield format_sse_event(data_str="[DONE]")


@dataclass(frozen=True)
class _Chunks:
    """Those of one answer."""

    id: str
    created: int
    model: str

    def saying(self, text: str, role: Literal["assistant"] | None = None) -> bytes:
        return self._event([ChunkChoice(delta=DeltaOut(role=role, content=text))])

    def end(self, finish: Finish, extensions: Extensions) -> bytes:
        return self._event([ChunkChoice(delta=DeltaOut(), finish_reason=finish)], citewell=extensions)

    def cost(self, usage: ChatUsage) -> bytes:
        return self._event([], usage)

    def _event(
        self, choices: list[ChunkChoice], usage: ChatUsage | None = None, citewell: Extensions | None = None
    ) -> bytes:
        made = ChunkOut(
            id=self.id, created=self.created, model=self.model, choices=choices, usage=usage, citewell=citewell
        )
        return event(made)


def _extensions(answer: Answer) -> Extensions:
    citations = [CitationOut.model_validate(one) for one in answer.citations]
    short = ShortOut.model_validate(answer.short) if answer.short else None
    return Extensions(
        citations=citations,
        refused=answer.refused,
        confidence=answer.confidence,
        trace_id=answer.trace_id,
        short=short,
    )


def _finish(usage: Usage) -> Finish:
    return "length" if usage.cut else "stop"


def _usage(usage: Usage) -> ChatUsage:
    total = usage.prompt_tokens + usage.completion_tokens
    return ChatUsage(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens, total_tokens=total)
