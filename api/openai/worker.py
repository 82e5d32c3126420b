"""Indexes what was added to vector stores, in the background, one slice of files at a time."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, Request

from api import operations
from api.bootstrap import Services
from ingest.errors import CitewellError, TransientError, UnsupportedFormatError
from ingest.library.rows import ErrorCode, Task, source_of
from ingest.parsers.routing import supported_suffix
from ingest.pipeline import FileResult, Label
from ingest.sources.filesystem import SourceFile
from ingest.types import FILE_ID, Metadata, document_id_of
from retrieval.http import RefusedError
from retrieval.types import Access

SLICE = 32
"""Files that are indexed together; other writers of the collection wait for them."""
MOST_ATTEMPTS = 3
_PAUSE_S = 5.0
_LOOK_S = 30.0
"""How often somebody with nothing to do looks for what another server has left behind."""
_log = logging.getLogger(__name__)


class Worker:
    """Takes tasks as long as there are some. What a process leaves behind is taken up by the next one.

    Args:
        writers: held while a slice is indexed, as by every request that writes.
    """

    def __init__(self, services: Services, writers: asyncio.Semaphore) -> None:
        self._services, self._writers = services, writers
        self._wake = asyncio.Event()
        self._stopping = threading.Event()

    def notify(self) -> None:
        """There is something to do."""
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Works until the end of the block; what is indexed then is finished, unless `Services.stop` breaks it off,
        and the rest waits for the next start."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._stopping.set()
            self._wake.set()
            await task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = await self._work()
            except CitewellError as error:
                _log.warning("What was added to vector stores waits: %s", error)
                await self._pause(_PAUSE_S)
            except Exception:
                _log.exception("What was added to vector stores waits")
                await self._pause(_PAUSE_S)
            else:
                if not busy:
                    await self._pause(_LOOK_S)

    async def _work(self) -> bool:
        """One slice. False where there is nothing to do."""
        async with self._writers:
            return await asyncio.to_thread(self._slice)

    def _slice(self) -> bool:
        with self._services.library.batches.taken(SLICE) as tasks:
            if tasks:
                index(self._services, tasks, self._stopping)
        return bool(tasks)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)


def index(services: Services, tasks: Sequence[Task], stopping: threading.Event) -> None:
    """Index files of one collection for the same readers, and say of each what became of it.

    Raises:
        TransientError: what is needed is not there just now; those of which nothing is said wait.
    """
    first = tasks[0]
    if first.attempts > MOST_ATTEMPTS:
        reason = f"The server stopped {MOST_ATTEMPTS} times while it read {first.filename}; leave it out or mend it."
        services.library.batches.settle(first, "failed", "server_error", reason)
        return
    waiting = {_document_id(task): task for task in tasks}
    files = [source_file(services, task.file_id, task.filename, task.attributes) for task in tasks]
    label, access = label_of(first.tenant, first.groups), Access(first.tenant, first.groups)

    def wanted(document_id: str) -> bool:
        return services.library.batches.wanted(waiting[document_id])

    try:
        for result in operations.ingested(services, files, first.collection, label, access, wanted):
            _settle(services, waiting.pop(result.document_id), result)
            if stopping.is_set():
                services.library.batches.give_back([*waiting.values()])
                break
    except CitewellError as error:
        if _will_pass(error):
            services.library.batches.give_back([*waiting.values()])
            raise
        _give_up(services, [*waiting.values()], str(error))
    except Exception:
        _give_up(services, [*waiting.values()], "An unexpected error happened; the server's log has the details.")
        raise


def source_file(services: Services, file_id: str, filename: str, attributes: Metadata) -> SourceFile:
    """An uploaded file as the pipeline takes it."""
    path = services.library.uploads.path(file_id, filename)
    return SourceFile(path, source_of(file_id, filename), {**attributes, FILE_ID: file_id})


def label_of(tenant: str, groups: Sequence[str]) -> Label:
    return Label.of(tenant, groups, {})


def _document_id(task: Task) -> str:
    return document_id_of(task.collection, task.tenant, source_of(task.file_id, task.filename))


def _settle(services: Services, task: Task, result: FileResult) -> None:
    if result.status != "failed":
        services.library.batches.settle(task, "completed")
    else:
        services.library.batches.settle(task, "failed", _code(services, task), result.reason)


def _will_pass(error: CitewellError) -> bool:
    """A server that refuses what it is asked does so the next time, too."""
    return isinstance(error, TransientError) and not isinstance(error, RefusedError)


def _give_up(services: Services, tasks: Sequence[Task], reason: str) -> None:
    for task in tasks:
        services.library.batches.settle(task, "failed", "server_error", reason)


def _code(services: Services, task: Task) -> ErrorCode:
    path = services.library.uploads.path(task.file_id, task.filename)
    try:
        supported_suffix(path)
    except UnsupportedFormatError:
        return "unsupported_file"
    return "invalid_file" if path.is_file() else "server_error"


def worker_of(request: Request) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


WorkerOf = Annotated[Worker, Depends(worker_of)]
