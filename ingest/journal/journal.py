"""What is kept of each answer, and what readers say of it: texts of one kind in the catalog's database, each of which
its reader alone can read."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from ingest.catalog_rows import SCHEMA, make_tables
from ingest.errors import NotFoundError
from ingest.library.pages import PageOf, paged
from ingest.moments import in_utc
from ingest.types import EVERYONE

Kind: TypeAlias = Literal["trace", "feedback"]
_AT_ONCE = 100
_LEVEL = 6
"""Of compression: traces are a sixth of their length then, in under a millisecond each."""

JOURNAL = sa.Table(
    "journal",
    SCHEMA,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("reader", sa.String(64), nullable=False),
    sa.Column("about", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False),
    sa.Index("journal_by_reader", "kind", "reader", "created_at"),
    sa.Index("journal_by_time", "kind", "created_at"),
    sa.Index("journal_by_subject", "about"),
)


@dataclass(frozen=True)
class Entry:
    """`about`: id of the entry of another kind that it belongs to, or nothing."""

    id: str
    reader: str
    created_at: datetime
    body: str
    about: str = ""


def reader_of(tenant: str, groups: Iterable[str]) -> str:
    """The same for the same tenant and the same groups in any order. Of fixed length: databases bound what they
    index."""
    return hashlib.sha256(json.dumps([tenant, sorted({*groups} - {EVERYONE})]).encode()).hexdigest()


class Journal:
    """The entries of one kind. Safe to use from several threads."""

    def __init__(self, engine: sa.Engine, kind: Kind) -> None:
        """
        Args:
            engine: of the catalog's database; the table is made if it lacks it.
        """
        make_tables(engine, SCHEMA, [JOURNAL])
        self._engine, self._kind = engine, kind

    def add(self, entries: Sequence[Entry]) -> None:
        """All in one transaction; one of an id that is there already takes its place."""
        rows = {entry.id: self._row(entry) for entry in entries}
        if not rows:
            return
        with self._engine.begin() as connection:
            connection.execute(sa.delete(JOURNAL).where(self._own, JOURNAL.c.id.in_(list(rows))))
            connection.execute(sa.insert(JOURNAL), list(rows.values()))

    def get(self, key: str, reader: str) -> Entry:
        """Raises NotFoundError where the reader has no such entry: that others have one is not given away."""
        query = sa.select(JOURNAL).where(self._own, JOURNAL.c.reader == reader, JOURNAL.c.id == key)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise self._absent(key)
        return _entry(row)

    def page(self, reader: str, limit: int, after: str = "") -> tuple[list[Entry], bool]:
        """Newest first, those after the one of the id `after`; and whether there are more.

        Raises:
            InvalidError: `after` is no id of this list.
        """
        mine = sa.select(JOURNAL.c.id, JOURNAL.c.created_at).where(self._own, JOURNAL.c.reader == reader).subquery()
        with self._engine.connect() as connection:
            found, more = paged(connection, mine, PageOf(limit, after=after or None))
            wanted = sa.select(JOURNAL).where(self._own, JOURNAL.c.id.in_([row.id for row in found]))
            entries = {row.id: _entry(row) for row in connection.execute(wanted)}
        return [entries[row.id] for row in found if row.id in entries], more

    def pages(self, since: datetime, until: datetime) -> Iterator[list[Entry]]:
        """Of all readers, those made from then to then, oldest first."""
        at, key = JOURNAL.c.created_at, sa.tuple_(JOURNAL.c.created_at, JOURNAL.c.id)
        query = sa.select(JOURNAL).where(self._own, at <= until.astimezone(UTC)).order_by(*key.clauses).limit(_AT_ONCE)
        found, last = True, (since.astimezone(UTC), "")
        while found:
            after = key > sa.tuple_(sa.literal(last[0], at.type), sa.literal(last[1]))
            with self._engine.connect() as connection:
                page = [_entry(row) for row in connection.execute(query.where(after))]
            if found := bool(page):
                yield page
                last = page[-1].created_at, page[-1].id

    def rewrite(self, entries: Sequence[Entry]) -> None:
        """Other bodies, all in one transaction; what was deleted meanwhile stays so."""
        change = sa.update(JOURNAL).where(self._own, JOURNAL.c.id == sa.bindparam("key"))
        rows = [{"key": entry.id, "body": self._row(entry)["packed"]} for entry in entries]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(change.values(packed=sa.bindparam("body")), rows)

    def discard(self, ids: Sequence[str]) -> None:
        """Delete these, whoever reads them, and nothing that is about them."""
        if ids:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(JOURNAL).where(self._own, JOURNAL.c.id.in_(ids)))

    def remove(self, key: str, reader: str) -> None:
        """With what is about it. Raises NotFoundError where the reader has no such entry."""
        mine = sa.and_(self._own, JOURNAL.c.reader == reader, JOURNAL.c.id == key)
        with self._engine.begin() as connection:
            gone = connection.execute(sa.delete(JOURNAL).where(mine)).rowcount
            if gone:
                connection.execute(sa.delete(JOURNAL).where(JOURNAL.c.about == key, JOURNAL.c.reader == reader))
        if not gone:
            raise self._absent(key)

    def expire(self, before: datetime) -> int:
        """Delete what is older, of all readers; how many that were."""
        old = sa.delete(JOURNAL).where(self._own, JOURNAL.c.created_at < before)
        with self._engine.begin() as connection:
            return int(connection.execute(old).rowcount)

    @property
    def _own(self) -> sa.ColumnElement[bool]:
        return JOURNAL.c.kind == self._kind

    def _absent(self, key: str) -> NotFoundError:
        return NotFoundError(
            f"There is no {self._kind} {key!r} of yours; it may have been deleted, or be older than is kept."
        )

    def _row(self, entry: Entry) -> dict[str, object]:
        packed = zlib.compress(entry.body.encode(errors="surrogatepass"), _LEVEL)
        return {
            "kind": self._kind,
            "id": entry.id,
            "reader": entry.reader,
            "about": entry.about,
            "created_at": entry.created_at.astimezone(UTC),
            "packed": packed,
        }


@dataclass(frozen=True)
class Journals:
    traces: Journal
    feedback: Journal

    @classmethod
    def opened(cls, engine: sa.Engine) -> "Journals":
        return cls(Journal(engine, "trace"), Journal(engine, "feedback"))


def _entry(row: sa.Row[Any]) -> Entry:
    body = zlib.decompress(row.packed).decode(errors="surrogatepass")
    return Entry(row.id, row.reader, in_utc(row.created_at), body, row.about)
