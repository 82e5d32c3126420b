"""Parsing in a child process: a crash or a hang of a native library costs one file, not the run."""

import os
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import get_context
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from ingest.errors import UnreadableFileError
from ingest.ports import Parser
from ingest.types import Section


class IsolatedParser:
    """Port `Parser` round another one, which must be picklable.

    Args:
        timeout_s: a file that takes longer is given up with UnreadableFileError.
        workers: parser processes, started at the first file.
    """

    def __init__(self, inner: Parser, timeout_s: float = 300.0, workers: int = 1) -> None:
        self._inner = inner
        self._timeout_s = timeout_s
        # A fork would copy the threads' locks of the embedding model in whatever state they are.
        self._pool = ProcessPool(max_workers=workers, context=get_context("spawn"), initializer=_yield_to_the_model)

    def parse(self, path: Path) -> list[Section]:
        future = self._pool.schedule(_parse, args=[self._inner, path], timeout=self._timeout_s)
        try:
            sections: list[Section] = future.result()
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
            raise UnreadableFileError(f"{path.name} needs more memory than there is; split it.") from error
        return sections

    def close(self) -> None:
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _yield_to_the_model() -> None:
    """Parsing is far ahead anyway, and the threads of the embedding model wait for the slowest of them."""
    if hasattr(os, "nice"):
        os.nice(10)


def _parse(parser: Parser, path: Path) -> list[Section]:
    return parser.parse(path)
