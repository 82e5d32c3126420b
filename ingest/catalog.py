"""What is indexed, and in which revision. The catalog's commit is the moment a new revision becomes visible."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ingest.errors import SettingsError, UnavailableError
from ingest.types import EVERYONE, Document, Metadata, Section
from ingest.writers import WAIT_S, file_lock, wait_for

_schema = sa.MetaData()
_documents = sa.Table(
    "documents",
    _schema,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("collection", sa.String(128), nullable=False),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("source", sa.String(4096), nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("characters", sa.Integer, nullable=False),
    sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("documents_by_source", "collection", "tenant", "source"),
)
_sections = sa.Table(
    "sections",
    _schema,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("headings", sa.JSON, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("boxes", sa.LargeBinary),
)
_unfinished = sa.Table(
    "unfinished",
    _schema,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("collection", sa.String(128), nullable=False),
)


@dataclass(frozen=True)
class CatalogEntry:
    """One indexed document, without its text."""

    id: str
    collection: str
    tenant: str
    groups: tuple[str, ...]
    source: str
    title: str
    sha256: str
    revision: str
    metadata: Metadata
    chunks: int
    characters: int
    indexed_at: datetime

    def readable_by(self, tenant: str, groups: Iterable[str]) -> bool:
        return self.tenant == tenant and (not self.groups or bool({*groups, EVERYONE} & set(self.groups)))


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
        _schema.create_all(self._engine)

    def get(self, document_id: str) -> CatalogEntry | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_documents).where(_documents.c.id == document_id)).one_or_none()
        return _entry(row) if row else None

    def page(
        self, collection: str, tenant: str, source_prefix: str = "", limit: int | None = None, after: str = ""
    ) -> list[CatalogEntry]:
        """Entries of a tenant ordered by id, those after the id `after`."""
        query = (
            sa.select(_documents)
            .where(_documents.c.collection == collection, _documents.c.tenant == tenant, _documents.c.id > after)
            .where(_documents.c.source.startswith(source_prefix, autoescape=True))
            .order_by(_documents.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def count(self, collection: str | None = None) -> int:
        query = sa.select(sa.func.count()).select_from(_documents)
        if collection is not None:
            query = query.where(_documents.c.collection == collection)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def collections(self) -> list[str]:
        """Names of the collections that hold documents."""
        with self._engine.connect() as connection:
            return sorted(connection.execute(sa.select(_documents.c.collection).distinct()).scalars())

    def revisions(self, document_ids: Iterable[str]) -> dict[str, str]:
        """The current revision of each document that is indexed."""
        query = sa.select(_documents.c.id, _documents.c.revision).where(_documents.c.id.in_(list(document_ids)))
        with self._engine.connect() as connection:
            return {row.id: row.revision for row in connection.execute(query)}

    def sections(self, document_id: str) -> tuple[Section, ...]:
        query = sa.select(_sections).where(_sections.c.document_id == document_id).order_by(_sections.c.position)
        with self._engine.connect() as connection:
            return tuple(_section(row) for row in connection.execute(query))

    def writing(self, collection: str, wait_s: float = WAIT_S) -> AbstractContextManager[None]:
        """Keeps other writers of the collection out, in this process and in others; a process that dies lets go.

        Raises:
            IndexLockedError: another one was still writing after `wait_s` seconds.
        """
        if self._engine.dialect.name == "sqlite":
            return file_lock(Path(f"{self._engine.url.database}.{collection}.lock"), collection, wait_s)
        return _advisory_lock(self._engine, collection, wait_s)

    def begin(self, collection: str, document_ids: Sequence[str]) -> None:
        """Note that the chunks of these documents are about to change."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_unfinished).where(_unfinished.c.document_id.in_(document_ids)))
            connection.execute(
                sa.insert(_unfinished), [{"document_id": key, "collection": collection} for key in document_ids]
            )

    def commit(self, documents: Sequence[tuple[Document, int]], now: datetime | None = None) -> None:
        """Make these revisions (with their number of chunks) the current ones, all in one transaction."""
        now = now or datetime.now(UTC)
        ids = [document.id for document, _ in documents]
        sections = [row for document, _ in documents for row in _section_rows(document)]
        with self._engine.begin() as connection:
            _delete(connection, ids)
            connection.execute(sa.insert(_documents), [_document_row(*item, now) for item in documents])
            if sections:
                connection.execute(sa.insert(_sections), sections)

    def remove(self, document_ids: Sequence[str]) -> None:
        with self._engine.begin() as connection:
            _delete(connection, document_ids)

    def mark_stale(self, collection: str) -> None:
        """Make every document of a collection be taken up again when it is next ingested."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(_documents).where(_documents.c.collection == collection).values(revision=""))

    def finish(self, document_ids: Sequence[str]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_unfinished).where(_unfinished.c.document_id.in_(document_ids)))

    def unfinished(self, collection: str) -> list[str]:
        query = sa.select(_unfinished.c.document_id).where(_unfinished.c.collection == collection)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def close(self) -> None:
        self._engine.dispose()


def sqlite_url(path: Path) -> str:
    return sa.URL.create("sqlite", database=str(path)).render_as_string()


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
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise SettingsError(f"catalog.url names a {engine.dialect.name} database; use PostgreSQL or SQLite.")
    return engine


@contextmanager
def _advisory_lock(engine: sa.Engine, collection: str, wait_s: float) -> Iterator[None]:
    """PostgreSQL gives it back when the session ends. Without a transaction, so that vacuum is not held up."""
    key = sa.literal(zlib.crc32(f"citewell {collection}".encode()), sa.BigInteger)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        wait_for(lambda: bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key)))), collection, wait_s)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))


def _translate(context: sa.engine.ExceptionContext) -> None:
    """Called for every error of the driver; what is raised here replaces it."""
    error = context.sqlalchemy_exception
    # Subclasses such as IntegrityError are our own mistakes, not the database's.
    if context.engine and (type(error) is sa.exc.DatabaseError or isinstance(error, sa.exc.OperationalError)):
        shown = context.engine.url.render_as_string(hide_password=True)
        raise UnavailableError(
            f"The catalog {shown} does not answer ({error.orig}); check that it exists, is writable and intact."
        ) from error


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Readers go on while a writer commits, and a commit survives a power cut."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _delete(connection: sa.Connection, document_ids: Sequence[str]) -> None:
    connection.execute(sa.delete(_documents).where(_documents.c.id.in_(document_ids)))
    connection.execute(sa.delete(_sections).where(_sections.c.document_id.in_(document_ids)))


def _document_row(document: Document, chunks: int, now: datetime) -> dict[str, object]:
    return {
        "id": document.id,
        "collection": document.collection,
        "tenant": document.tenant,
        "groups": list(document.groups),
        "source": document.source,
        "title": document.title,
        "sha256": document.sha256,
        "revision": document.revision,
        "metadata": dict(document.metadata),
        "chunks": chunks,
        "characters": len(document.text),
        "indexed_at": now,
    }


def _entry(row: sa.Row[Any]) -> CatalogEntry:
    values = dict(row._mapping)
    # SQLite gives back what was stored in UTC without its zone.
    indexed_at = values.pop("indexed_at").replace(tzinfo=UTC)
    return CatalogEntry(**{**values, "groups": tuple(values["groups"])}, indexed_at=indexed_at)


def _section_rows(document: Document) -> list[dict[str, object]]:
    return [
        {
            "document_id": document.id,
            "position": position,
            "text": section.text,
            "page": section.page,
            "headings": list(section.headings),
            "kind": section.kind,
            "boxes": None if section.boxes is None else _pack(section.boxes),
        }
        for position, section in enumerate(document.sections)
    ]


def _section(row: sa.Row[Any]) -> Section:
    boxes = None if row.boxes is None else _unpack(row.boxes)
    return Section(text=row.text, page=row.page, headings=tuple(row.headings), boxes=boxes, kind=row.kind)


def _pack(boxes: NDArray[np.float32]) -> bytes:
    """Tenths of a point in 16 bits, as differences from one character to the next: small and fast to compress."""
    tenths = np.clip(np.rint(boxes * 10), -32768, 32767).astype(np.int16)
    return zlib.compress(np.diff(tenths, axis=0, prepend=np.zeros((1, 4), np.int16)).T.tobytes(), 1)


def _unpack(packed: bytes) -> NDArray[np.float32]:
    steps = np.frombuffer(zlib.decompress(packed), np.int16).reshape(4, -1).T
    return (np.cumsum(steps, axis=0, dtype=np.int16) / 10).astype(np.float32)
