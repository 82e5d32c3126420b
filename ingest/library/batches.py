"""Batches of files on their way into a store: a queue that survives the process."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingest.catalog_rows import DOCUMENTS
from ingest.errors import IndexLockedError, NotFoundError
from ingest.library import files
from ingest.library.pages import PageOf, paged
from ingest.library.rows import (
    ATTACHED,
    BATCH_FILES,
    BATCHES,
    UPLOADS,
    AttachedFile,
    Batch,
    ErrorCode,
    Status,
    Task,
    Upload,
    readable,
    values_of,
)
from ingest.library.uploads import require_uploads
from ingest.moments import in_utc
from ingest.types import Metadata
from ingest.writers import file_lock, session_lock

MOST_BYTES = 4 * 2**20
"""Of files that are taken together: others wait for them before they can write the collection."""
_LEFT_TO_OTHERS = timedelta(minutes=10)


class Batches:
    """A task is `in_progress` until it is settled, whatever becomes of the process that took it.

    Args:
        here: whether the bytes of a file (id, name) are.
    """

    def __init__(
        self,
        engine: sa.Engine,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        here: Callable[[str, str], bool],
    ) -> None:
        self._engine, self._new_id, self._now, self._here = engine, new_id, now, here

    def add(
        self, collection: str, tenant: str, groups: tuple[str, ...], uploads: Sequence[tuple[Upload, Metadata]]
    ) -> Batch:
        """Queue files; each comes at most once. What was asked before for the same files is not wanted any more.

        Raises:
            NotFoundError: one was deleted meanwhile.
        """
        now = self._now()
        batch = Batch(f"vsfb_{self._new_id()}", collection, groups, False, now)
        row = {**vars(batch), "groups": list(groups), "tenant": tenant, "served_at": now}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(BATCHES), [row])
            if uploads:
                require_uploads(connection, [upload.id for upload, _ in uploads])
                files.attach(connection, collection, uploads, self._now)  # first: a concurrent call waits here
                _supersede(connection, batch, tenant, [upload.id for upload, _ in uploads])
                rows = [_row(batch.id, position, *one) for position, one in enumerate(uploads)]
                connection.execute(sa.insert(BATCH_FILES), rows)
        return batch

    def get(self, batch_id: str, collection: str, tenant: str, groups: tuple[str, ...]) -> Batch:
        """Raises NotFoundError where the reader has no such batch in this store."""
        query = sa.select(BATCHES).where(
            BATCHES.c.id == batch_id, BATCHES.c.collection == collection, BATCHES.c.tenant == tenant
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or not readable(row.groups, groups):
            raise NotFoundError(f"There is no file batch {batch_id!r} in the vector store 'vs_{collection}'.")
        values = values_of(row)
        return Batch(**{name: values[name] for name in Batch.__dataclass_fields__})

    def counts(self, batch_id: str) -> Counter[Status]:
        query = (
            sa.select(BATCH_FILES.c.status, sa.func.count().label("files"))
            .where(BATCH_FILES.c.batch_id == batch_id)
            .group_by(BATCH_FILES.c.status)
        )
        with self._engine.connect() as connection:
            return Counter({row.status: row.files for row in connection.execute(query)})

    def page(
        self, batch: Batch, tenant: str, groups: tuple[str, ...], page: PageOf, status: Status | None
    ) -> tuple[list[AttachedFile], bool]:
        """Those of its files that the reader sees, one page, and whether there are more. Whose a file was is not known
        any more once it is deleted, so that it is left out."""
        rows = _files(batch.id, batch.collection, tenant)
        only = rows.c.status == status if status else None

        def keep(row: sa.Row[Any]) -> bool:
            return readable(row.groups, groups)

        with self._engine.connect() as connection:
            found, more = paged(connection, rows, page, keep, only, partial(_former, batch))
        return [AttachedFile(**values_of(row)) for row in found], more

    def cancel(self, batch: Batch, tenant: str) -> Batch:
        """What nobody has begun is left out; one that was in the store before stays as it was indexed."""
        waiting = (
            BATCH_FILES.c.batch_id == batch.id,
            BATCH_FILES.c.status == "in_progress",
            BATCH_FILES.c.attempts == 0,
        )
        indexed = sa.exists().where(DOCUMENTS.c.id == ATTACHED.c.document_id)
        with self._engine.begin() as connection:
            connection.execute(sa.update(BATCHES).where(BATCHES.c.id == batch.id).values(cancelled=True))
            connection.execute(
                sa.update(ATTACHED)
                .where(ATTACHED.c.collection == batch.collection, ATTACHED.c.tenant == tenant)
                .where(ATTACHED.c.file_id.in_(sa.select(BATCH_FILES.c.file_id).where(*waiting)))
                .values(status=sa.case((indexed, "completed"), else_="cancelled"))
            )
            connection.execute(sa.update(BATCH_FILES).where(*waiting).values(status="cancelled"))
        return replace(batch, cancelled=True)

    @contextmanager
    def taken(self, most: int) -> Iterator[list[Task]]:
        """The next tasks, of one batch and one set of readers; batches take turns. No other process gets tasks of the
        batch until the block ends or this process dies. Whoever died with a task had perhaps died of it: it is taken
        alone."""
        with ExitStack() as held:
            yield self._next(most, held)

    def _next(self, most: int, held: ExitStack) -> list[Task]:
        for batch_id in self._unfinished():
            with ExitStack() as claim, suppress(IndexLockedError):
                claim.enter_context(self._alone_with(batch_id))
                if tasks := self._begun(batch_id, most):
                    held.enter_context(claim.pop_all())
                    return tasks
        return []

    def _unfinished(self) -> list[str]:
        """Batches of which something waits, perhaps in the hands of another process."""
        waiting = _waiting().order_by(None).with_only_columns(BATCHES.c.id, BATCHES.c.served_at).distinct()
        with self._engine.connect() as connection:
            return list(connection.execute(waiting.order_by(BATCHES.c.served_at, BATCHES.c.id)).scalars())

    def _alone_with(self, batch_id: str) -> AbstractContextManager[None]:
        """Raises IndexLockedError where another process is. With SQLite one lock stands for all batches: each would
        leave a file behind."""
        if self._engine.dialect.name == "sqlite":
            return file_lock(Path(f"{self._engine.url.database}-batches.lock"), batch_id, 0)
        return session_lock(self._engine, -2 - zlib.crc32(batch_id.encode()), batch_id, 0)

    def _begun(self, batch_id: str, most: int) -> list[Task]:
        waiting = _waiting().where(BATCHES.c.id == batch_id)
        with self._engine.begin() as connection:
            ready = filter(self._ready, connection.execute(waiting).all())
            first = next(ready, None)
            if first is None:
                return []
            fresh = (row for row in ready if not first.attempts and not row.attempts)
            some = [first, *islice(fresh, most - 1)]
            chosen = [row.file_id for row in _slice(some)]
            connection.execute(
                sa.update(BATCH_FILES)
                .where(BATCH_FILES.c.batch_id == batch_id, BATCH_FILES.c.file_id.in_(chosen))
                .values(attempts=BATCH_FILES.c.attempts + 1)
            )
            connection.execute(sa.update(BATCHES).where(BATCHES.c.id == batch_id).values(served_at=self._now()))
            again = waiting.where(BATCH_FILES.c.file_id.in_(chosen))
            rows = [values_of(row) for row in connection.execute(again)]
        return [Task(**{name: values[name] for name in Task.__dataclass_fields__}) for values in rows]

    def _ready(self, row: sa.Row[Any]) -> bool:
        """What is not here is left to other servers, as long as they go on with the batch."""
        return self._here(row.file_id, row.filename) or in_utc(row.served_at) < self._now() - _LEFT_TO_OTHERS

    def give_back(self, tasks: Sequence[Task]) -> None:
        """As if nobody had begun them: it was not their fault."""
        for batch_id in {task.batch_id for task in tasks}:
            unsettled = (BATCH_FILES.c.batch_id == batch_id, BATCH_FILES.c.status == "in_progress")
            ids = [task.file_id for task in tasks if task.batch_id == batch_id]
            with self._engine.begin() as connection:
                connection.execute(
                    sa.update(BATCH_FILES)
                    .where(*unsettled, BATCH_FILES.c.file_id.in_(ids))
                    .values(attempts=BATCH_FILES.c.attempts - 1)
                )

    def wanted(self, task: Task) -> bool:
        """False where its file has left the store meanwhile, or is asked for anew."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.true()).where(*_unsettled(task))).first() is not None

    def settle(self, task: Task, status: Status, error_code: ErrorCode | None = None, error: str | None = None) -> None:
        """Say what became of a task, unless it is not wanted any more."""
        changed = sa.update(BATCH_FILES).where(*_unsettled(task))
        with self._engine.begin() as connection:
            if connection.execute(changed.values(status=status, error_code=error_code, error=error)).rowcount:
                files.settle(connection, task, status, error_code, error)


def _supersede(connection: sa.Connection, batch: Batch, tenant: str, file_ids: Sequence[str]) -> None:
    others = sa.select(BATCHES.c.id).where(BATCHES.c.collection == batch.collection, BATCHES.c.tenant == tenant)
    connection.execute(
        sa.update(BATCH_FILES)
        .where(BATCH_FILES.c.status == "in_progress", BATCH_FILES.c.batch_id.in_(others))
        .where(BATCH_FILES.c.file_id.in_(file_ids))
        .values(status="cancelled")
    )


def _row(batch_id: str, position: int, upload: Upload, attributes: Metadata) -> dict[str, object]:
    known = {"batch_id": batch_id, "file_id": upload.id, "position": position, "attributes": dict(attributes)}
    return {**known, "status": "in_progress", "attempts": 0}


def _unsettled(task: Task) -> tuple[sa.ColumnElement[bool], ...]:
    one = (BATCH_FILES.c.batch_id == task.batch_id, BATCH_FILES.c.file_id == task.file_id)
    return *one, BATCH_FILES.c.status == "in_progress"


def _waiting() -> sa.Select[Any]:
    return (
        sa.select(
            BATCH_FILES.c.batch_id,
            BATCHES.c.collection,
            BATCHES.c.tenant,
            UPLOADS.c.groups,
            BATCH_FILES.c.file_id,
            UPLOADS.c.filename,
            UPLOADS.c.bytes,
            BATCH_FILES.c.attributes,
            BATCH_FILES.c.attempts,
            BATCHES.c.served_at,
        )
        .join(BATCHES, BATCHES.c.id == BATCH_FILES.c.batch_id)
        .join(UPLOADS, UPLOADS.c.id == BATCH_FILES.c.file_id)
        .where(BATCH_FILES.c.status == "in_progress")
        .order_by(BATCHES.c.served_at, BATCHES.c.id, BATCH_FILES.c.position)
    )


def _slice(rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """The first, and further ones for the same readers as long as there are not too many bytes."""
    taken, size = [rows[0]] if rows else [], rows[0].bytes if rows else 0
    for row in rows[1:]:
        size += row.bytes
        if row.groups != rows[0].groups or size > MOST_BYTES:
            break
        taken.append(row)
    return taken


def _former(batch: Batch, connection: sa.Connection, file_id: str) -> tuple[datetime, str] | None:
    """All files of a batch have its date; that one was deleted leaves its row here."""
    query = sa.select(sa.true()).where(BATCH_FILES.c.batch_id == batch.id, BATCH_FILES.c.file_id == file_id)
    return (batch.created_at, file_id) if connection.execute(query).first() else None


def _files(batch_id: str, collection: str, tenant: str) -> sa.Subquery:
    return (
        sa.select(
            BATCH_FILES.c.file_id.label("id"),
            sa.func.coalesce(ATTACHED.c.document_id, "").label("document_id"),
            UPLOADS.c.groups,
            BATCH_FILES.c.attributes,
            BATCH_FILES.c.status,
            BATCH_FILES.c.error_code,
            BATCH_FILES.c.error,
            BATCHES.c.created_at,
            sa.func.coalesce(DOCUMENTS.c.characters, 0).label("characters"),
        )
        .join(BATCHES, BATCHES.c.id == BATCH_FILES.c.batch_id)
        .join(UPLOADS, UPLOADS.c.id == BATCH_FILES.c.file_id)
        .outerjoin(
            ATTACHED,
            sa.and_(
                ATTACHED.c.collection == collection,
                ATTACHED.c.tenant == tenant,
                ATTACHED.c.file_id == BATCH_FILES.c.file_id,
            ),
        )
        .outerjoin(DOCUMENTS, DOCUMENTS.c.id == ATTACHED.c.document_id)
        .where(BATCH_FILES.c.batch_id == batch_id)
        .subquery()
    )
