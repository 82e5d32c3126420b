"""What retrieval takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from ingest.types import Chunk
from retrieval.filters import EVERYTHING, Filter

Mode: TypeAlias = Literal["dense", "bm25", "hybrid"]


@dataclass(frozen=True)
class Access:
    """Who is reading. There is no default tenant: a query without one cannot be written."""

    tenant: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Query:
    text: str
    collection: str
    tenant: str
    groups: tuple[str, ...] = ()
    top_k: int = 10
    mode: Mode = "hybrid"
    filters: Filter = EVERYTHING
    expansion: tuple[tuple[int, float], ...] = ()
    """Further terms for BM25 with their weights; the query's own weigh 1."""
    history: tuple[Turn, ...] = ()
    """The conversation before, oldest first."""
    as_of: date | None = None
    """The day on which documents must be valid; None: of several versions those count that are valid today."""
    rerank_until: float | None = None
    """By `time.perf_counter`, seconds: the reranker begins no further hits after it."""

    @property
    def access(self) -> Access:
        return Access(self.tenant, self.groups)


@dataclass(frozen=True)
class Hit:
    """A chunk with the score that ranked it; `origin` keeps the score of each branch that found it."""

    chunk: Chunk
    score: float
    origin: Mapping[str, float] = field(default_factory=dict)
