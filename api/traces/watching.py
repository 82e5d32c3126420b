"""Follows one question to its end, whatever that is, and hands over what its trace is made of."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from time import perf_counter
from types import TracebackType
from typing import TypeAlias

from api.schemas import AnswerIn
from api.traces.course import Course
from api.traces.schemas import Outcome
from api.tuned import Tuned
from generation.errors import GenerationError
from generation.types import Answer
from ingest.errors import CitewellError, InvalidError
from retrieval.types import Access, Query

Keep: TypeAlias = Callable[[Course], None]
UNEXPECTED = "An unexpected error happened; the server's log has the details."


class Watch:
    """Of one question. Inside its `with` block the question is made ready; `over` follows what comes of it.

    What fails because the request is wrong has no trace: there was nothing to answer.

    Args:
        keep: called once, at the end, before the last piece is passed on; must be quick and not fail.
        new_id: names a trace where there is no answer that has a name.
        recalled: documents that the answers in the history cite; None: nobody knows.
    """

    def __init__(
        self,
        asked: AnswerIn,
        access: Access,
        keep: Keep,
        new_id: Callable[[], str],
        recalled: tuple[str, ...] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asked, self._access, self._keep, self._new_id = asked, access, keep, new_id
        self._at, self._started, self._prepare_ms = now(), perf_counter(), 0.0
        self._query, self._text, self._kept = asked.query, "", False
        self._tuned, self._recalled = Tuned(), recalled

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._prepare_ms = self._passed()
        if error:
            self._broken(error)

    async def over(
        self, query: Query, tuned: Tuned, pieces: AsyncGenerator[str | Answer, None]
    ) -> AsyncGenerator[str | Answer, None]:
        """The same pieces. `tuned`: what is fitted to the collection."""
        self._query, self._tuned = query.text, tuned
        try:
            async with aclosing(pieces):
                async for item in pieces:
                    self._saw(item)
                    yield item
        except BaseException as error:
            self._broken(error)
            raise

    def _saw(self, item: str | Answer) -> None:
        if isinstance(item, str):
            self._text += item
            return
        self._text = item.text
        self._end("refused" if item.refused else "answered", item)

    def _broken(self, error: BaseException) -> None:
        match error:
            case GenerationError():
                self._end("failed", error.so_far, str(error))
            case InvalidError():
                pass
            case CitewellError():
                self._end("failed", None, str(error))
            case Exception():
                self._end("failed", None, UNEXPECTED)
            case GeneratorExit() | asyncio.CancelledError():
                self._end("cancelled", None)

    def _end(self, outcome: Outcome, answer: Answer | None, error: str | None = None) -> None:
        """Once: a reader who leaves after the answer has it."""
        if self._kept:
            return
        self._kept = True
        course = Course(
            id=answer.trace_id if answer else self._new_id(),
            at=self._at,
            asked=self._asked,
            access=self._access,
            query=self._query,
            tuned=self._tuned,
            outcome=outcome,
            text=self._text,
            answer=answer,
            error=error,
            total_ms=self._passed(),
            prepare_ms=self._prepare_ms,
            recalled=self._recalled,
        )
        self._keep(course)

    def _passed(self) -> float:
        """Milliseconds."""
        return (perf_counter() - self._started) * 1000
