"""Questions that were asked become outcomes: metrics, what was shown, where it was lost."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from eval.experiment.asking import Asked
from eval.experiment.judging import (
    cites,
    cites_evidence,
    is_cited,
    is_right,
    judgements,
    own_citations,
    statements_of,
)
from eval.experiment.outcomes import Answered, Cited, Lost, Outcome, Passage
from eval.experiment.positions import Positions
from eval.experiment.sets import Case
from eval.experiment.spec import Prices
from eval.metrics import citations as alce
from eval.metrics.ranking import DEPTH, mean, ranking_metrics
from eval.metrics.spans import span_scores
from eval.metrics.text import exact_match, token_f1, words
from generation.citations import Statement
from generation.types import Answer, Citation, Usage
from retrieval.types import Hit

_SHOWN, _LENGTH = 5, 500
Metrics = dict[str, float]


def score(
    asked: Sequence[Asked],
    positions: Positions | None,
    text_of: Callable[[str], str],
    lost: Callable[[Asked], Lost],
    prices: Prices | None = None,
    depth: int = DEPTH,
) -> Iterator[Outcome]:
    """
    Args:
        positions: for span sets.
        text_of: document id -> its text.
        lost: where a missed question was lost.
        depth: how many ranks were asked for; no metric looks beyond.
    """
    answerable = [one for one in asked if one.case.answerable and not one.failed]
    ranked = ranking_metrics(
        {one.case.id: one.ranking for one in answerable},
        {one.case.id: judgements(one.case) for one in answerable},
        depth,
    )
    for one in asked:
        if one.failed:
            yield _outcome(one, {}, None)
            continue
        metrics: Metrics = {"search_ms": one.search_ms, **ranked.get(one.case.id, {})}
        if positions:
            metrics |= _span_metrics(one, positions)
        if one.answer:
            metrics |= answer_metrics(one.case, one.answer, text_of)
            metrics |= {"answer_ms": one.answer_ms, **usage_metrics(one.answer.usage, prices)}
        yield _outcome(one, metrics, lost(one) if missed(one) else None)


def missed(one: Asked) -> bool:
    """An answerable question that was not answered from gold evidence, or (only searched for) whose evidence is not
    among the hits."""
    if not one.case.answerable:
        return False
    if one.answer:
        return one.answer.refused or not cites_evidence(one.case, one.answer)
    return not any(is_right(hit.chunk, one.case) for hit in one.hits)


def answer_metrics(case: Case, answer: Answer, text_of: Callable[[str], str]) -> Metrics:
    """Each in [0, 1].

    Of answerable questions: `answered_right` (cites gold evidence among the first citations), `citation_recall`,
    `exact_match`, `token_f1` (all 0 for a refusal), the last two also of the short answer where there is one
    (`short_given`), `refused_answerable`. Of answers that were served: `supported`,
    and on answerable questions `citation_precision`. Of unanswerable questions: `refusal_recall`. Of refusals:
    `refusal_precision`. Of all questions: `coverage` (answered at all), and of those that were answered `risk` (no
    document answers it, or not from gold evidence).

    `citation_precision` and `citation_recall` hold citations against the gold evidence of the question: whether the
    answer quotes what the annotators marked. Whether its sentences are borne out by what they cite is another matter:
    that is `alce_recall` and `alce_precision`, of answers that were served. What is cited for a conflict alone is no
    citation of the answer.
    """
    found: Metrics = {"coverage": float(not answer.refused)}
    own = own_citations(answer)
    if case.answerable:
        served = "" if answer.refused else " ".join(one.text for one in statements_of(answer))
        found["refused_answerable"] = float(answer.refused)
        found["answered_right"] = float(not answer.refused and cites_evidence(case, answer))
        found["citation_recall"] = mean(any(cites(one, gold) for one in own) for gold in case.evidence)
        if case.answers:
            found["exact_match"] = exact_match(served, case.answers)
            found["token_f1"] = token_f1(served, case.answers)
            short = answer.short.text if answer.short else served
            found["short_given"] = float(answer.short is not None)
            found["short_exact_match"] = exact_match(short, case.answers)
            found["short_token_f1"] = token_f1(short, case.answers)
        if own:
            found["citation_precision"] = mean(is_cited(one, case) for one in own)
    else:
        found["refusal_recall"] = float(answer.refused)
    if answer.refused:
        found["refusal_precision"] = float(not case.answerable)
    else:
        found["supported"] = supported(answer, text_of)
        cited = cited_sentences(answer, text_of)
        found["alce_recall"] = alce.alce_recall(cited, said_in)
        found["alce_precision"] = alce.alce_precision(cited, said_in)
        found["risk"] = float(not (case.answerable and cites_evidence(case, answer)))
    return found


def usage_metrics(usage: Usage, prices: Prices | None) -> Metrics:
    """Tokens of a generator that counts them, and what 1,000 such answers would cost where there are prices."""
    if not (usage.prompt_tokens or usage.completion_tokens):
        return {}
    found: Metrics = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    if prices:
        found["cost"] = (usage.prompt_tokens * prices.prompt + usage.completion_tokens * prices.completion) / 1e3
    return found


def supported(answer: Answer, text_of: Callable[[str], str]) -> float:
    """Share of the answer's sentences that stand, word for word, in a quote that they cite, which itself stands in
    its document at the place that the citation names."""
    sentences = [one for one in statements_of(answer) if words(one.text).strip()]
    return mean(_stands(one, own_citations(answer), text_of) for one in sentences)


def cited_sentences(answer: Answer, text_of: Callable[[str], str]) -> list[alce.Cited]:
    """Of each passage those quotes count that stand in the document where their citation says."""
    quotes: dict[int, str] = dict.fromkeys((one.marker for one in answer.citations), "")
    for one in own_citations(answer):
        if text_of(one.document_id)[one.char_start : one.char_end] == one.quote:
            quotes[one.marker] += f"{one.quote}\n"
    sentences = [one for one in statements_of(answer) if words(one.text).strip()]
    return [alce.Cited(one.text, {marker: quotes.get(marker, "") for marker in one.markers}) for one in sentences]


def said_in(texts: Sequence[str], sentence: str) -> bool:
    """Word for word. A paraphrase counts as not entailed: figures of free text are lower bounds."""
    return any(words(sentence) in words(text) for text in texts)


def _stands(statement: Statement, citations: Sequence[Citation], text_of: Callable[[str], str]) -> bool:
    cited = [one for one in citations if one.marker in statement.markers and words(statement.text) in words(one.quote)]
    return any(text_of(one.document_id)[one.char_start : one.char_end] == one.quote for one in cited)


def _span_metrics(one: Asked, positions: Positions) -> Mapping[str, float]:
    found = span_scores([positions.of_hit(hit) for hit in one.hits], positions.of_case(one.case))
    return {"span_recall": found.recall, "span_precision": found.precision, "span_iou": found.iou}


def _outcome(one: Asked, metrics: Mapping[str, float], lost: Lost | None) -> Outcome:
    case = one.case
    return Outcome(
        id=case.id,
        text=case.text,
        answerable=case.answerable,
        tags=case.tags,
        answers=case.answers,
        metrics={name: round(float(value), 6) for name, value in metrics.items()},
        passages=tuple(_passage(hit, case) for hit in one.hits[:_SHOWN]),
        gold=tuple(_gold(case)),
        answer=_answered(one) if one.answer else None,
        lost=lost,
        failed=one.failed,
    )


def _gold(case: Case) -> Iterator[str]:
    """Documents, the best first, or evidence."""
    yield from sorted(
        (key for key, grade in case.grades.items() if grade > 0), key=lambda key: (-case.grades[key], key)
    )
    for one in case.evidence:
        yield f"{one.document}: {one.quote or f'page {one.page}'}"


def _answered(one: Asked) -> Answered:
    answer, would_be = one.answer, one.unguarded
    assert answer and would_be
    right = one.case.answerable and cites_evidence(one.case, would_be)
    cited = [Cited(c.source, c.page, c.quote, round(c.support, 4), is_cited(c, one.case)) for c in would_be.citations]
    return Answered(answer.text, answer.refused, round(answer.confidence, 6), right, tuple(cited), would_be.refused)


def _passage(hit: Hit, case: Case) -> Passage:
    chunk = hit.chunk
    text = " ".join(chunk.text.split())[:_LENGTH]
    return Passage(chunk.source, chunk.page, chunk.headings, text, round(hit.score, 4), is_right(chunk, case))
