"""What goes over the wire: the same objects for REST and for `--json`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AllowInfNan, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ingest.catalog_rows import CatalogEntry
from ingest.pipeline import FileResult
from ingest.writing import normalized
from retrieval.facets import FacetValue
from retrieval.types import Hit

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


def _says_something(text: str) -> str:
    """PostgreSQL takes no NUL, so that sessions keep texts without them."""
    if not text.replace("\0", "").strip():
        raise ValueError("String should hold more than NULs and white space")
    return text


Question = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000),
    AfterValidator(normalized),
    AfterValidator(_says_something),
]
Scalar = str | int | Annotated[float, AllowInfNan(False)] | bool
Condition = Scalar | list[Any] | dict[str, Any]
"""A part of a filter; `retrieval.filters` reads it."""


class In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class TurnIn(In):
    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class _Asked(In):
    query: Question = Field(examples=["How many days of parental leave are there?"])
    collection: Name = "default"
    top_k: int | None = Field(default=None, ge=1, le=1000, description="Default: retrieval.top_k of the settings.")
    mode: Literal["dense", "bm25", "hybrid"] | None = Field(
        default=None, description="Default: retrieval.mode of the settings."
    )
    filters: dict[str, Condition] = Field(
        default_factory=dict,
        description="Field or metadata key -> value, list of values of which one must match, or operators: $eq, $ne, "
        "$in, $nin, $gt, $gte, $lt, $lte, $exists. $and and $or take lists of filters, $not one.",
        examples=[{"department": ["hr", "legal"], "year": {"$gte": 2024}}],
    )
    history: list[TurnIn] = Field(
        default_factory=list,
        max_length=50,
        description="The conversation before, oldest first: a follow-up is made to stand alone by the model that "
        "rewriting.url names, or by rules.",
        examples=[[]],
    )
    as_of: date | None = Field(
        default=None,
        description="Only documents in force on this day; of several versions of one the version of that day.",
        examples=["2025-06-30"],
    )


class AnswerIn(_Asked):
    """A question, with the same options as a search."""

    stream: bool = Field(default=False, description="Server-sent events; preferring text/event-stream does the same.")
    session: str | None = Field(
        default=None,
        max_length=128,
        description="Id of a session: its conversation is the history, and the answer is added to it.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _one_history(self) -> "AnswerIn":
        if self.session is not None and self.history:
            raise ValueError("history and session do not go together: a session has its own history")
        return self


class SearchIn(_Asked):
    facets: list[Annotated[str, StringConstraints(min_length=1)]] = Field(
        default_factory=list,
        max_length=20,
        description="Fields whose values are counted over the documents found (as many as the search looks at).",
        examples=[["department", "kind"]],
    )


class HitOut(Out):
    chunk_id: str
    document_id: str
    title: str
    source: str
    page: int | None
    headings: list[str]
    char_start: int
    char_end: int
    kind: Literal["text", "table"]
    text: str
    score: float
    origin: dict[str, float] = Field(description="Score in each branch that found the chunk.")
    metadata: dict[str, Scalar]


class FacetOut(Out):
    value: Scalar
    documents: int


class SearchOut(Out):
    query: str = Field(description="As it was understood: a follow-up stands alone here.")
    hits: list[HitOut]
    facets: dict[str, list[FacetOut]] = Field(
        default_factory=dict, description="Field -> its values with the number of documents found."
    )
    timings: dict[str, float] = Field(description="Milliseconds a stage.")


class DocumentOut(Out):
    id: str
    collection: str
    source: str
    title: str
    groups: list[str]
    sha256: str
    revision: str
    metadata: dict[str, Scalar]
    chunks: int
    characters: int
    indexed_at: datetime


class DocumentTextOut(DocumentOut):
    text: str = Field(description="What the character offsets of hits and citations refer to.")


class DocumentPartOut(DocumentOut):
    text: str = Field(description="The characters from `char_start` to `char_end` of the document's text.")
    char_start: int
    char_end: int
    next: int | None = Field(description="Give it as `char_start` to read on; null where nothing is left.")


class DocumentsOut(Out):
    documents: list[DocumentOut]
    next: str | None = Field(description="Give it as `after` to read on; null on the last page.")


class IngestedOut(Out):
    source: str
    status: Literal["indexed", "unchanged", "failed", "pruned"]
    document_id: str
    chunks: int
    reason: str = Field(description="Why it failed, or what of an indexed file could not be read.")


class ReportOut(Out):
    """What `citewell ingest` did."""

    indexed: int
    unchanged: int
    failed: int
    pruned: int
    skipped: int = Field(description="Files below the given folders whose kind is not supported.")
    chunks: int
    seconds: float
    failures: list[IngestedOut]
    incomplete: list[IngestedOut] = Field(description="Indexed without pages that hold no text.")


class EvaluationOut(Out):
    """One run of `citewell eval`."""

    id: str
    name: str
    created_at: datetime
    baseline: str
    synthetic: list[str] = Field(description="Data sets whose questions a program made.")
    metrics: dict[str, dict[str, dict[str, float]]] = Field(
        description="Data set -> configuration -> metric -> mean over the questions."
    )


class EvaluationsOut(Out):
    evaluations: list[EvaluationOut]
    unreadable: list[str] = Field(description="Ids of runs whose summary is missing or damaged.")
    next: str | None = Field(description="Give it as `after` to read on; null on the last page.")


class Problem(Out):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def hit_out(hit: Hit) -> HitOut:
    chunk = hit.chunk
    return HitOut(
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        title=chunk.title,
        source=chunk.source,
        page=chunk.page,
        headings=list(chunk.headings),
        char_start=chunk.char_start,
        char_end=chunk.char_end,
        kind=chunk.kind,
        text=chunk.text,
        score=round(hit.score, 6),
        origin={name: round(score, 6) for name, score in hit.origin.items()},
        metadata=dict(chunk.metadata),
    )


def search_out(
    query: str,
    hits: Sequence[Hit],
    timings: dict[str, float],
    facets: Mapping[str, Sequence[FacetValue]] = MappingProxyType({}),
) -> SearchOut:
    counted = {field: [FacetOut.model_validate(one) for one in values] for field, values in facets.items()}
    return SearchOut(query=query, hits=[hit_out(hit) for hit in hits], facets=counted, timings=timings)


def document_out(entry: CatalogEntry) -> DocumentOut:
    return DocumentOut.model_validate(entry)


def ingested_out(result: FileResult) -> IngestedOut:
    return IngestedOut.model_validate(result)
