"""What can be learnt from what readers say of answers. Pure functions."""

from collections.abc import Iterable, Iterator

from api.schemas import DocumentTextOut
from api.schemas_answers import CitationOut
from api.traces.schemas import EvidenceOut, FeedbackOut, PairOut, PassageOut, QuestionOut, TracedHit, TraceOut
from ingest.errors import InvalidError

TAG = "feedback"


def passages_of(trace: TraceOut) -> list[PassageOut]:
    """Those that the answer cites, none twice, as they were read then."""
    cited = {hit.chunk_id: hit for hit in (_holding(trace.hits, one) for one in _shown(trace)) if hit}
    return [PassageOut(source=hit.source, text=_framed(hit.context, hit.text)) for hit in cited.values()]


def evidence_of(trace: TraceOut) -> list[EvidenceOut]:
    return [EvidenceOut(document=one.source, quote=one.quote) for one in _shown(trace)]


def check_quote(document: DocumentTextOut, quote: str) -> None:
    """Raises InvalidError where the document does not hold it, whatever white space is between its words."""
    if " ".join(quote.split()) not in " ".join(document.text.split()):
        raise InvalidError(
            f"{document.source} does not hold the quote; copy its words as GET /v1/documents/{document.id} gives them."
        )


def passage_of_quote(document: DocumentTextOut, quote: str) -> PassageOut:
    return PassageOut(source=document.source, text=_framed(document.title, quote))


def newest(feedback: Iterable[FeedbackOut]) -> list[FeedbackOut]:
    """What was said last of each answer; what comes is newest first, and so is what goes."""
    last: dict[str, FeedbackOut] = {}
    for one in feedback:
        last.setdefault(one.trace_id, one)
    return list(last.values())


def pairs(feedback: Iterable[FeedbackOut]) -> Iterator[PairOut]:
    """What `citewell tune reranker --pairs` reads."""
    for one in newest(feedback):
        for passage in one.passages:
            yield PairOut(query=one.query, positive=passage.text, source=passage.source)


def questions(feedback: Iterable[FeedbackOut]) -> Iterator[QuestionOut]:
    """Lines of a question set: answers with evidence, and refusals that were right. What a reader only called wrong
    says nothing about what is right."""
    for one in newest(feedback):
        right_refusal = one.refused and one.rating == "up" and not one.evidence
        if one.evidence or right_refusal:
            yield QuestionOut(
                id=one.trace_id,
                question=one.query,
                answer=one.answer if one.rating == "up" and not one.refused else "",
                answerable=not right_refusal,
                evidence=[EvidenceOut(document=each.document, quote=each.quote) for each in one.evidence],
                tags=[TAG],
            )


def _shown(trace: TraceOut) -> list[CitationOut]:
    return [one for one in trace.citations if one.document_id not in trace.withheld]


def _holding(hits: Iterable[TracedHit], citation: CitationOut) -> TracedHit | None:
    """Passages that stand side by side may have been read as one, so the characters say which one it was."""
    for hit in hits:
        within = hit.char_start <= citation.char_start and citation.char_end <= hit.char_end
        if hit.document_id == citation.document_id and within:
            return hit
    return None


def _framed(context: str, text: str) -> str:
    return f"{context}\n{text}" if context else text
