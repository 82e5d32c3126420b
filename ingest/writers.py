"""One writer of a collection at a time, in all the processes that share a catalog."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

import portalocker
import sqlalchemy as sa

from ingest.errors import IndexLockedError, UnavailableError

WAIT_S = 60.0
_POLL_S = 0.1


def wait_for(try_lock: Callable[[], bool], collection: str, wait_s: float) -> None:
    """Try until it succeeds.

    Raises:
        IndexLockedError: it did not within `wait_s` seconds.
    """
    until = monotonic() + wait_s
    while not try_lock():
        if monotonic() >= until:
            raise IndexLockedError(
                f"Another process is writing the collection {collection!r}; try again when it has finished."
            )
        sleep(_POLL_S)


@contextmanager
def file_lock(path: Path, collection: str, wait_s: float) -> Iterator[None]:
    """The operating system gives it back however the process ends. Errors: see `wait_for`."""
    try:
        file = path.open("a")
    except OSError as error:
        raise UnavailableError(f"The lock {path} cannot be used ({error.strerror}); make it writable.") from error
    with file:
        wait_for(lambda: _try_lock(file, path), collection, wait_s)
        try:
            yield
        finally:
            portalocker.unlock(file)


@contextmanager
def session_lock(engine: sa.Engine, number: int, collection: str, wait_s: float) -> Iterator[None]:
    """PostgreSQL gives it back when the session ends. Without a transaction, so that vacuum is not held up. Errors: see
    `wait_for`."""
    key = sa.literal(number, sa.BigInteger)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        wait_for(lambda: bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key)))), collection, wait_s)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))


def _try_lock(file: IO[str], path: Path) -> bool:
    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.AlreadyLocked:
        return False
    except portalocker.LockException as error:
        raise UnavailableError(f"The file system of {path} gives no locks ({error}); use another disk.") from error
    return True
