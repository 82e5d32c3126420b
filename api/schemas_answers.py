"""Answers as they go over the wire."""

from datetime import date

from pydantic import Field

from api.schemas import HitOut, Out, Problem, hit_out
from generation.errors import GenerationError
from generation.types import Answer, Stated


class CitationOut(Out):
    marker: int
    document_id: str
    chunk_id: str
    title: str
    source: str
    page: int | None
    headings: list[str]
    char_start: int = Field(description="Offsets into the document's text, in characters.")
    char_end: int
    quote: str
    support: float = Field(description="Estimated probability that the quote answers the question.")
    boxes: list[tuple[float, float, float, float]] = Field(
        description="Left, top, right, bottom of each quoted line in points from the page's top left corner."
    )
    table_header: str = Field(default="", description="Of a row of a table: the row with the names of its columns.")


class TokenOut(Out):
    text: str


class UsageOut(Out):
    prompt_tokens: int
    completion_tokens: int


class RemovedOut(Out):
    text: str
    reason: str


class VerificationOut(Out):
    kept: int = Field(description="Sentences of the language model that are shown.")
    recited: int = Field(description="Of these, with another citation than the model gave.")
    removed: list[RemovedOut] = Field(description="Sentences that the cited passages do not bear.")
    quoted: bool = Field(description="None held: the answer is quotes.")


class ShortOut(Out):
    text: str
    marker: int
    document_id: str
    char_start: int = Field(description="Offsets into the document's text, in characters.")
    char_end: int


class StatedOut(Out):
    value: str
    marker: int
    document_id: str
    title: str
    quote: str
    valid_from: date | None = Field(description="Since when the document is in force, where it says so.")
    dated: date | None = Field(description="When it was written, where it says so.")


class ConflictOut(Out):
    """Documents that state different values for the same thing."""

    statements: list[StatedOut]


class AnswerOut(Out):
    query: str = Field(description="As it was understood: a follow-up stands alone here.")
    text: str
    refused: bool
    confidence: float
    citations: list[CitationOut]
    hits: list[HitOut]
    timings: dict[str, float]
    trace_id: str
    model: str
    usage: UsageOut
    omitted: int = Field(default=0, description="Passages found that did not fit into the model's context.")
    verification: VerificationOut | None = Field(default=None, description="Null where nothing but quotes is written.")
    short: ShortOut | None = Field(
        default=None, description="The words of the first quote that answer by themselves, where that is sure."
    )
    conflicts: list[ConflictOut] = Field(default=[], description="Told at the end of the text, too.")


class LostAnswer(Problem):
    """The language model failed; what was found is here all the same."""

    citations: list[CitationOut] = Field(description="The sentences that answer the question best.")
    hits: list[HitOut] = Field(description="The passages; `marker` of a citation counts them from 1.")
    trace_id: str = ""


def lost_answer(error: GenerationError, status: int, title: str) -> LostAnswer:
    return LostAnswer(
        title=title,
        status=status,
        detail=str(error),
        citations=[CitationOut.model_validate(citation) for citation in error.citations],
        hits=[hit_out(hit) for hit in error.hits],
        trace_id=error.so_far.trace_id if error.so_far else "",
    )


def answer_out(answer: Answer, query: str) -> AnswerOut:
    return AnswerOut(
        query=query,
        text=answer.text,
        refused=answer.refused,
        confidence=answer.confidence,
        citations=[CitationOut.model_validate(citation) for citation in answer.citations],
        hits=[hit_out(hit) for hit in answer.hits],
        timings=dict(answer.timings),
        trace_id=answer.trace_id,
        model=answer.model,
        usage=UsageOut.model_validate(answer.usage),
        omitted=answer.omitted,
        verification=VerificationOut.model_validate(answer.verification) if answer.verification else None,
        short=ShortOut.model_validate(answer.short) if answer.short else None,
        conflicts=[ConflictOut(statements=list(map(_stated_out, one.statements))) for one in answer.conflicts],
    )


def _stated_out(one: Stated) -> StatedOut:
    of = one.citation
    return StatedOut(
        value=one.value,
        marker=of.marker,
        document_id=of.document_id,
        title=of.title,
        quote=of.quote,
        valid_from=one.valid_from,
        dated=one.dated,
    )
