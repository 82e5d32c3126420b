"""Files are prepared by several threads before their turn comes."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ingest.sources.filesystem import SourceFile

Prepared = TypeVar("Prepared")
_BYTES_AHEAD = 16 * 2**20
"""Of files that are parsed before their turn, beyond a few for each worker."""


def prepared_ahead(
    files: Iterable[SourceFile], prepare: Callable[[SourceFile], Prepared], workers: int, most: int
) -> Generator[Prepared, None, None]:
    """What `prepare` makes of each file, in order, at most `most` of them ahead of their turn.

    Whoever breaks off waits for nothing: what has begun goes on alone and is forgotten.
    """
    waiting = deque((file, file.size) for file in files)
    pending: deque[tuple[Future[Prepared], int]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="parse")
    try:
        while waiting or pending:
            while waiting and _may_look_ahead([size for _, size in pending], waiting[0][1], workers, most):
                file, size = waiting.popleft()
                pending.append((pool.submit(prepare, file), size))
            yield pending.popleft()[0].result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _may_look_ahead(pending: Sequence[int], size: int, workers: int, most: int) -> bool:
    """Whether one more file of `size` bytes may be parsed before its turn: parsed files stay in memory."""
    if len(pending) < 4 * workers:
        return True
    return len(pending) < most and sum(pending) + size <= _BYTES_AHEAD
