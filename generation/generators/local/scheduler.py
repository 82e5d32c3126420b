"""The worker that writes all answers of one model."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from generation.generators.local.batch import Batch, Writing
from ingest.errors import UnavailableError

_log = logging.getLogger(__name__)
THREAD = "citewell-language-model"


class Scheduler:
    """Takes on answers at any time. Before each step one that waits joins those that are being written; then a token of
    each is written, and what is done or cancelled leaves. The thread lives as long as there is work.

    Args:
        size: how many answers are written at once; others wait.
    """

    def __init__(self, batch: Batch, size: int) -> None:
        self._batch, self._size = batch, size
        self._lock = threading.Lock()
        self._waiting: deque[Writing] = deque()
        self._working = False

    def submit(self, writing: Writing) -> None:
        with self._lock:
            self._waiting.append(writing)
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name=THREAD).start()

    def _work(self) -> None:
        while self._goes_on():
            if newcomer := self._admitted():
                _tried([newcomer], partial(self._batch.join, newcomer))
                self._leave()
            if self._batch.rows:
                _tried(self._batch.rows, self._batch.step)
                self._leave()

    def _leave(self) -> None:
        """Those that stay are copied, which takes memory; where there is none, all are let go."""
        if not _tried(self._batch.rows, self._batch.leave):
            self._batch.clear()

    def _goes_on(self) -> bool:
        with self._lock:
            self._waiting = deque(one for one in self._waiting if not one.cancelled)
            self._working = bool(self._waiting or self._batch.rows)
            return self._working

    def _admitted(self) -> Writing | None:
        """One at a time, so that nobody waits for the prompts of many others between two tokens."""
        with self._lock:
            room = len(self._batch.rows) < self._size
            return self._waiting.popleft() if self._waiting and room else None


def _tried(rows: Sequence[Writing], work: Callable[[], None]) -> bool:
    """Whether it worked. Whatever fails, those who wait hear of it and the worker goes on."""
    try:
        work()
        return True
    except Exception as error:
        _log.exception("The language model failed")
        failure = UnavailableError(
            f"The language model failed while it wrote ({type(error).__name__}); see the log. Where memory is short, "
            f"lower answers.batch_size or answers.context_tokens, or set answers.quantization."
        )
        for row in rows:
            if not row.done:
                row.done = True
                row.tell(failure)
        return False
