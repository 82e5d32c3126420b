"""What differs between two answers to one question. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from api.schemas_answers import CitationOut
from api.traces.schemas import Change, DocumentChange, HitChange, HitKind, ReplayOut, TracedHit, TraceOut

NOISE = 0.01
"""Scores and confidences that differ by less are the same: batches of other sizes round differently."""
SWAP = 0.001
"""Share of the best score: hits that differ by less may change places for the same reason."""
_BUDGET = "retrieval.rerank_budget_ms"
_RESULT = ("outcome", "query", "text", "refused")


def compared(before: TraceOut, after: TraceOut, revisions: Mapping[str, str]) -> ReplayOut:
    """`revisions`: document id -> the current one, of the documents that the reader may read now."""
    outcome, hits = list(_outcome(before, after)), list(_hits(before.hits, after.hits))
    gone = _missing(before.citations, after.citations)
    new = _missing(after.citations, before.citations)
    changed = {change.name for change in outcome}
    return ReplayOut(
        trace_id=before.id,
        same=not (changed & set(_RESULT) or hits or gone or new),
        settings=_changes(before.settings, after.settings),
        versions=_changes(before.versions, after.versions),
        documents=list(_documents(before.hits, revisions)),
        outcome=outcome,
        hits=hits,
        citations_gone=gone,
        citations_new=new,
        notes=list(_notes(before, after)),
        before=before,
        after=after,
    )


def _outcome(before: TraceOut, after: TraceOut) -> Iterator[Change]:
    for name in ("outcome", "query", "model", "text", "refused", "error"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change(name=name, before=old, after=new)
    if abs(before.confidence - after.confidence) > NOISE:
        yield Change(name="confidence", before=before.confidence, after=after.confidence)


def _changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[Change]:
    names = sorted(before.keys() | after.keys())
    return [
        Change(name=name, before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _hits(before: Sequence[TracedHit], after: Sequence[TracedHit]) -> Iterator[HitChange]:
    """In the order of the first time, then what is new."""
    found = _found_again(before, after)
    for hit in before:
        other = found.get(hit.chunk_id)
        if other is None:
            yield _hit_change("gone", hit, None)
        elif other.rank != hit.rank and not _level(before, after, sorted((hit.rank, other.rank))):
            yield _hit_change("moved", hit, other)
        elif abs(other.score - hit.score) > NOISE:
            yield _hit_change("rescored", hit, other)
    again = {hit.chunk_id for hit in found.values()}
    yield from (_hit_change("new", None, hit) for hit in after if hit.chunk_id not in again)


def _found_again(before: Sequence[TracedHit], after: Sequence[TracedHit]) -> dict[str, TracedHit]:
    """Chunk id of the first time -> hit of the second. A document that was taken up again has chunks with other ids:
    they are the same where their text is."""
    new = {hit.chunk_id: hit for hit in after}
    found = {hit.chunk_id: new.pop(hit.chunk_id) for hit in before if hit.chunk_id in new}
    of_text = {(hit.document_id, hit.text): hit for hit in new.values()}
    for hit in before:
        if hit.chunk_id not in found and (other := of_text.pop((hit.document_id, hit.text), None)):
            found[hit.chunk_id] = other
    return found


def _level(before: Sequence[TracedHit], after: Sequence[TracedHit], ranks: Sequence[int]) -> bool:
    """Whether both times all hits from the first of these ranks to the last have the same score, but for noise."""
    first, last = ranks
    noise = SWAP * max(abs(hit.score) for hit in (*before, *after))
    both = ([hit.score for hit in hits if first <= hit.rank <= last] for hits in (before, after))
    return all(max(scores) - min(scores) <= noise for scores in both)


def _hit_change(kind: HitKind, before: TracedHit | None, after: TracedHit | None) -> HitChange:
    shown = before or after
    assert shown
    return HitChange(
        kind=kind,
        chunk_id=shown.chunk_id,
        source=shown.source,
        page=shown.page,
        rank_before=before.rank if before else None,
        rank_after=after.rank if after else None,
        score_before=before.score if before else None,
        score_after=after.score if after else None,
    )


def _documents(hits: Iterable[TracedHit], revisions: Mapping[str, str]) -> Iterator[DocumentChange]:
    for hit in {hit.document_id: hit for hit in hits}.values():
        now = revisions.get(hit.document_id)
        if now != hit.revision:
            yield DocumentChange(
                document_id=hit.document_id, source=hit.source, revision_before=hit.revision, revision_after=now
            )


def _missing(citations: Iterable[CitationOut], others: Iterable[CitationOut]) -> list[CitationOut]:
    """Those whose words, of the same document, are not among the others: they may stand elsewhere in it now."""
    known = {(one.document_id, one.quote) for one in others}
    return [one for one in citations if (one.document_id, one.quote) not in known]


def _notes(before: TraceOut, after: TraceOut) -> Iterator[str]:
    if before.outcome == "cancelled":
        yield "The reader left before the end of the first answer."
    if {before.generator, after.generator} != {"extractive"}:
        yield "A language model need not write the same twice, even at temperature 0: batches round differently."
    if before.asked.history and (before.settings.get("rewriting.url") or after.settings.get("rewriting.url")):
        yield "The question was made to stand alone by a language model, which need not write the same twice."
        if before.recalled is None:
            yield "Of the conversation before, which a client sent, only the questions are kept."
    if any(one.settings.get("retrieval.reranker") and one.settings.get(_BUDGET) for one in (before, after)):
        yield f"The clock decides how many hits are reranked ({_BUDGET}), so that they may come in another order."
    if before.asked.as_of is None and _day(before) != _day(after):
        yield "Of several versions of a document that counts which is in force on the day; it was another day then."


def _day(trace: TraceOut) -> date:
    """By the clock of this machine, as the search reads it."""
    return trace.created_at.astimezone().date()
