"""What of a trace or of feedback must not be read any more: text of documents that were deleted since, or that the
reader may no longer read. Ids, scores and places in the text stay. Pure functions."""

from collections.abc import Set
from typing import TypeVar

from api.schemas import AnswerIn, HitOut
from api.schemas_answers import CitationOut, VerificationOut
from api.traces.schemas import FeedbackOut, KeptFeedback, MessageOut, QuoteOut, TracedHit, TraceOut
from ingest.types import document_id_of

_Hit = TypeVar("_Hit", bound=HitOut)


def documents_of(trace: TraceOut) -> set[str]:
    """Ids of all documents whose text the trace may hold."""
    cited = {one.document_id for one in trace.citations}
    return cited | {hit.document_id for hit in trace.hits} | {*(trace.recalled or ())}


def without(trace: TraceOut, hidden: Set[str]) -> TraceOut:
    """The same trace without the text of these documents, and without text that cannot be told whose it is."""
    found = hidden & {hit.document_id for hit in trace.hits}
    recalled = trace.recalled is None or bool(hidden & {*trace.recalled})
    changes: dict[str, object] = {
        "asked": _asked_alone(trace.asked) if recalled else trace.asked,
        "query": trace.asked.query if hidden & {*(trace.recalled or ())} else trace.query,
        "hits": [blank_hit(hit) if hit.document_id in hidden else hit for hit in trace.hits],
        "citations": [citation(one) if one.document_id in hidden else one for one in trace.citations],
        "text": "" if _shows(trace, hidden) else trace.text,
        "withheld": sorted({*trace.withheld} | (hidden & documents_of(trace))),
    }
    if found:  # what a model wrote may be taken from any of the passages that it read
        changes |= {"prompt": _prompt(trace), "written": "", "verification": _verification(trace.verification)}
        changes["quotes"] = [_quote(one) if _of(trace, one) in hidden | {None} else one for one in trace.quotes]
    elif hidden & {*(trace.recalled or ())}:
        changes["prompt"] = _prompt(trace)  # which has the question as it was understood
    return trace.model_copy(update=changes)


def documents_of_feedback(said: KeptFeedback, tenant: str) -> set[str]:
    """`tenant`: of the reader. Of feedback by an older version only the sources are known."""
    sources = {one.source for one in said.passages} | {one.document for one in said.evidence}
    corrected = {said.correct.document_id} if said.correct else set()
    return (
        {document_id_of(said.collection, tenant, source) for source in sources} | corrected | {*(said.drawn_on or ())}
    )


def feedback_without(said: KeptFeedback, hidden: Set[str], tenant: str) -> KeptFeedback:
    def gone(source: str) -> bool:
        return document_id_of(said.collection, tenant, source) in hidden

    correct = said.correct
    if correct and correct.document_id in hidden:
        correct = correct.model_copy(update={"quote": None})
    of_answer = documents_of_feedback(said, tenant) if said.drawn_on is None else {*said.drawn_on}
    unknown = origin_unknown(said)
    return said.model_copy(
        update={
            "passages": [one for one in said.passages if not gone(one.source)],
            "evidence": [one for one in said.evidence if not gone(one.document)],
            "correct": correct,
            "answer": "" if unknown or hidden & of_answer else said.answer,
            "query": said.asked or said.query if hidden & of_answer else said.query,
            "withheld": sorted({*said.withheld} | (hidden & documents_of_feedback(said, tenant))),
            "origin_unknown": unknown,
        }
    )


def origin_unknown(said: KeptFeedback) -> bool:
    """Whether nothing tells which documents the answer is drawn from; what was refused quotes none."""
    return said.drawn_on is None and not said.evidence and not said.refused


def feedback_out(said: KeptFeedback) -> FeedbackOut:
    return FeedbackOut(**{name: getattr(said, name) for name in FeedbackOut.model_fields})


def citation(one: CitationOut) -> CitationOut:
    blank = {"title": "", "source": "", "headings": [], "quote": "", "boxes": [], "table_header": ""}
    return one.model_copy(update=blank)


def blank_hit(hit: TracedHit) -> TracedHit:
    return hit.model_copy(
        update={"title": "", "source": "", "headings": [], "text": "", "context": "", "metadata": {}, "page": None}
    )


def _shows(trace: TraceOut, hidden: Set[str]) -> bool:
    """Whether what the reader was shown may be taken from these documents. What was broken off names no sources, or not
    all."""
    if trace.outcome in ("failed", "cancelled"):
        return not trace.hits or any(hit.document_id in hidden for hit in trace.hits)
    return any(one.document_id in hidden for one in trace.citations)


def _asked_alone(asked: AnswerIn) -> AnswerIn:
    """Without the answers before it: they quote who knows what."""
    return asked.model_copy(update={"history": [turn for turn in asked.history if turn.role == "user"]})


def _prompt(trace: TraceOut) -> list[MessageOut] | None:
    return trace.prompt and [MessageOut(role=one.role, content="") for one in trace.prompt]


def _verification(checked: VerificationOut | None) -> VerificationOut | None:
    return checked and checked.model_copy(update={"removed": []})


def _quote(one: QuoteOut) -> QuoteOut:
    return one.model_copy(update={"text": ""})


def _of(trace: TraceOut, quote: QuoteOut) -> str | None:
    """The document of a quote, where the passage with its marker is known."""
    documents = {hit.chunk_id: hit.document_id for hit in trace.hits}
    keys = dict(enumerate(trace.read, start=1))
    return documents.get(keys.get(quote.marker, ""))
