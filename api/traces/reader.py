"""Traces as one reader sees them, wherever they are: what the command line stands on."""

import asyncio
from typing import Protocol

from api.bootstrap import Services
from api.traces import operations
from api.traces.schemas import FeedbackIn, FeedbackOut, FeedbacksOut, ReplayOut, TraceOut, TracesOut
from retrieval.types import Access


class TraceReader(Protocol):
    """`RestClient` is one, too. Every method raises CitewellError, with a message that says what to do."""

    def traces(self, limit: int, after: str) -> TracesOut: ...

    def trace(self, trace_id: str) -> TraceOut: ...

    def delete_trace(self, trace_id: str) -> None: ...

    def replay(self, trace_id: str) -> ReplayOut: ...

    def give_feedback(self, body: FeedbackIn) -> FeedbackOut: ...

    def delete_feedback(self, feedback_id: str) -> None: ...

    def feedback(self, limit: int, after: str) -> FeedbacksOut: ...


class LocalTraces:
    """Port `TraceReader` over services of this process, on behalf of `access`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services, self._access = services, access

    def traces(self, limit: int, after: str) -> TracesOut:
        return operations.traces(self._services, self._access, limit, after)

    def trace(self, trace_id: str) -> TraceOut:
        return operations.trace(self._services, trace_id, self._access)

    def delete_trace(self, trace_id: str) -> None:
        operations.delete(self._services, trace_id, self._access)

    def replay(self, trace_id: str) -> ReplayOut:
        return asyncio.run(operations.replay(self._services, trace_id, self._access))

    def give_feedback(self, body: FeedbackIn) -> FeedbackOut:
        return operations.give_feedback(self._services, body, self._access)

    def delete_feedback(self, feedback_id: str) -> None:
        operations.delete_feedback(self._services, feedback_id, self._access)

    def feedback(self, limit: int, after: str) -> FeedbacksOut:
        return operations.feedback(self._services, self._access, limit, after)
