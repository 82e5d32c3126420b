"""Which hits and citations are right."""

from collections.abc import Mapping, Sequence

from eval.datasets.questions import Evidence
from eval.experiment.sets import Case
from eval.metrics.ranking import first_of_each
from eval.metrics.text import words
from generation.citations import Statement, statements
from generation.conflicts.wording import said
from generation.types import Answer, Citation, Quote
from ingest.types import Chunk
from retrieval.types import Hit

FIRST = 3


def holds(chunk: Chunk, evidence: Evidence) -> bool:
    """True if a reader of the chunk has all of the evidence before them."""
    if chunk.source != evidence.document:
        return False
    if evidence.span:
        return _within(evidence.span, (chunk.char_start, chunk.char_end))
    if evidence.quote.strip():
        return words(evidence.quote) in words(chunk.text)
    return evidence.page is not None and chunk.page == evidence.page


def is_right(chunk: Chunk, case: Case) -> bool:
    if case.grades:
        return case.grades.get(chunk.source, 0) > 0
    return any(holds(chunk, one) for one in case.evidence)


def cites(citation: Citation, evidence: Evidence) -> bool:
    """True if the quote stands within the gold span or quote, or holds all of it (without them: stands on its page).

    Quotes are compared as words, so that the layout of a table row does not matter.
    """
    if citation.source != evidence.document:
        return False
    if evidence.span:
        cited = (citation.char_start, citation.char_end)
        return _within(cited, evidence.span) or _within(evidence.span, cited)
    if not evidence.quote.strip():
        return evidence.page is not None and citation.page == evidence.page
    quote, gold = words(citation.quote), words(evidence.quote)
    return bool(quote.strip()) and (quote in gold or gold in quote)


def is_cited(citation: Citation, case: Case) -> bool:
    return any(cites(citation, one) for one in case.evidence)


def cites_evidence(case: Case, answer: Answer) -> bool:
    """An answer is right if one of its first citations stands in gold evidence: readers look no further."""
    return any(is_cited(one, case) for one in own_citations(answer)[:FIRST])


def own_citations(answer: Answer) -> tuple[Citation, ...]:
    """Those of its sentences, without what is cited only to tell of a conflict."""
    if not answer.conflicts:
        return answer.citations
    markers = {marker for one in statements_of(answer) for marker in one.markers}
    return tuple(one for one in answer.citations if one.marker in markers)


def statements_of(answer: Answer) -> list[Statement]:
    """As the answerer split it: a quote that is cited may hold `[1]` itself. What tells of conflicts is left out, for
    it is no sentence of a document."""
    quotes = [Quote(one.marker, one.quote, one.char_start, one.char_end, one.support) for one in answer.citations]
    return statements(answer.text.removesuffix(said(answer.conflicts)), quotes)


def judgements(case: Case) -> Mapping[str, int]:
    """What `ranking` is judged by: graded documents, or each piece of evidence."""
    return case.grades or {_evidence_key(number): 1 for number in range(len(case.evidence))}


def ranking(case: Case, hits: Sequence[Hit]) -> list[str]:
    """Hits as the things that are judged, best first. With evidence: a hit stands for the pieces that it holds and
    that no earlier hit held, any other hit for itself."""
    if case.grades:
        return first_of_each(hit.chunk.source for hit in hits)
    found: list[str] = []
    for hit in hits:
        held = [_evidence_key(number) for number, one in enumerate(case.evidence) if holds(hit.chunk, one)]
        found += [key for key in held if key not in found] if held else [hit.chunk.id]
    return found


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _evidence_key(number: int) -> str:
    return f"evidence {number}"
