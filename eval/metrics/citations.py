"""How good the answers to a question set are: cited evidence, refusals, calibration of the confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.datasets.questions import Evidence, Question
from eval.metrics.text import words
from generation.types import Answer, Citation

_FIRST = 3


@dataclass(frozen=True)
class AnswerScores:
    """Shares in [0, 1] over a question set.

    cited_in_evidence: answerable questions with a citation inside gold evidence among the first three.
    citation_precision: citations inside gold evidence, of all citations on answerable questions.
    refused_unanswerable, refused_answerable: shares of each kind that were refused.
    """

    answerable: int
    unanswerable: int
    cited_in_evidence: float
    citation_precision: float
    refused_unanswerable: float
    refused_answerable: float


def score_answers(results: Sequence[tuple[Question, Answer]]) -> AnswerScores:
    answerable = [(question, answer) for question, answer in results if question.answerable]
    others = [answer for question, answer in results if not question.answerable]
    cited = [_any_inside(answer.citations[:_FIRST], question.evidence) for question, answer in answerable]
    every = [inside(one, question.evidence) for question, answer in answerable for one in answer.citations]
    return AnswerScores(
        answerable=len(answerable),
        unanswerable=len(others),
        cited_in_evidence=_mean(cited),
        citation_precision=_mean(every),
        refused_unanswerable=_mean([answer.refused for answer in others]),
        refused_answerable=_mean([answer.refused for _, answer in answerable]),
    )


def inside(citation: Citation, evidence: Sequence[Evidence]) -> bool:
    """True if the quote stands within a gold quote of the same document, or holds all of one.

    Compared as words, so that the layout of a table row does not matter.
    """
    quote = words(citation.quote)
    return any(Path(citation.source).name == one.document and _overlaps(quote, words(one.quote)) for one in evidence)


def _overlaps(quote: str, gold: str) -> bool:
    return bool(quote.strip()) and (quote in gold or gold in quote)


def _any_inside(citations: Sequence[Citation], evidence: Sequence[Evidence]) -> bool:
    return any(inside(one, evidence) for one in citations)


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
