"""How answers came about, and what readers say of them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.dependencies import AccessOf, ServicesOf
from api.listening import while_listening
from api.traces import operations
from api.traces.schemas import (
    DeletedFeedbackOut,
    FeedbackIn,
    FeedbackOut,
    FeedbacksOut,
    ReplayOut,
    TraceOut,
    TracesOut,
    TraceSummary,
)

router = APIRouter(prefix="/v1", tags=["traces"])
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str, Query(max_length=128, description="`next` of the page before.")]


@router.get("/traces")
async def traces(services: ServicesOf, access: AccessOf, limit: Limit = 50, after: After = "") -> TracesOut:
    """Your answers, newest first, a page at a time."""
    return await asyncio.to_thread(operations.traces, services, access, limit, after)


@router.get("/traces/{trace_id}")
async def trace(trace_id: str, services: ServicesOf, access: AccessOf) -> TraceOut:
    """How one answer came about, from the question to what was shown."""
    return await asyncio.to_thread(operations.trace, services, trace_id, access)


@router.delete("/traces/{trace_id}")
async def delete(trace_id: str, services: ServicesOf, access: AccessOf) -> TraceSummary:
    """Forget how an answer came about, and what was said of it."""
    return await asyncio.to_thread(operations.delete, services, trace_id, access)


@router.post("/traces/{trace_id}/replay")
async def replay(trace_id: str, services: ServicesOf, access: AccessOf, request: Request) -> ReplayOut:
    """Ask the same question again, with the index and the settings of now, and say what differs."""
    return await while_listening(request, operations.replay(services, trace_id, access))


@router.post("/feedback", status_code=201)
async def give_feedback(body: FeedbackIn, services: ServicesOf, access: AccessOf) -> FeedbackOut:
    """Say whether an answer is right, and where the right one stands."""
    return await asyncio.to_thread(operations.give_feedback, services, body, access)


@router.get("/feedback")
async def feedback(services: ServicesOf, access: AccessOf, limit: Limit = 50, after: After = "") -> FeedbacksOut:
    """What you said of answers, newest first, a page at a time."""
    return await asyncio.to_thread(operations.feedback, services, access, limit, after)


@router.delete("/feedback/{feedback_id}")
async def delete_feedback(feedback_id: str, services: ServicesOf, access: AccessOf) -> DeletedFeedbackOut:
    """Forget what you said of an answer."""
    return await asyncio.to_thread(operations.delete_feedback, services, feedback_id, access)
