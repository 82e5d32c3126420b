"""What the faces offer around traces, in wire objects. Only the reader who asked finds anything."""

import asyncio
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api import operations
from api.bootstrap import Services
from api.schemas import Out
from api.traces.course import Course
from api.traces.learning import check_quote, evidence_of, passage_of_quote, passages_of
from api.traces.making import trace_of
from api.traces.origins import drawn_on, with_origin
from api.traces.replay import compared
from api.traces.schemas import (
    DeletedFeedbackOut,
    EvidenceOut,
    FeedbackIn,
    FeedbackOut,
    FeedbacksOut,
    KeptFeedback,
    ReplayOut,
    TracedHit,
    TraceOut,
    TracesOut,
    TraceSummary,
)
from api.traces.withholding import documents_of, documents_of_feedback, feedback_out, feedback_without, without
from generation.answerer import drain
from generation.errors import GenerationError
from ingest.errors import InvalidError, NotFoundError
from ingest.journal.journal import Entry, reader_of
from ingest.library.pages import following
from retrieval.types import Access

_Model = TypeVar("_Model", bound=BaseModel)
_log = logging.getLogger(__name__)


def traces(services: Services, access: Access, limit: int, after: str = "") -> TracesOut:
    """Newest first, without those of another version that cannot be read even in part."""
    services.recorder.settle()
    found, more = services.journals.traces.page(_reader(access), limit, after)
    shown = [_listed(services, one, access) for one in _readable(_Listed, found)]
    return TracesOut(traces=shown, next=following(found, more))


def trace(services: Services, trace_id: str, access: Access) -> TraceOut:
    """Without text that this reader may not read any more. Raises NotFoundError where the reader has no such trace."""
    services.recorder.settle()
    found = _trace(services.journals.traces.get(trace_id, _reader(access)))
    return without(found, _hidden(services, documents_of(found), access, found.created_at))


def delete(services: Services, trace_id: str, access: Access) -> TraceSummary:
    """With what was said of the answer, whichever version wrote it. Raises NotFoundError where the reader has no such
    trace."""
    services.recorder.settle()
    gone = services.journals.traces.get(trace_id, _reader(access))
    services.journals.traces.remove(trace_id, _reader(access))
    return next(_readable(TraceSummary, [gone]), _unread(gone))


async def replay(services: Services, trace_id: str, access: Access) -> ReplayOut:
    """Ask the same again, and say what differs. This leaves no trace.

    Raises:
        NotFoundError: the reader has no such trace; or there is no such collection any more.
        InvalidError: the question can no longer be asked, because a field that it filters by is gone.
    """
    before = await asyncio.to_thread(trace, services, trace_id, access)
    kept: list[Course] = []
    _, pieces = await operations.answering(services, before.asked, access, kept.append)
    with suppress(GenerationError):  # it is what comes of the question today, and the trace says so
        await drain(pieces)
    after = await asyncio.to_thread(trace_of, services, kept[0])
    revisions = await asyncio.to_thread(_revisions, services, before.hits, access)
    return compared(before, after, revisions)


def give_feedback(services: Services, body: FeedbackIn, access: Access) -> FeedbackOut:
    """
    Raises:
        NotFoundError: the reader has no such trace, or may read no such document.
        InvalidError: the document does not hold the quote.
    """
    now = datetime.now(UTC)  # what is deleted from here on is withheld
    about = trace(services, body.trace_id, access)
    up = body.rating == "up"
    passages, evidence = (passages_of(about), evidence_of(about)) if up else ([], [])
    if body.correct:
        document = operations.document(services, body.correct.document_id, access)
        if quote := body.correct.quote:
            check_quote(document, quote)
            passages.append(passage_of_quote(document, quote))
            evidence.append(EvidenceOut(document=document.source, quote=quote))
    said = KeptFeedback(
        id=uuid.uuid4().hex,
        created_at=now,
        trace_id=about.id,
        rating=body.rating,
        comment=body.comment,
        correct=body.correct,
        collection=about.collection,
        query=about.query,
        answer=about.text,
        refused=about.refused,
        passages=passages,
        evidence=evidence,
        tenant=access.tenant,
        drawn_on=sorted(drawn_on(about) - {*about.withheld}),
        asked=about.asked.query,
    )
    entry = Entry(said.id, _reader(access), said.created_at, said.model_dump_json(), about.id)
    services.journals.feedback.add([entry])
    try:
        services.journals.traces.get(about.id, entry.reader)
    except NotFoundError:  # deleted meanwhile, with all that was said of it until then
        services.journals.feedback.remove(said.id, entry.reader)
        raise
    return feedback_out(said)


def delete_feedback(services: Services, feedback_id: str, access: Access) -> DeletedFeedbackOut:
    """Whichever version wrote it. Raises NotFoundError where the reader has no such feedback."""
    gone = services.journals.feedback.get(feedback_id, _reader(access))
    services.journals.feedback.remove(feedback_id, _reader(access))
    return DeletedFeedbackOut(id=gone.id, trace_id=gone.about)


def feedback(services: Services, access: Access, limit: int, after: str = "") -> FeedbacksOut:
    """Newest first, without what another version wrote in another way."""
    found, more = services.journals.feedback.page(_reader(access), limit, after)
    shown = [_feedback(services, one, access) for one in _readable(KeptFeedback, found)]
    return FeedbacksOut(feedback=shown, next=following(found, more))


class _Asked(Out):
    """Of a question that another version may have kept with other options."""

    query: str


class _Listed(TraceSummary):
    """What decides how a trace is listed."""

    asked: _Asked | None = None
    recalled: list[str] | None = None


def _listed(services: Services, one: _Listed, access: Access) -> TraceSummary:
    query = one.query
    if one.asked and one.recalled and _hidden(services, one.recalled, access, one.created_at):
        query = one.asked.query
    return TraceSummary(**{**{name: getattr(one, name) for name in TraceSummary.model_fields}, "query": query})


def _feedback(services: Services, kept: KeptFeedback, access: Access) -> FeedbackOut:
    said = with_origin(kept, services.journals.traces, _reader(access))
    documents = documents_of_feedback(said, access.tenant)
    hidden = _hidden(services, documents, access, said.created_at)
    return feedback_out(feedback_without(said, hidden, access.tenant))


def _hidden(services: Services, documents: Iterable[str], access: Access, since: datetime) -> frozenset[str]:
    return services.catalog.withheld(documents, access.tenant, access.groups, since)


def _trace(entry: Entry) -> TraceOut:
    """Raises InvalidError where another version of Citewell wrote it in another way."""
    try:
        return TraceOut.model_validate_json(entry.body)
    except ValidationError as error:
        raise InvalidError(
            f"The trace {entry.id!r} was written by another version of Citewell; read it with that one, or delete it."
        ) from error


def _readable(model: type[_Model], entries: Iterable[Entry]) -> Iterator[_Model]:
    """One that another version wrote must not hide the others."""
    for entry in entries:
        try:
            yield model.model_validate_json(entry.body)
        except ValidationError:
            _log.warning("%s was written by another version of Citewell and cannot be shown", entry.id)


def _unread(entry: Entry) -> TraceSummary:
    """All that is known of a trace that cannot be read."""
    return TraceSummary(
        id=entry.id,
        created_at=entry.created_at,
        outcome="failed",
        collection="",
        query="",
        model="",
        confidence=0.0,
        total_ms=0.0,
    )


def _reader(access: Access) -> str:
    return reader_of(access.tenant, access.groups)


def _revisions(services: Services, hits: Iterable[TracedHit], access: Access) -> dict[str, str]:
    """Of the documents that the reader may still read."""
    entries = (services.catalog.get(key) for key in {hit.document_id for hit in hits})
    return {one.id: one.revision for one in entries if one and one.readable_by(access.tenant, access.groups)}
