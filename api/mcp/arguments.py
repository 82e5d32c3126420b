"""What the tools take. The descriptions are read by language models."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.schemas import Condition, Name, Question


def _unpacked(value: object) -> object:
    """Some clients send objects as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


Filters = Annotated[
    dict[str, Condition],
    BeforeValidator(_unpacked),
    Field(
        description="Only documents that match: field or metadata key -> value, list of values of which one must "
        "match, or operators $eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $exists; $and, $or and $not combine filters.",
        examples=[{"department": ["hr", "legal"], "year": {"$gte": 2024}}],
    ),
]
Collection = Annotated[Name, Field(description="Which knowledge base.")]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchArguments(_Arguments):
    query: Question = Field(description="What to look for, as a question or in a few words.")
    top_k: int | None = Field(default=None, ge=1, le=50, description="How many passages; the server has a default.")
    filters: Filters = {}
    collection: Collection = "default"


class AnswerArguments(_Arguments):
    question: Question = Field(description="A whole question that stands alone, without the conversation before.")
    filters: Filters = {}
    collection: Collection = "default"


class ReadArguments(_Arguments):
    document_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")] = Field(
        description="As `search` and `answer` give it."
    )
    char_start: int = Field(default=0, ge=0, description="First character to read, counted from 0.")
    char_end: int | None = Field(
        default=None, ge=1, description="Read up to here. A page ends earlier where that is too much for one."
    )


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of what a tool takes or gives."""
    return model.model_json_schema(mode="serialization")
