"""Where entries stood in lists that they have left: whoever deletes what he lists, page by page, goes on behind the
last one that he was shown."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ingest.catalog_rows import SCHEMA
from ingest.library.pages import FormerPlace
from ingest.library.rows import upsert_into

KEPT = timedelta(days=1)
"""Nobody is still paging then."""

LEFT = sa.Table(
    "left_places",
    SCHEMA,
    sa.Column("list", sa.String(512), primary_key=True),
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("left_places_by_time", "left_at"),
)


class Places:
    """Lists are called by `uploads_of`, `stores_of` and `store_files_of`."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def leave(self, name: str, entry_id: str, created_at: datetime) -> None:
        """Note where an entry stands that is about to be deleted. One that stays is still found where it is."""
        row = {"list": name, "id": entry_id, "created_at": created_at, "left_at": self._now()}
        with self._engine.begin() as connection:
            statement = upsert_into(connection, LEFT).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["list", "id"], set_=row))

    def forget(self) -> None:
        """What nobody is still paging by."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(LEFT).where(LEFT.c.left_at < self._now() - KEPT))


def uploads_of(tenant: str) -> str:
    return f"uploads {tenant}"


def stores_of(tenant: str) -> str:
    return f"stores {tenant}"


def store_files_of(collection: str, tenant: str) -> str:
    return f"files {collection} {tenant}"


def left(name: str) -> FormerPlace:
    """For `paged`: where in this list a deleted entry stood."""

    def find(connection: sa.Connection, cursor: str) -> tuple[Any, str] | None:
        query = sa.select(LEFT.c.created_at).where(LEFT.c.list == name, LEFT.c.id == cursor)
        found = connection.execute(query).scalar_one_or_none()
        return None if found is None else (found, cursor)

    return find
