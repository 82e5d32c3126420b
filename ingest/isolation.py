"""Parsing in a child process: a crash, a hang or the hunger of a library costs one file, not the run."""

import os
import sys
import tempfile
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from ingest.errors import UnavailableError, UnreadableFileError
from ingest.memory import memory_bytes
from ingest.ports import Parser
from ingest.types import Section

_POOLS = 3
"""A process that ends while it is idle, say because the system needs its memory, breaks its pool; so many are tried."""
_LEAST_MEMORY = 2**30
"""Bytes for a parser process, however small the machine."""


class IsolatedParser:
    """Port `Parser` round another one, which must be picklable. Safe to use from several threads.

    Args:
        timeout_s: a file that takes longer is given up with UnreadableFileError.
        workers: parser processes, started at the first file. Together they may take half of the memory of the
            machine or the container, but each at least 1 GiB.
    """

    def __init__(self, inner: Parser, timeout_s: float = 300.0, workers: int = 1) -> None:
        self._inner, self._timeout_s, self._workers = inner, timeout_s, workers
        self._lock, self._closed = threading.Lock(), False
        self._running: set[Future[list[Section]]] = set()
        self._pool = self._new_pool()

    def parse(self, path: Path) -> list[Section]:
        """Raises UnavailableError where no parser process stays alive."""
        for _ in range(_POOLS):
            pool = self._pool
            try:
                return self._parsed(pool, path)
            except BrokenProcessPool as error:
                broken = error
                self._replace(pool)
        raise UnavailableError(
            f"The processes that parse files end before they begin ({broken}); look whether there is memory left."
        ) from broken

    def _parsed(self, pool: ProcessPool, path: Path) -> list[Section]:
        # Whatever a process that had to be killed has left there goes as well.
        with tempfile.TemporaryDirectory(prefix="citewell-", ignore_cleanup_errors=True) as scratch:
            return self._result(self._schedule(pool, path, scratch), path)

    def _result(self, future: Future[list[Section]], path: Path) -> list[Section]:
        try:
            return future.result()
        except FutureTimeoutError as error:
            raise UnreadableFileError(
                f"{path.name} took more than {self._timeout_s:g} s to parse and was given up; "
                f"split it, or raise ingestion.parse_timeout_s."
            ) from error
        except ProcessExpired as error:
            raise UnreadableFileError(
                f"{path.name} made its parser crash (exit code {error.exitcode}); save it again in another program."
            ) from error
        except MemoryError as error:
            raise UnreadableFileError(f"{path.name} needs more memory than a parser may take; split it.") from error
        except CancelledError as error:
            raise UnavailableError(f"{path.name} was given up because the program ends; add it again.") from error
        finally:
            self._running.discard(future)

    def _schedule(self, pool: ProcessPool, path: Path, scratch: str) -> Future[list[Section]]:
        work = [self._inner, path, scratch]
        try:
            with self._lock:
                future: Future[list[Section]] = pool.schedule(_parse, args=work, timeout=self._timeout_s)
                self._running.add(future)
        except RuntimeError as error:  # it broke before
            raise BrokenProcessPool(str(error)) from error
        return future

    def _new_pool(self) -> ProcessPool:
        # A fork would copy the threads' locks of the embedding model in whatever state they are.
        context = get_context("spawn")
        return ProcessPool(max_workers=self._workers, context=context, initializer=_begin, initargs=[self._workers])

    def _replace(self, broken: ProcessPool) -> None:
        """Once, however many threads have seen it break."""
        with self._lock:
            if self._pool is broken and not self._closed:
                broken.stop()  # type: ignore[no-untyped-call]
                self._pool = self._new_pool()

    def close(self) -> None:
        """Files that are being parsed are given up: whoever waits for one gets UnavailableError."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for future in running:
            future.cancel()  # a pool that is stopped leaves its callers waiting
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _begin(workers: int) -> None:
    """In each process. Parsing is far ahead of the embedding model, whose threads wait for the slowest of them."""
    if hasattr(os, "nice"):
        os.nice(10)
    _bound_memory(workers)
    # spaCy imports torch wherever it is installed, though a blank pipeline has no use for it: two seconds and 200 MB.
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]


def _bound_memory(workers: int) -> None:
    """A few kilobytes can unpack to gigabytes: the file must fail, before the system ends the server to make room."""
    with suppress(ImportError, ValueError, OSError):  # a system without such limits, or with narrower ones
        import resource

        bound = max(memory_bytes() // 2 // workers, _LEAST_MEMORY)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _parse(parser: Parser, path: Path, scratch: str) -> list[Section]:
    tempfile.tempdir = scratch
    return parser.parse(path)
