"""What is indexed, and in which revision. The catalog's commit is the moment a new revision becomes visible."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingest.catalog_rows import (
    ACRONYMS,
    DOCUMENTS,
    SCHEMA,
    SECTIONS,
    UNFINISHED,
    VERSIONS,
    CatalogEntry,
    acronym_rows,
    document_row,
    entry_of,
    make_tables,
    perhaps_readable,
    section_of,
    section_rows,
    series_key,
    version_rows,
)
from ingest.errors import IndexLockedError, InvalidError, SettingsError, UnavailableError
from ingest.journal.deletions import Deletions, note_deleted, withheld
from ingest.types import EVERYONE, Document, Section
from ingest.writers import WAIT_S, file_lock, session_lock

_KINDS = ("sqlite", "postgresql")


class Catalog:
    """In SQLite or PostgreSQL. Safe to use from several threads.

    Writing a document, all of it inside `writing`: `begin`, write the chunks, `commit` (readers switch), remove the old
    chunks, `finish`. What a crash leaves between `begin` and `finish` is named by `unfinished`; outside `writing` that
    may as well be what another process is just writing.
    """

    def __init__(self, url: str) -> None:
        """Opens the database and makes the tables that it lacks.

        Raises:
            SettingsError: `url` is no URL of a SQLite or PostgreSQL database, or its driver is not installed.
            UnavailableError: the database does not answer or is damaged; so may every other method.
        """
        self._engine = _engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        sa.event.listen(self._engine, "handle_error", _translate)
        make_tables(self._engine, SCHEMA)

    @property
    def engine(self) -> sa.Engine:
        """For further tables in the same database."""
        return self._engine

    def get(self, document_id: str) -> CatalogEntry | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(DOCUMENTS).where(DOCUMENTS.c.id == document_id)).one_or_none()
        return entry_of(row) if row else None

    def entries(self, document_ids: Iterable[str]) -> list[CatalogEntry]:
        """Of those of the documents that are indexed."""
        query = sa.select(DOCUMENTS).where(DOCUMENTS.c.id.in_(list(document_ids)))
        with self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def page(
        self,
        collection: str,
        tenant: str,
        source_prefix: str = "",
        limit: int | None = None,
        after: str = "",
        readers: Iterable[str] | None = None,
    ) -> list[CatalogEntry]:
        """Entries of a tenant ordered by id, those after the id `after`. `readers`: with hardly any that none of these
        groups may read."""
        query = (
            sa.select(DOCUMENTS)
            .where(DOCUMENTS.c.collection == collection, DOCUMENTS.c.tenant == tenant, DOCUMENTS.c.id > after)
            .where(DOCUMENTS.c.source.startswith(source_prefix, autoescape=True))
            .where(sa.true() if readers is None else perhaps_readable(readers))
            .order_by(DOCUMENTS.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def count(self, collection: str | None = None) -> int:
        query = sa.select(sa.func.count()).select_from(DOCUMENTS)
        if collection is not None:
            query = query.where(DOCUMENTS.c.collection == collection)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def collections(self) -> list[str]:
        """Names of the collections that hold documents."""
        with self._engine.connect() as connection:
            return sorted(connection.execute(sa.select(DOCUMENTS.c.collection).distinct()).scalars())

    def revisions(self, document_ids: Iterable[str]) -> dict[str, str]:
        """The current revision of each document that is indexed."""
        query = sa.select(DOCUMENTS.c.id, DOCUMENTS.c.revision).where(DOCUMENTS.c.id.in_(list(document_ids)))
        with self._engine.connect() as connection:
            return {row.id: row.revision for row in connection.execute(query)}

    def versions(
        self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
    ) -> dict[str, CatalogEntry]:
        """Document id -> entry, of every document of these series (`ingest.validity`) that the reader may read."""
        query = (
            sa.select(DOCUMENTS)
            .join(VERSIONS, DOCUMENTS.c.id == VERSIONS.c.document_id)
            .where(VERSIONS.c.collection == collection, VERSIONS.c.tenant == tenant)
            .where(VERSIONS.c.series.in_([series_key(one) for one in series]))
        )
        with self._engine.connect() as connection:
            entries = [entry_of(row) for row in connection.execute(query)]
        return {entry.id: entry for entry in entries if entry.readable_by(tenant, groups)}

    def long_forms(
        self, collection: str, tenant: str, groups: Iterable[str], acronyms: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        """Acronym -> what it stands for in documents that the reader may read, most frequent first."""
        query = (
            sa.select(ACRONYMS, DOCUMENTS.c.groups)
            .join(DOCUMENTS, DOCUMENTS.c.id == ACRONYMS.c.document_id)
            .where(DOCUMENTS.c.collection == collection, DOCUMENTS.c.tenant == tenant)
            .where(ACRONYMS.c.short.in_(list(acronyms)))
        )
        counts: dict[str, Counter[str]] = {}
        readable = {*groups, EVERYONE}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                if not row.groups or readable & set(row.groups):
                    counts.setdefault(row.short, Counter())[row.long] += row.times
        return {short: tuple(sorted(found, key=lambda one: (-found[one], one))) for short, found in counts.items()}

    def sections(self, document_id: str) -> tuple[Section, ...]:
        query = sa.select(SECTIONS).where(SECTIONS.c.document_id == document_id).order_by(SECTIONS.c.position)
        with self._engine.connect() as connection:
            return tuple(section_of(row) for row in connection.execute(query))

    def writing(self, collection: str, wait_s: float = WAIT_S) -> AbstractContextManager[None]:
        """Keeps other writers of the collection out, in this process and in others; a process that dies lets go.

        Raises:
            IndexLockedError: another one was still writing after `wait_s` seconds.
        """
        if self._engine.dialect.name == "sqlite":
            return file_lock(Path(f"{self._engine.url.database}.{collection}.lock"), collection, wait_s)
        return session_lock(self._engine, zlib.crc32(f"citewell {collection}".encode()), collection, wait_s)

    def begin(self, collection: str, document_ids: Sequence[str]) -> None:
        """Note that the chunks of these documents are about to change."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(UNFINISHED).where(UNFINISHED.c.document_id.in_(document_ids)))
            connection.execute(
                sa.insert(UNFINISHED), [{"document_id": key, "collection": collection} for key in document_ids]
            )

    def commit(self, documents: Sequence[tuple[Document, int]], now: datetime | None = None) -> None:
        """Make these revisions (with their number of chunks) the current ones, all in one transaction.

        Raises:
            IndexLockedError: since `begin`, another process has taken the collection over and cleared it up.
        """
        now = now or datetime.now(UTC)
        ids = [document.id for document, _ in documents]
        sections = [row for document, _ in documents for row in section_rows(document)]
        versions = [row for document, _ in documents for row in version_rows(document)]
        explained = [row for document, _ in documents for row in acronym_rows(document)]
        with self._engine.begin() as connection:
            _check_begun(connection, ids)
            _delete(connection, ids)
            connection.execute(sa.insert(DOCUMENTS), [document_row(*item, now) for item in documents])
            if sections:
                connection.execute(sa.insert(SECTIONS), sections)
            if versions:
                connection.execute(sa.insert(VERSIONS), versions)
            if explained:
                connection.execute(sa.insert(ACRONYMS), explained)

    def remove(self, document_ids: Sequence[str], now: datetime | None = None) -> None:
        """What was copied from them until then is withheld from now on."""
        with self._engine.begin() as connection:
            note_deleted(connection, document_ids, now or datetime.now(UTC))
            _delete(connection, document_ids)

    def withheld(
        self, document_ids: Iterable[str], tenant: str, groups: Sequence[str], since: datetime
    ) -> frozenset[str]:
        """Those whose text of that moment must not be shown to this reader: deleted since, or not theirs to read."""
        with self._engine.connect() as connection:
            return withheld(connection, document_ids, tenant, groups, since)

    @property
    def deletions(self) -> Deletions:
        return Deletions(self._engine)

    def mark_stale(self, collection: str) -> None:
        """Make every document of a collection be taken up again when it is next ingested."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(DOCUMENTS).where(DOCUMENTS.c.collection == collection).values(revision=""))

    def finish(self, document_ids: Sequence[str]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(UNFINISHED).where(UNFINISHED.c.document_id.in_(document_ids)))

    def unfinished(self, collection: str) -> list[str]:
        query = sa.select(UNFINISHED.c.document_id).where(UNFINISHED.c.collection == collection)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    @contextmanager
    def finishing(self, collection: str) -> Iterator[list[str]]:
        """What is unfinished, for the caller to clear up; then it is so no longer. A `commit` of it waits meanwhile."""
        chosen = sa.select(UNFINISHED.c.document_id).where(UNFINISHED.c.collection == collection)
        with self._engine.begin() as connection:
            ids = list(connection.execute(chosen.with_for_update()).scalars())
            yield ids
            if ids:
                connection.execute(sa.delete(UNFINISHED).where(UNFINISHED.c.document_id.in_(ids)))

    def close(self) -> None:
        self._engine.dispose()


def sqlite_url(path: Path) -> str:
    return sa.URL.create("sqlite", database=str(path)).render_as_string()


def is_database(url: str) -> bool:
    """Whether it is written as the address of a SQLite or PostgreSQL database; nobody asks there."""
    try:
        return sa.make_url(url).get_dialect().name in _KINDS
    except sa.exc.ArgumentError:
        return False


def _engine(url: str) -> sa.Engine:
    """The URL itself is not shown: it may hold a password."""
    try:
        engine = sa.create_engine(url)
    except sa.exc.ArgumentError as error:
        raise SettingsError(
            "catalog.url is no database URL that SQLAlchemy knows; write it like postgresql+psycopg://user@host/name."
        ) from error
    except ImportError as error:
        raise SettingsError(f"catalog.url needs the package {error.name!r}; install it.") from error
    if engine.dialect.name not in _KINDS:
        raise SettingsError(f"catalog.url names a {engine.dialect.name} database; use PostgreSQL or SQLite.")
    return engine


def _translate(context: sa.engine.ExceptionContext) -> None:
    """Called for every error of the driver; what is raised here replaces it."""
    error = context.sqlalchemy_exception
    if isinstance(error, sa.exc.DataError):  # PostgreSQL stores no NUL, nothing takes more than a column holds
        raise InvalidError(
            f"The catalog cannot take a value ({error.orig}); change the name or id it is in."
        ) from error
    # Subclasses such as IntegrityError are our own mistakes, not the database's.
    if context.engine and (type(error) is sa.exc.DatabaseError or isinstance(error, sa.exc.OperationalError)):
        shown = context.engine.url.render_as_string(hide_password=True)
        raise UnavailableError(
            f"The catalog {shown} does not answer ({error.orig}); check that it exists, is writable and intact."
        ) from error


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Readers go on while a writer commits, a commit survives a power cut, and what is deleted is overwritten."""
    for pragma in ("secure_delete=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _check_begun(connection: sa.Connection, document_ids: Sequence[str]) -> None:
    """A session of PostgreSQL that is lost gives its lock to others, who remove the chunks that were just written."""
    query = sa.select(UNFINISHED.c.document_id).where(UNFINISHED.c.document_id.in_(document_ids)).with_for_update()
    if set(document_ids) - set(connection.execute(query).scalars()):
        raise IndexLockedError("The lock of the collection was lost while it was written; ingest the files again.")


def _delete(connection: sa.Connection, document_ids: Sequence[str]) -> None:
    connection.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.id.in_(document_ids)))
    connection.execute(sa.delete(SECTIONS).where(SECTIONS.c.document_id.in_(document_ids)))
    connection.execute(sa.delete(VERSIONS).where(VERSIONS.c.document_id.in_(document_ids)))
    connection.execute(sa.delete(ACRONYMS).where(ACRONYMS.c.document_id.in_(document_ids)))
