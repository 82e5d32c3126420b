"""Indexes are tidied in a thread of its own while nobody uploads, and what is old is forgotten: readers go on."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

from ingest.errors import CitewellError

ENOUGH_CHUNKS = 1000
"""Fewer than that are searched about as fast in whatever order they came."""
_MANY = 20
"""Times ENOUGH_CHUNKS: so many cannot wait for a pause in the uploads."""
PATIENCE_S = 10.0
"""So long is what is being tidied waited for in the end."""
_log = logging.getLogger(__name__)


class Upkeep:
    """Tidies the collections into which many chunks were written. Safe to use from several threads.

    Args:
        tidy: called with the name of a collection, one call at a time; its CitewellErrors are logged.
        pause_s: seconds without another upload after which it is called.
    """

    def __init__(self, tidy: Callable[[str], None], pause_s: float = 10.0) -> None:
        self._tidy, self._pause_s = tidy, pause_s
        self._chunks: Counter[str] = Counter()
        self._timer: threading.Timer | None = None
        self._closed, self._tidied = False, ""
        self._lock, self._running = threading.Lock(), threading.Lock()

    def written(self, collection: str, chunks: int) -> None:
        with self._lock:
            self._chunks[collection] += chunks
            most = max(self._chunks.values())
            if most >= ENOUGH_CHUNKS:
                self._schedule(0 if most >= _MANY * ENOUGH_CHUNKS else self._pause_s)

    def close(self) -> str | None:
        """Nothing is begun any more. Waits a while for what is being tidied; gives its name where that was not enough:
        an index of a million chunks takes minutes, and an engine cannot be interrupted."""
        with self._lock:
            self._closed = True
            if self._timer:
                self._timer.cancel()
        if not self._running.acquire(timeout=PATIENCE_S):
            return self._tidied
        self._running.release()
        return None

    def _schedule(self, delay_s: float) -> None:
        if self._timer:
            self._timer.cancel()
        if not self._closed:
            self._timer = threading.Timer(delay_s, self._run)
            self._timer.daemon = True  # `close` waits for it as long as that is bearable
            self._timer.start()

    def _run(self) -> None:
        with self._running:
            while (collection := self._next()) is not None:
                try:
                    self._tidy(collection)
                except CitewellError as error:
                    _log.warning("The index of collection %r was not tidied: %s", collection, error)

    def _next(self) -> str | None:
        with self._lock:
            due = [name for name, chunks in self._chunks.items() if chunks >= ENOUGH_CHUNKS]
            if self._closed or not due:
                return None
            del self._chunks[due[0]]
            self._tidied = due[0]
            return due[0]


class Regularly:
    """Does `work` at once and then every `every_s` seconds, in a thread of its own, from `start` to `close`; its
    CitewellErrors are logged. Safe to use from several threads."""

    def __init__(self, work: Callable[[], object], every_s: float) -> None:
        self._work, self._every_s = work, every_s
        self._thread: threading.Thread | None = None
        self._lock, self._closed = threading.Lock(), threading.Event()

    def start(self) -> None:
        """Nothing happens where it has started, or is closed."""
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Waits a while for what is being done."""
        with self._lock:
            self._closed.set()
        if self._thread:
            self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._work()
            except CitewellError as error:
                _log.warning("What is too old was not deleted: %s", error)
            self._closed.wait(self._every_s)
