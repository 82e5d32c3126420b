"""Tables of the catalog, how tables are made, and what goes into their rows."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ingest.acronyms import acronyms
from ingest.moments import in_utc
from ingest.types import EVERYONE, Document, Metadata, Section
from ingest.validity import version_of

SCHEMA = sa.MetaData()
DERIVED_VERSION = "4"
"""Raised when the same document would give another title, other versions or acronyms than before: it is taken up
again."""
DOCUMENTS = sa.Table(
    "documents",
    SCHEMA,
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
SECTIONS = sa.Table(
    "sections",
    SCHEMA,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("headings", sa.JSON, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("boxes", sa.LargeBinary),
)
VERSIONS = sa.Table(
    "versions",
    SCHEMA,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("collection", sa.String(128), nullable=False),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("series", sa.String(64), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Index("versions_by_series", "collection", "tenant", "series"),
)
ACRONYMS = sa.Table(
    "acronyms",
    SCHEMA,
    sa.Column("document_id", sa.String(36), primary_key=True),
    sa.Column("short", sa.String(16), primary_key=True),
    sa.Column("long", sa.String, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Index("acronyms_by_short", "short"),
)
UNFINISHED = sa.Table(
    "unfinished",
    SCHEMA,
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


def perhaps_readable(groups: Iterable[str]) -> sa.ColumnElement[bool]:
    """Holds for every document that these groups may read, and for few others: `readable_by` decides. A database that
    passes the others over spares reading them page by page."""
    stored = sa.cast(DOCUMENTS.c.groups, sa.Text)
    named = (stored.contains(json.dumps(group), autoescape=True) for group in {*groups, EVERYONE})
    return sa.or_(stored == "[]", *named)


def make_tables(engine: sa.Engine, schema: sa.MetaData, tables: Sequence[sa.Table] | None = None) -> None:
    """Those that the database lacks; default: all of the schema. Whoever comes meanwhile waits and finds them made."""
    with engine.connect() as connection:
        there = sa.inspect(connection)
        if all(there.has_table(table.name) for table in tables or schema.tables.values()):
            return  # without a lock: another process may be writing
    # Collections have locks from 0 on, batches those below -1.
    lock = "SELECT pg_advisory_xact_lock(-1)" if engine.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
    with engine.begin() as connection:
        connection.execute(sa.text(lock))
        schema.create_all(connection, tables)


def document_row(document: Document, chunks: int, now: datetime) -> dict[str, object]:
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


def entry_of(row: sa.Row[Any]) -> CatalogEntry:
    values = dict(row._mapping)
    indexed_at = in_utc(values.pop("indexed_at"))
    return CatalogEntry(**{**values, "groups": tuple(values["groups"])}, indexed_at=indexed_at)


def version_rows(document: Document) -> Iterator[dict[str, object]]:
    if one := version_of(document.source, document.title, document.metadata):
        place = {"document_id": document.id, "collection": document.collection, "tenant": document.tenant}
        yield {**place, "series": series_key(one.series), "valid_from": one.valid_from, "valid_until": one.valid_until}


def series_key(series: str) -> str:
    """Of fixed length: databases bound what they index."""
    return hashlib.sha256(series.encode(errors="surrogatepass")).hexdigest()


def acronym_rows(document: Document) -> Iterator[dict[str, object]]:
    for (short, long), count in acronyms(document.text).items():
        yield {"document_id": document.id, "short": short, "long": long, "times": count}


def section_rows(document: Document) -> list[dict[str, object]]:
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


def section_of(row: sa.Row[Any]) -> Section:
    boxes = None if row.boxes is None else _unpack(row.boxes)
    return Section(text=row.text, page=row.page, headings=tuple(row.headings), boxes=boxes, kind=row.kind)


def _pack(boxes: NDArray[np.float32]) -> bytes:
    """Tenths of a point in 16 bits, as differences from one character to the next: small and fast to compress."""
    tenths = np.clip(np.rint(boxes * 10), -32768, 32767).astype(np.int16)
    return zlib.compress(np.diff(tenths, axis=0, prepend=np.zeros((1, 4), np.int16)).T.tobytes(), 1)


def _unpack(packed: bytes) -> NDArray[np.float32]:
    steps = np.frombuffer(zlib.decompress(packed), np.int16).reshape(4, -1).T
    return (np.cumsum(steps, axis=0, dtype=np.int16) / 10).astype(np.float32)
