"""Conversations as they go over the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas import In, Name, Out
from api.schemas_answers import CitationOut

Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class SessionIn(In):
    collection: Name = "default"
    title: Title = Field(default="", description="Default: the beginning of the first question.")


class TitleIn(In):
    title: Title


class SessionOut(Out):
    id: str
    collection: str
    title: str
    created_at: datetime
    updated_at: datetime = Field(description="When the last answer was given.")


class SessionTurnOut(Out):
    question: str
    standalone: str = Field(description="The question as it was understood.")
    answer: str
    refused: bool
    citations: list[CitationOut]
    trace_id: str
    created_at: datetime
    withheld: list[str] = Field(
        default=[],
        description="Ids of cited documents that were deleted since, or are no longer yours to read; the answer is "
        "left out then.",
    )


class SessionTurnsOut(SessionOut):
    turns: list[SessionTurnOut] = Field(description="Oldest first.")


class SessionsOut(Out):
    sessions: list[SessionOut] = Field(description="Newest first.")
    next: str | None = Field(description="Give it as `after` to read on; null on the last page.")
