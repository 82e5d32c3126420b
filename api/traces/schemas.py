"""Traces, replays and feedback as they go over the wire, and as they are stored."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue, StringConstraints

from api.schemas import AnswerIn, HitOut, In, Out
from api.schemas_answers import CitationOut, UsageOut, VerificationOut

Outcome: TypeAlias = Literal["answered", "refused", "failed", "cancelled"]
HitKind: TypeAlias = Literal["gone", "new", "moved", "rescored"]
Rating: TypeAlias = Literal["up", "down"]
TraceId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class TracedHit(HitOut):
    rank: int
    revision: str = Field(description="Of the document, as it was then.")
    context: str = Field(description="Title and headings, which the search and the reranker read with the text.")


WITHHELD = "Ids of documents whose text is left out: deleted since, or no longer yours to read."


class QuoteOut(Out):
    marker: int
    text: str
    support: float


class MessageOut(Out):
    role: str
    content: str


class TraceSummary(Out):
    id: str
    created_at: datetime
    outcome: Outcome = Field(description="cancelled: the client left before the end.")
    collection: str
    query: str = Field(description="As it was understood: a follow-up stands alone here.")
    model: str
    confidence: float
    total_ms: float


class TraceOut(TraceSummary):
    """How an answer came about."""

    tenant: str
    groups: list[str]
    asked: AnswerIn = Field(
        description="As it came, with its options; of a history that the client sent only the questions."
    )
    error: str | None = Field(description="What the reader was told where there is no answer.")
    hits: list[TracedHit] = Field(description="In the order of the search; `origin` has the score of each stage.")
    read: list[str] = Field(description="Ids of the chunks that the generator had, in the order of their markers.")
    omitted: int = Field(description="Passages found that did not fit into the model's context.")
    quotes: list[QuoteOut] = Field(description="Sentences of the passages, best supported first.")
    prompt: list[MessageOut] | None = Field(description="As sent; null where no language model was asked.")
    written: str = Field(description="All that the generator wrote.")
    text: str = Field(description="What the reader was shown; not kept of answers that were broken off.")
    refused: bool
    citations: list[CitationOut]
    verification: VerificationOut | None
    generator: str
    fingerprint: str = Field(description="Of the settings: the same where they are.")
    settings: dict[str, JsonValue] = Field(description="Those that decide an answer.")
    versions: dict[str, str]
    timings: dict[str, float] = Field(description="Milliseconds a stage.")
    usage: UsageOut
    cost: float | None = Field(description="By answers.price_per_million_input and _output; null: unknown.")
    recalled: list[str] | None = Field(
        default=None,
        description="Ids of the documents that the answers in the history cite; null: unknown, and they are not kept.",
    )
    withheld: list[str] = Field(default=[], description=WITHHELD)


class TracesOut(Out):
    traces: list[TraceSummary]
    next: str | None = Field(description="Give it as `after` to read on; null on the last page.")


class Change(Out):
    """null: it was not there."""

    name: str
    before: JsonValue
    after: JsonValue


class HitChange(Out):
    kind: HitKind
    chunk_id: str
    source: str
    page: int | None
    rank_before: int | None
    rank_after: int | None
    score_before: float | None
    score_after: float | None


class DocumentChange(Out):
    document_id: str
    source: str
    revision_before: str
    revision_after: str | None = Field(description="null: it was deleted, or this reader may no longer read it.")


class ReplayOut(Out):
    """The same question, asked again, against the first time."""

    trace_id: str
    same: bool = Field(description="Question as understood, hits, text, citations and refusal are the same.")
    settings: list[Change]
    versions: list[Change]
    documents: list[DocumentChange] = Field(description="Those of the hits that have changed since.")
    outcome: list[Change] = Field(description="outcome, query, model, text, refused, error, confidence.")
    hits: list[HitChange]
    citations_gone: list[CitationOut]
    citations_new: list[CitationOut]
    notes: list[str] = Field(description="What else may explain a difference.")
    before: TraceOut
    after: TraceOut


class CorrectIn(In):
    """Where the right answer stands."""

    document_id: Annotated[str, StringConstraints(min_length=1, max_length=36)]
    quote: Text | None = Field(default=None, description="Words of the document.")


class FeedbackIn(In):
    trace_id: TraceId
    rating: Rating
    comment: Text | None = None
    correct: CorrectIn | None = None


class PassageOut(Out):
    source: str
    text: str = Field(description="As a reranker reads it: title and headings, then the text.")


class EvidenceOut(Out):
    document: str
    quote: str


class FeedbackOut(Out):
    """What a reader said of an answer, with as much of the answer as is needed to learn from it."""

    id: str
    created_at: datetime
    trace_id: str
    rating: Rating
    comment: str | None
    correct: CorrectIn | None
    collection: str
    query: str
    answer: str
    refused: bool
    passages: list[PassageOut] = Field(description="What answers the question, as far as the reader has said so.")
    evidence: list[EvidenceOut]
    withheld: list[str] = Field(default=[], description=WITHHELD)
    origin_unknown: bool = Field(
        default=False,
        description="The answer is left out because nobody knows any more which documents it is drawn from: an older "
        "version kept the feedback, and the trace is gone.",
    )


class KeptFeedback(FeedbackOut):
    """As it is stored. `drawn_on`: ids of the documents that answer and question may hold text of; None in what older
    versions wrote, which have no `tenant` either. `asked`: the question as it came."""

    tenant: str | None = None
    drawn_on: list[str] | None = None
    asked: str = ""


class FeedbacksOut(Out):
    feedback: list[FeedbackOut]
    next: str | None = Field(description="Give it as `after` to read on; null on the last page.")


class DeletedFeedbackOut(Out):
    id: str
    trace_id: str


class PairOut(Out):
    query: str
    positive: str
    source: str


class QuestionOut(Out):
    id: str
    question: str
    answer: str
    answerable: bool
    evidence: list[EvidenceOut]
    tags: list[str]
