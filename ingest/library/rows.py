"""Tables of what API clients keep beside the index: uploaded files, named stores, files in stores, batches of them.

They stand in the catalog's database. Every row has its tenant; a store is a collection as one tenant sees it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ingest.catalog_rows import SCHEMA
from ingest.moments import in_utc
from ingest.types import EVERYONE, Metadata

Status: TypeAlias = Literal["in_progress", "completed", "failed", "cancelled"]
ErrorCode: TypeAlias = Literal["server_error", "unsupported_file", "invalid_file"]
UPLOAD_SCHEME = "upload:"
"""What the source of a document begins with whose file was sent to the server."""

UPLOADS = sa.Table(
    "uploads",
    SCHEMA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("filename", sa.String(1024), nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("uploads_by_tenant", "tenant", "created_at"),
)
STORES = sa.Table(
    "vector_stores",
    SCHEMA,
    sa.Column("collection", sa.String(128), primary_key=True),
    sa.Column("tenant", sa.String(128), primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("description", sa.String),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)
ATTACHED = sa.Table(
    "attached",
    SCHEMA,
    sa.Column("collection", sa.String(128), primary_key=True),
    sa.Column("tenant", sa.String(128), primary_key=True),
    sa.Column("file_id", sa.String(40), primary_key=True),
    sa.Column("document_id", sa.String(36), nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("error_code", sa.String(32)),
    sa.Column("error", sa.Text),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("attached_by_document", "document_id"),
    sa.Index("attached_by_file", "file_id"),
)
BATCHES = sa.Table(
    "batches",
    SCHEMA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("collection", sa.String(128), nullable=False),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("batches_by_collection", "collection", "tenant"),
)
BATCH_FILES = sa.Table(
    "batch_files",
    SCHEMA,
    sa.Column("batch_id", sa.String(40), primary_key=True),
    sa.Column("file_id", sa.String(40), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("error_code", sa.String(32)),
    sa.Column("error", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Index("batch_files_by_status", "status"),
)


@dataclass(frozen=True)
class Upload:
    """One uploaded file, without its bytes. Its groups are those of the one who uploaded it."""

    id: str
    tenant: str
    groups: tuple[str, ...]
    filename: str
    purpose: str
    bytes: int
    created_at: datetime


@dataclass(frozen=True)
class NamedStore:
    """A collection as a tenant sees it."""

    collection: str
    name: str
    description: str | None
    metadata: Metadata
    created_at: datetime


@dataclass(frozen=True)
class AttachedFile:
    """A file in a store. `uploaded`: its bytes are kept; else it was ingested in another way."""

    id: str
    document_id: str
    groups: tuple[str, ...]
    attributes: Metadata
    status: Status
    error_code: ErrorCode | None
    error: str | None
    created_at: datetime
    characters: int
    uploaded: bool = True


@dataclass(frozen=True)
class Batch:
    id: str
    collection: str
    groups: tuple[str, ...]
    cancelled: bool
    created_at: datetime


@dataclass(frozen=True)
class Task:
    """One file of a batch, to be indexed. `attempts`: how often somebody has begun it, this time included."""

    batch_id: str
    collection: str
    tenant: str
    groups: tuple[str, ...]
    file_id: str
    filename: str
    bytes: int
    attributes: Metadata
    attempts: int


def source_of(file_id: str, filename: str) -> str:
    """The source of the document that an uploaded file becomes."""
    return f"{UPLOAD_SCHEME}{file_id}/{filename}"


def filename_of(source: str) -> str:
    """The last part of a document's source, as whoever uploaded or ingested it calls the file."""
    return re.split(r"[/\\]", source.removeprefix(UPLOAD_SCHEME).rstrip("/\\"))[-1]


def upsert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what it does where there is such a row."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def readable(groups: Iterable[str], reader: Iterable[str]) -> bool:
    """Whether a reader of the same tenant sees what belongs to these groups."""
    return not (owners := set(groups)) or bool({*reader, EVERYONE} & owners)


def values_of(row: sa.Row[Any]) -> dict[str, Any]:
    """What the dataclasses take: groups as tuples, moments with their zone."""
    values = dict(row._mapping)
    if "groups" in values:
        values["groups"] = tuple(values["groups"])
    if "created_at" in values:
        values["created_at"] = in_utc(values["created_at"])
    return values
