"""Which documents the text of an answer may be taken from."""

from pydantic import ValidationError

from api.traces.schemas import KeptFeedback, TraceOut
from ingest.errors import NotFoundError
from ingest.journal.journal import Journal


def drawn_on(trace: TraceOut) -> set[str]:
    """Documents whose text may stand in answer and question."""
    told = trace.citations if trace.outcome in ("answered", "refused") else trace.hits
    return {one.document_id for one in told} | {*(trace.recalled or ())}


def with_origin(said: KeptFeedback, traces: Journal, reader: str) -> KeptFeedback:
    """Older versions did not keep with feedback what the answer is drawn from; its trace tells while it is there."""
    if said.drawn_on is not None:
        return said
    try:
        trace = TraceOut.model_validate_json(traces.get(said.trace_id, reader).body)
    except (NotFoundError, ValidationError):
        return said
    found = {"drawn_on": sorted(drawn_on(trace)), "asked": trace.asked.query, "tenant": trace.tenant}
    return said.model_copy(update=found)
