"""What is remembered of a conversation."""

from dataclasses import dataclass
from datetime import datetime

from generation.types import Citation


@dataclass(frozen=True)
class Session:
    """One conversation. Who may read it are readers of exactly this tenant and these groups: its answers quote what all
    of the groups together may read. `title` is empty until somebody gives one or the first question does."""

    id: str
    tenant: str
    groups: tuple[str, ...]
    collection: str
    title: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Exchange:
    """A question with its answer. `standalone` is the question as it was understood, `position` counts from 0."""

    position: int
    question: str
    standalone: str
    answer: str
    citations: tuple[Citation, ...]
    refused: bool
    trace_id: str
    created_at: datetime
