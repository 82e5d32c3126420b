"""Stores: collections with a name and metadata. One that was filled in another way has its collection's name."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ingest.catalog_rows import DOCUMENTS
from ingest.errors import NotFoundError
from ingest.library.files import files_of
from ingest.library.pages import PageOf, paged
from ingest.library.places import left, stores_of
from ingest.library.rows import (
    ATTACHED,
    BATCH_FILES,
    BATCHES,
    STORES,
    NamedStore,
    Status,
    readable,
    upsert_into,
    values_of,
)
from ingest.types import Metadata


@dataclass(frozen=True)
class Holding:
    """What a store holds of files that a reader may see."""

    files: Counter[Status]
    characters: int


class Stores:
    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def add(self, collection: str, tenant: str, name: str, description: str | None, metadata: Metadata) -> NamedStore:
        store = NamedStore(collection, name, description, metadata, self._now())
        with self._engine.begin() as connection:
            connection.execute(sa.insert(STORES), [_row(store, tenant)])
        return store

    def get(self, collection: str, tenant: str) -> NamedStore:
        """Raises NotFoundError where the tenant has no such store."""
        stores = _stores(tenant)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(stores).where(stores.c.id == collection)).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no vector store 'vs_{collection}'; GET /v1/vector_stores lists them.")
        return _store(row)

    def page(self, tenant: str, page: PageOf) -> tuple[list[NamedStore], bool]:
        """One page, and whether there are more. The cursors are names of collections."""
        with self._engine.connect() as connection:
            rows, more = paged(connection, _stores(tenant), page, former=left(stores_of(tenant)))
        return [_store(row) for row in rows], more

    def change(self, collection: str, tenant: str, changes: Mapping[str, Any]) -> NamedStore:
        """Another name, description or metadata; what is not among `changes` stays. Errors: see `get`."""
        store = self.get(collection, tenant)
        with self._engine.begin() as connection:
            update = sa.update(STORES).where(*_is(STORES, collection, tenant))
            if changes and not connection.execute(update.values(**changes)).rowcount:
                _name(connection, replace(store, **changes), tenant, changes)
        return self.get(collection, tenant)

    def holding(self, collection: str, tenant: str, groups: tuple[str, ...]) -> Holding:
        files = files_of(collection, tenant)
        owners = sa.cast(files.c.groups, sa.Text)  # JSON itself cannot be grouped by
        query = sa.select(
            owners.label("owners"),
            files.c.status,
            sa.func.count().label("files"),
            sa.func.coalesce(sa.func.sum(files.c.characters), 0).label("characters"),
        ).group_by(owners, files.c.status)
        counted: Counter[Status] = Counter()
        characters = 0
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                if readable(json.loads(row.owners), groups):
                    counted[row.status] += row.files
                    characters += int(row.characters)
        return Holding(counted, characters)

    def remove(self, collection: str, tenant: str) -> None:
        """Forget the tenant's store, which files were in it, and their batches."""
        of_it = sa.select(BATCHES.c.id).where(*_is(BATCHES, collection, tenant))
        with self._engine.begin() as connection:
            connection.execute(sa.delete(BATCH_FILES).where(BATCH_FILES.c.batch_id.in_(of_it)))
            for table in (BATCHES, ATTACHED, STORES):
                connection.execute(sa.delete(table).where(*_is(table, collection, tenant)))

    def shared(self, collection: str) -> bool:
        """Whether some tenant has a store of this collection, or documents in it."""
        stores = sa.select(STORES.c.collection).where(STORES.c.collection == collection)
        documents = sa.select(DOCUMENTS.c.collection).where(DOCUMENTS.c.collection == collection)
        with self._engine.connect() as connection:
            return any(connection.execute(query.limit(1)).first() for query in (stores, documents))


def _is(table: sa.Table, collection: str, tenant: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.collection == collection, table.c.tenant == tenant


def _row(store: NamedStore, tenant: str) -> dict[str, object]:
    return {**vars(store), "metadata": dict(store.metadata), "tenant": tenant}


def _name(connection: sa.Connection, store: NamedStore, tenant: str, changes: Mapping[str, Any]) -> None:
    """What was filled in another way. One without documents has been deleted meanwhile, and stays so."""
    filled = sa.select(DOCUMENTS.c.id).where(*_is(DOCUMENTS, store.collection, tenant)).limit(1)
    if connection.execute(filled).first():
        statement = upsert_into(connection, STORES).values(_row(store, tenant))
        connection.execute(statement.on_conflict_do_update(index_elements=["collection", "tenant"], set_=dict(changes)))


def _store(row: sa.Row[Any]) -> NamedStore:
    values = values_of(row)
    return NamedStore(collection=values.pop("id"), **{**values, "metadata": values["metadata"] or {}})


def _stores(tenant: str) -> sa.Subquery:
    """Those with a row, and collections in which the tenant has documents."""
    named = sa.select(
        STORES.c.collection.label("id"),
        STORES.c.name,
        STORES.c.description,
        STORES.c.metadata,
        STORES.c.created_at,
    ).where(STORES.c.tenant == tenant)
    taken = sa.exists().where(STORES.c.collection == DOCUMENTS.c.collection, STORES.c.tenant == tenant)
    filled = (
        sa.select(
            DOCUMENTS.c.collection,
            DOCUMENTS.c.collection,
            sa.cast(sa.null(), sa.String),
            sa.literal({}, sa.JSON),
            sa.func.min(DOCUMENTS.c.indexed_at),
        )
        .where(DOCUMENTS.c.tenant == tenant, ~taken)
        .group_by(DOCUMENTS.c.collection)
    )
    return sa.union_all(named, filled).subquery()
