"""What is to be closed waits for the calls that are still inside; none comes in afterwards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import UnavailableError

PATIENCE_S = 10.0
"""Searches take milliseconds; building an index may take minutes."""


class Gate:
    """Any thread may call.

    Args:
        what: it is closed, as messages call it.
    """

    def __init__(self, what: str) -> None:
        self._what, self.closed, self._inside = what, False, 0
        self._left = threading.Condition()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Raises UnavailableError where it is closed."""
        with self._left:
            if self.closed:
                raise UnavailableError(f"{self._what} is closed.")
            self._inside += 1
        try:
            yield
        finally:
            with self._left:
                self._inside -= 1
                self._left.notify_all()

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Waits for whoever is inside, at most so many seconds."""
        with self._left:
            self.closed = True
            self._left.wait_for(lambda: not self._inside, patience_s)
