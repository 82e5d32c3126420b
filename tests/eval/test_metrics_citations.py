"""Citations by what their sentences rest on, after ALCE."""

from collections.abc import Sequence

import pytest

from eval.datasets.questions import Evidence
from eval.experiment.judging import own_citations
from eval.experiment.scoring import answer_metrics
from eval.experiment.sets import Case
from eval.metrics.citations import Cited, alce_precision, alce_recall
from generation.citations import resolve
from generation.conflicts.wording import said
from generation.types import Answer, Conflict, Quote, Stated
from tests.generation.passages import hit

OPENS, CLOSES, MENU = "It opens at nine.", "It closes at six.", "Soup is on Monday."


def entails(texts: Sequence[str], sentence: str) -> bool:
    """Every word of the sentence stands in one of the texts."""
    return set(sentence.split()) <= {word for text in texts for word in text.split()}


@pytest.mark.parametrize(
    ("texts", "recall", "precision"),
    [
        ([OPENS], 1.0, 1.0),
        ([MENU], 0.0, 0.0),
        ([OPENS, MENU], 1.0, 0.5),
        ([OPENS, OPENS], 1.0, 1.0),
        (["It opens", "at nine."], 1.0, 1.0),
        (["It opens", "at nine.", MENU], 1.0, 2 / 3),
        ([], 0.0, 0.0),
    ],
)
def test_recall_is_of_sentences_and_precision_of_citations(texts: list[str], recall: float, precision: float) -> None:
    cited = [Cited(OPENS, dict(enumerate(texts, start=1)))]
    assert alce_recall(cited, entails) == recall
    assert alce_precision(cited, entails) == pytest.approx(precision)


def test_of_several_sentences() -> None:
    cited = [Cited(OPENS, {1: OPENS, 2: MENU}), Cited(CLOSES, {1: OPENS}), Cited(MENU, {})]
    assert alce_recall(cited, entails) == pytest.approx(1 / 3)
    assert alce_precision(cited, entails) == pytest.approx(1 / 3)
    assert (alce_recall([], entails), alce_precision([], entails)) == (0.0, 0.0)


def test_a_quote_off_the_question_is_borne_out_but_not_in_gold_evidence() -> None:
    text = f"{OPENS} {MENU}"
    quotes = [Quote(1, OPENS, 0, len(OPENS), 0.9), Quote(1, MENU, len(OPENS) + 1, len(text), 0.5)]
    written = f"{OPENS} [1]\n{MENU} [1]"
    found = hit(text)
    answer = Answer(written, tuple(resolve(written, [found], quotes)), (found,), 0.9, False, "1", "x")
    case = Case("q", "When does it open?", evidence=(Evidence(found.chunk.source, OPENS),))
    scores = answer_metrics(case, answer, lambda key: text)
    assert (scores["alce_recall"], scores["alce_precision"]) == (1.0, 1.0)
    assert (scores["citation_recall"], scores["citation_precision"]) == (1.0, 0.5)
    moved = answer_metrics(case, answer, lambda key: f"A {text}")
    assert (moved["alce_recall"], moved["alce_precision"]) == (0.0, 0.0)


def test_what_a_conflict_alone_cites_is_not_the_answers_own() -> None:
    other = "It opens at ten."
    hits = (hit(OPENS), hit(other, 2))
    quotes = [Quote(marker, one.chunk.text, 0, len(one.chunk.text), 0.9) for marker, one in enumerate(hits, start=1)]
    mine, told = resolve(f"{OPENS} [1]\n{other} [2]", hits, quotes)
    conflict = Conflict((Stated(mine, "nine", None, None), Stated(told, "ten", None, None)))
    text = f"{OPENS} [1]{said((conflict,))}"
    answer = Answer(text, (mine, told), hits, 0.9, False, "1", "x", conflicts=(conflict,))
    assert own_citations(answer) == (mine,)
    gold = Evidence(hits[1].chunk.source, other)
    scores = answer_metrics(Case("q", "When does it open?", evidence=(gold,)), answer, lambda key: OPENS)
    assert [scores[name] for name in ("answered_right", "citation_recall", "citation_precision")] == [0.0, 0.0, 0.0]
    assert scores["risk"] == 1.0
