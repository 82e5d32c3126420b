"""Traces are written in a thread of their own: no answer waits for it."""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from api.traces.course import Course
from api.traces.schemas import TraceOut
from api.traces.withholding import without
from api.upkeep import Regularly
from ingest.errors import CitewellError
from ingest.journal.journal import Entry, Journals, reader_of

MOST = 1_000
"""Traces that wait for a database that does not answer; older ones are given up then, and the log says so."""
_SWEEP_S = 3_600.0
_log = logging.getLogger(__name__)


class Recorder:
    """Keeps the traces of answers, and deletes what is too old. Safe to use from several threads.

    A trace is handed over before its answer is, and what waits is written in one transaction at once: a process that is
    killed loses what it had not written yet, usually nothing. A database that does not answer is tried again with the
    next trace and at the end; the answers go on.

    Args:
        journals: called in the thread that writes, because they may have to be opened first.
        make: what a trace is made with.
        enabled: without it nothing is kept, and what is there is deleted in its time all the same.
        keep, keep_feedback: so long.
    """

    def __init__(
        self,
        journals: Callable[[], Journals],
        make: Callable[[Course], TraceOut],
        enabled: bool,
        keep: timedelta,
        keep_feedback: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journals, self._make, self._enabled = journals, make, enabled
        self._keep, self._keep_feedback, self._now = keep, keep_feedback, now
        self._waiting: deque[Course] = deque()
        self._made: deque[Entry] = deque()
        self._pool = ThreadPoolExecutor(1, "traces")  # its thread starts with the first trace
        self._closed = False
        self._sweeper = Regularly(lambda: self._pool.submit(self._sweep).result(), _SWEEP_S)

    def record(self, course: Course) -> None:
        if self._closed:
            _log.error("The trace %s of an answer is lost: it ended after everything was closed", course.id)
        elif self._enabled:
            self._waiting.append(course)
            self._write()
            self.start()

    def start(self) -> None:
        """Deleting what is too old begins."""
        self._sweeper.start()

    def settle(self) -> None:
        """Wait until what was recorded before is written, or cannot be."""
        self._write().result()

    def close(self) -> None:
        """What is closed stays closed."""
        if self._closed:
            return
        self._closed = True
        self._sweeper.close()
        self._write()
        self._pool.shutdown()
        if self._made:
            _log.error("%d traces of answers are lost: the catalog did not take them", len(self._made))

    def _write(self) -> "Future[None]":
        return self._pool.submit(self._drain)

    def _drain(self) -> None:
        """In the thread of the pool, one at a time."""
        while self._waiting:
            self._prepare(self._waiting.popleft())
        if not self._made:
            return
        try:
            self._journals().traces.add(self._made)
        except CitewellError as error:
            _log.warning("%d traces of answers wait: %s", len(self._made), error)
        except Exception:
            _log.exception("%d traces of answers are lost", len(self._made))
            self._made.clear()
        else:
            self._made.clear()

    def _prepare(self, course: Course) -> None:
        try:
            trace = without(self._make(course), frozenset())
            reader = reader_of(course.access.tenant, course.access.groups)
            self._made.append(Entry(trace.id, reader, trace.created_at, trace.model_dump_json()))
        except Exception:
            _log.exception("The trace %s of an answer is lost", course.id)
        if len(self._made) > MOST:
            _log.error("The trace %s of an answer is lost: too many wait", self._made.popleft().id)

    def _sweep(self) -> None:
        now = self._now()
        self._journals().traces.expire(now - self._keep)
        self._journals().feedback.expire(now - self._keep_feedback)
