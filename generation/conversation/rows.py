"""Tables of conversations, in the catalog's database, and what goes into their rows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from generation.conversation.types import Exchange, Session
from generation.types import Answer, Citation
from ingest.moments import in_utc

SCHEMA = sa.MetaData()
SESSIONS = sa.Table(
    "sessions",
    SCHEMA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(128), nullable=False),
    sa.Column("reader", sa.String(64), nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("collection", sa.String(128), nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("sessions_by_reader", "tenant", "reader", "created_at"),
    sa.Index("sessions_by_age", "updated_at"),
)
EXCHANGES = sa.Table(
    "session_exchanges",
    SCHEMA,
    sa.Column("session_id", sa.String(40), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("standalone", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("citations", sa.JSON, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False),
    sa.Column("trace_id", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)


def fingerprint(groups: Iterable[str]) -> str:
    """The same for the same set of groups, and short enough for an index."""
    return hashlib.sha256(json.dumps(sorted(set(groups))).encode()).hexdigest()


def session_row(session: Session) -> dict[str, object]:
    return {**asdict(session), "groups": list(session.groups), "reader": fingerprint(session.groups)}


def session_of(row: sa.Row[Any]) -> Session:
    values = _dated(row._mapping)
    del values["reader"]
    return Session(**{**values, "groups": tuple(values["groups"])})


def exchange_row(question: str, standalone: str, answer: Answer, now: datetime) -> dict[str, object]:
    return {
        "question": kept(question),
        "standalone": kept(standalone),
        "answer": kept(answer.text),
        "citations": [citation_row(one) for one in answer.citations],
        "refused": answer.refused,
        "trace_id": answer.trace_id,
        "created_at": now,
    }


def exchange_of(row: sa.Row[Any]) -> Exchange:
    values = _dated(row._mapping)
    del values["session_id"]
    return Exchange(**{**values, "citations": tuple(map(_citation_of, values["citations"]))})


def kept(text: str) -> str:
    """PostgreSQL takes no NUL."""
    return text.replace("\0", "")


def citation_row(citation: Citation) -> dict[str, object]:
    texts = {name: kept(value) for name, value in vars(citation).items() if isinstance(value, str)}
    return {**asdict(citation), **texts, "support": float(citation.support)}


def _citation_of(values: Mapping[str, Any]) -> Citation:
    boxes = tuple(tuple(box) for box in values["boxes"])
    return Citation(**{**values, "headings": tuple(values["headings"]), "boxes": boxes})


def _dated(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: in_utc(value) if isinstance(value, datetime) else value for name, value in values.items()}
