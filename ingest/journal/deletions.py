"""Which documents were deleted, and when: what was copied from them before must not be read any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from ingest.catalog_rows import DOCUMENTS, SCHEMA
from ingest.library.rows import readable
from ingest.moments import in_utc

LATE = timedelta(hours=1)
"""An answer that began before a deletion may leave copies for so long after it."""
KEPT = timedelta(days=1)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 500
"""Databases bound the number of values in one statement."""

DELETED = sa.Table(
    "deleted_documents",
    SCHEMA,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("searched", sa.Boolean, nullable=False),  # all copies there were have been erased
    sa.Column("erased", sa.Boolean, nullable=False),  # and late ones, too
)


@dataclass(frozen=True)
class ToErase:
    """`deleted`: document id -> when it was deleted; `tenants`: of these documents; `since`: of what was made before
    then all copies have been erased already."""

    deleted: Mapping[str, datetime]
    tenants: frozenset[str]
    since: datetime


def note_deleted(connection: sa.Connection, document_ids: Sequence[str], now: datetime) -> None:
    """In the transaction that deletes them, before it does."""
    at = now.astimezone(UTC)
    there = sa.select(DOCUMENTS.c.id, DOCUMENTS.c.tenant).where(DOCUMENTS.c.id.in_(document_ids))
    rows = [
        {"document_id": row.id, "tenant": row.tenant, "deleted_at": at, "searched": False, "erased": False}
        for row in connection.execute(there)
    ]
    if rows:
        connection.execute(sa.delete(DELETED).where(DELETED.c.document_id.in_([row["document_id"] for row in rows])))
        connection.execute(sa.insert(DELETED), rows)


def withheld(
    connection: sa.Connection, document_ids: Iterable[str], tenant: str, groups: Sequence[str], since: datetime
) -> frozenset[str]:
    """Those that this reader may not read, and those that were deleted since: what stands under their id now is another
    document."""
    asked = sorted({*document_ids})
    there: set[str] = set()
    for some in _parts(asked):
        query = sa.select(DOCUMENTS.c.id, DOCUMENTS.c.tenant, DOCUMENTS.c.groups).where(DOCUMENTS.c.id.in_(some))
        rows = connection.execute(query).all()
        there.update(row.id for row in rows if row.tenant == tenant and readable(row.groups, groups))
    # Second: what is deleted between the two statements is found here.
    for some in _parts(asked):
        gone = sa.select(DELETED.c.document_id).where(DELETED.c.document_id.in_(some))
        there.difference_update(connection.execute(gone.where(DELETED.c.deleted_at >= since.astimezone(UTC))).scalars())
    return frozenset(asked) - there


class Deletions:
    """Safe to use from several threads and processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def to_erase(self) -> ToErase:
        """Documents of which there may be copies."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(DELETED).where(~DELETED.c.erased)).all()
        deleted = {row.document_id: in_utc(row.deleted_at) for row in rows}
        late_only = bool(rows) and all(row.searched for row in rows)
        since = min(deleted.values()) - LATE if late_only else _EVER
        return ToErase(deleted, frozenset(row.tenant for row in rows), since)

    def erased(self, done: Mapping[str, datetime], now: datetime) -> None:
        """All copies of these that were made until `now` are gone. Of what was deleted just now late ones are erased
        again, for answers that were on their way."""
        same = DELETED.c.document_id == sa.bindparam("key"), DELETED.c.deleted_at == sa.bindparam("at")
        change = sa.update(DELETED).where(*same).values(searched=True, erased=sa.bindparam("settled"))
        rows = [{"key": key, "at": at.astimezone(UTC), "settled": at < now - LATE} for key, at in done.items()]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(change, rows)
            old = DELETED.c.erased, DELETED.c.deleted_at < (now - KEPT).astimezone(UTC)
            connection.execute(sa.delete(DELETED).where(*old))
        if done and self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:  # else its log holds what was deleted
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
