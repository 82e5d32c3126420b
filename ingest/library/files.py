"""Files in stores: uploaded ones, in whatever state, and documents that were ingested in another way."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ingest.catalog_rows import DOCUMENTS
from ingest.errors import NotFoundError
from ingest.library.pages import PageOf, paged
from ingest.library.places import left, store_files_of
from ingest.library.rows import (
    ATTACHED,
    BATCH_FILES,
    BATCHES,
    AttachedFile,
    ErrorCode,
    Status,
    Task,
    Upload,
    readable,
    source_of,
    upsert_into,
    values_of,
)
from ingest.types import Metadata, document_id_of

INGESTED_PREFIX = "file-"
"""Followed by the document's id: the id of a file that was not uploaded."""


class Files:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, collection: str, tenant: str, groups: tuple[str, ...], file_id: str) -> AttachedFile:
        """Raises NotFoundError where the reader sees no such file in the store."""
        files = files_of(collection, tenant)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(files).where(files.c.id == file_id)).one_or_none()
        if row is None or not readable(row.groups, groups):
            raise NotFoundError(f"There is no file {file_id!r} in the vector store 'vs_{collection}'.")
        return _file(row)

    def page(
        self, collection: str, tenant: str, groups: tuple[str, ...], page: PageOf, status: Status | None = None
    ) -> tuple[list[AttachedFile], bool]:
        """One page, and whether there are more."""
        files = files_of(collection, tenant)
        only = files.c.status == status if status else None

        def keep(row: sa.Row[Any]) -> bool:
            return readable(row.groups, groups)

        with self._engine.connect() as connection:
            rows, more = paged(connection, files, page, keep, only, left(store_files_of(collection, tenant)))
        return [_file(row) for row in rows], more

    def all_readable(self, collection: str, tenant: str, groups: tuple[str, ...]) -> bool:
        """Whether the reader sees every uploaded file in the store, whether it is indexed or not."""
        owners = sa.cast(ATTACHED.c.groups, sa.Text)  # JSON itself cannot be compared
        query = sa.select(owners).where(ATTACHED.c.collection == collection, ATTACHED.c.tenant == tenant).distinct()
        with self._engine.connect() as connection:
            return all(readable(json.loads(one), groups) for one in connection.execute(query).scalars())

    def change(self, collection: str, tenant: str, file_id: str, attributes: Metadata, indexed: bool) -> None:
        """Give a file other attributes. `indexed`: it has just been indexed with them."""
        known = {"status": "completed", "error_code": None, "error": None} if indexed else {}
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(ATTACHED)
                .where(*_is(collection, tenant, file_id))
                .values(attributes=dict(attributes), **known)
            )

    def remove(self, document_ids: Sequence[str]) -> None:
        """Forget that the files of these documents are in a store; what waits to be indexed of them is cancelled."""
        gone = ATTACHED.c.document_id.in_(document_ids)
        batch = sa.exists().where(
            BATCHES.c.id == BATCH_FILES.c.batch_id,
            BATCHES.c.collection == ATTACHED.c.collection,
            BATCHES.c.tenant == ATTACHED.c.tenant,
            ATTACHED.c.file_id == BATCH_FILES.c.file_id,
            gone,
        )
        waiting = BATCH_FILES.c.status == "in_progress"
        with self._engine.begin() as connection:
            connection.execute(sa.update(BATCH_FILES).where(waiting, batch).values(status="cancelled"))
            connection.execute(sa.delete(ATTACHED).where(gone))

    def attached(self, document_id: str) -> bool:
        """Whether it is that of a file in a store."""
        query = sa.select(ATTACHED.c.file_id).where(ATTACHED.c.document_id == document_id)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def ids_of(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Document id -> id of the uploaded file that it was made of; documents that came otherwise are left out."""
        query = sa.select(ATTACHED.c.document_id, ATTACHED.c.file_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(ATTACHED.c.document_id.in_(list(document_ids))))
            return {row.document_id: row.file_id for row in rows}

    def holders(self, file_id: str, tenant: str) -> list[str]:
        """Collections that an uploaded file is in."""
        query = sa.select(ATTACHED.c.collection).where(ATTACHED.c.file_id == file_id, ATTACHED.c.tenant == tenant)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())


def attach(
    connection: sa.Connection, collection: str, files: Sequence[tuple[Upload, Metadata]], now: Callable[[], datetime]
) -> None:
    """Note that these are to be indexed; those that are in the store already keep their date, and their
    attributes until they are indexed with others."""
    statement = upsert_into(connection, ATTACHED)
    fresh = ("status", "error_code", "error")
    statement = statement.on_conflict_do_update(
        index_elements=["collection", "tenant", "file_id"], set_={name: statement.excluded[name] for name in fresh}
    )
    connection.execute(statement, [_row(collection, *file, now()) for file in files])


def settle(
    connection: sa.Connection, task: Task, status: Status, error_code: ErrorCode | None, error: str | None
) -> None:
    """Its attributes are those that it is indexed with."""
    known = {"attributes": dict(task.attributes)} if status == "completed" else {}
    connection.execute(
        sa.update(ATTACHED)
        .where(*_is(task.collection, task.tenant, task.file_id))
        .values(status=status, error_code=error_code, error=error, **known)
    )


def files_of(collection: str, tenant: str) -> sa.Subquery:
    """Everything that a tenant has in a collection; columns as in `AttachedFile`."""
    place = (DOCUMENTS.c.collection == collection, DOCUMENTS.c.tenant == tenant)
    uploaded = (
        sa.select(
            ATTACHED.c.file_id.label("id"),
            ATTACHED.c.document_id,
            ATTACHED.c.groups,
            ATTACHED.c.attributes,
            ATTACHED.c.status,
            ATTACHED.c.error_code,
            ATTACHED.c.error,
            ATTACHED.c.created_at,
            sa.func.coalesce(DOCUMENTS.c.characters, 0).label("characters"),
            sa.true().label("uploaded"),
        )
        .outerjoin(DOCUMENTS, DOCUMENTS.c.id == ATTACHED.c.document_id)
        .where(ATTACHED.c.collection == collection, ATTACHED.c.tenant == tenant)
    )
    known = sa.exists().where(ATTACHED.c.document_id == DOCUMENTS.c.id)
    ingested = sa.select(
        sa.literal(INGESTED_PREFIX, sa.String) + DOCUMENTS.c.id,
        DOCUMENTS.c.id,
        DOCUMENTS.c.groups,
        DOCUMENTS.c.metadata,
        sa.literal("completed", sa.String),
        sa.cast(sa.null(), sa.String),
        sa.cast(sa.null(), sa.Text),
        DOCUMENTS.c.indexed_at,
        DOCUMENTS.c.characters,
        sa.false(),
    ).where(*place, ~known)
    return sa.union_all(uploaded, ingested).subquery()


def _row(collection: str, upload: Upload, attributes: Metadata, now: datetime) -> dict[str, object]:
    source = source_of(upload.id, upload.filename)
    return {
        "collection": collection,
        "tenant": upload.tenant,
        "file_id": upload.id,
        "document_id": document_id_of(collection, upload.tenant, source),
        "groups": list(upload.groups),
        "attributes": dict(attributes),
        "status": "in_progress",
        "error_code": None,
        "error": None,
        "created_at": now,
    }


def _is(collection: str, tenant: str, file_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return ATTACHED.c.collection == collection, ATTACHED.c.tenant == tenant, ATTACHED.c.file_id == file_id


def _file(row: sa.Row[Any]) -> AttachedFile:
    values = values_of(row)
    return AttachedFile(**{**values, "uploaded": bool(values["uploaded"])})
