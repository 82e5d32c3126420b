"""Metrics agree with hand-computed cases, with scikit-learn and trec_eval, and with plain definitions."""

import random
import re
from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.datasets.questions import Evidence
from eval.experiment.asking import Asked
from eval.experiment.outcomes import Lost
from eval.experiment.scoring import answer_metrics, score, supported, usage_metrics
from eval.experiment.sets import Case
from eval.experiment.spec import Prices
from eval.metrics.calibration import area_under_risk_coverage, expected_calibration_error, risk_coverage
from eval.metrics.ranking import first_of_each, mean, ranking_metrics
from eval.metrics.spans import span_scores
from eval.metrics.text import exact_match, normalised, token_f1, words
from generation.citations import resolve
from generation.types import Answer, Quote, Usage
from retrieval.types import Query
from tests.generation.passages import hit

SAMPLES = Path(__file__).resolve().parents[2] / "eval" / "samples"
RUNS = r"[^\W_]+"
DOCUMENTS = [f"d{number:02}" for number in range(30)]
GRADES = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 3), min_size=1, max_size=12)
RANKINGS = st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=30)


def metrics_of(ranking: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    return ranking_metrics({"q": ranking}, {"q": grades})["q"]


@given(ranking=RANKINGS, grades=GRADES)
def test_every_metric_is_its_definition(ranking: list[str], grades: dict[str, int]) -> None:
    relevant = {name for name, grade in grades.items() if grade > 0}
    hits = [name in relevant for name in ranking]
    found = metrics_of(ranking, grades)
    for k in (1, 3, 5, 10, 20, 50, 100):
        expected = sum(hits[:k]) / len(relevant) if relevant else 0.0
        assert found[f"recall@{k}"] == pytest.approx(expected, abs=1e-6)
    for k in (1, 5, 10):
        assert found[f"precision@{k}"] == pytest.approx(sum(hits[:k]) / k, abs=1e-6)
    for k in (1, 3, 5, 10):
        assert found[f"success@{k}"] == float(any(hits[:k]))
    first = hits.index(True) + 1 if True in hits else 0
    assert found["mrr@10"] == pytest.approx(1 / first if 0 < first <= 10 else 0.0, abs=1e-6)
    at_hits = [sum(hits[: rank + 1]) / (rank + 1) for rank, hit in enumerate(hits) if hit]
    assert found["map@100"] == pytest.approx(sum(at_hits) / len(relevant) if relevant else 0.0, abs=1e-6)


@given(ranking=RANKINGS, grades=GRADES)
def test_ndcg_is_that_of_scikit_learn(ranking: list[str], grades: dict[str, int]) -> None:
    gains = [max(grades.get(name, 0), 0) for name in DOCUMENTS]
    scores = [len(DOCUMENTS) - ranking.index(name) if name in ranking else -1 for name in DOCUMENTS]
    ranked = [name for name in DOCUMENTS if name not in ranking and gains[DOCUMENTS.index(name)] == 0]
    if len(ranking) < 10 and len(ranking) + len(ranked) < len(DOCUMENTS):
        return  # scikit-learn ranks what was not found too, in an order of its own
    expected = ndcg_score([gains], [scores], k=10) if any(gains) else 0.0
    assert metrics_of(ranking, grades)["ndcg@10"] == pytest.approx(expected, abs=1e-6)


def test_ndcg_of_graded_documents_in_the_wrong_order() -> None:
    gained, ideal = 1 / log2(2) + 2 / log2(4), 2 / log2(2) + 1 / log2(3)
    assert metrics_of(["b", "c", "a"], {"a": 2, "b": 1, "c": 0})["ndcg@10"] == pytest.approx(gained / ideal)


def test_what_was_not_found_counts_in_the_ideal() -> None:
    assert metrics_of(["a"], {"a": 1, "b": 1})["ndcg@10"] == pytest.approx(1 / (1 + 1 / log2(3)))


def test_a_query_that_is_missing_or_has_nothing_relevant_scores_nothing() -> None:
    found = ranking_metrics({"a": ["x"]}, {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 0}, "d": {}})
    assert set(found) == {"a", "b", "c", "d"}
    assert found["a"]["ndcg@10"] == 1.0
    assert all(value == 0.0 for key in "bcd" for value in found[key].values())
    assert len({frozenset(metrics) for metrics in found.values()}) == 1


def test_the_order_of_the_ranking_counts_and_not_the_names() -> None:
    assert metrics_of(["a", "b"], {"a": 1})["mrr@10"] == 1.0
    assert metrics_of(["b", "a"], {"a": 1})["mrr@10"] == 0.5
    assert metrics_of(["z", "a"], {"z": 1})["mrr@10"] == 1.0


def test_agrees_with_trec_eval() -> None:
    trec = pytest.importorskip("pytrec_eval")
    chance = random.Random(3)
    names = [f"d{number:03}" for number in range(200)]
    qrels = {f"q{number}": {name: chance.randrange(4) for name in chance.sample(names, 30)} for number in range(20)}
    rankings = {key: chance.sample(names, 150) for key in qrels}
    scored = {key: {name: float(200 - rank) for rank, name in enumerate(run)} for key, run in rankings.items()}
    expected = trec.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100", "map_cut.100", "P.10"}).evaluate(scored)
    for key, found in ranking_metrics(rankings, qrels).items():
        for ours, theirs in (
            ("ndcg@10", "ndcg_cut_10"),
            ("recall@100", "recall_100"),
            ("map@100", "map_cut_100"),
            ("precision@10", "P_10"),
        ):
            assert found[ours] == pytest.approx(expected[key][theirs], abs=1e-6)


def test_no_metric_looks_deeper_than_the_ranking() -> None:
    found = ranking_metrics({"q": ["a"]}, {"q": {"a": 1, "b": 1}}, depth=20)["q"]
    assert {name for name in found if int(name.split("@")[1]) > 20} == set()
    assert {"ndcg@10", "recall@20"} <= set(found)
    assert set(metrics_of(["a"], {"a": 1})) - set(found) == {"recall@50", "recall@100", "map@100"}


def test_questions_are_scored_to_the_depth_that_was_asked() -> None:
    asked = Asked(Case("q", "?", grades={"a": 1}), Query("?", "set", "acme"), ["a"], (), 1.0)
    (outcome,) = score([asked], None, lambda key: "", lambda one: Lost.INDEX, depth=10)
    assert outcome.metrics["recall@10"] == 1.0
    assert "recall@20" not in outcome.metrics


def test_mean_of_nothing() -> None:
    assert mean([]) == 0.0
    assert mean([1.0, 2.0]) == 1.5


def test_a_document_stands_where_its_best_chunk_stood() -> None:
    assert first_of_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_spans() -> None:
    found = span_scores([("a", 0, 10), ("a", 5, 20), ("b", 0, 10)], [("a", 15, 25)])
    assert (found.recall, found.precision, found.iou) == (5 / 10, 5 / 30, 5 / 35)
    assert span_scores([], [("a", 0, 1)]).recall == 0.0
    assert span_scores([("a", 3, 9)], [("a", 3, 9)]).iou == 1.0


SPANS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 20)), max_size=6)


@given(chunks=SPANS, gold=SPANS)
def test_spans_are_sets_of_characters(chunks: list[tuple[str, int, int]], gold: list[tuple[str, int, int]]) -> None:
    placed = [[(name, start, start + length) for name, start, length in some] for some in (chunks, gold)]
    ours, theirs = ({(name, at) for name, start, end in some for at in range(start, end)} for some in placed)
    found = span_scores(*placed)
    both = len(ours & theirs)
    assert found.recall == (both / len(theirs) if theirs else 0.0)
    assert found.precision == (both / len(ours) if ours else 0.0)
    assert found.iou == (both / len(ours | theirs) if ours | theirs else 0.0)


def test_answers_as_words() -> None:
    assert normalised("The 30 days, a year!") == ["30", "days", "year"]
    assert exact_match("the Eiffel Tower.", ["Eiffel tower"]) == 1.0
    assert exact_match("Eiffel", ["Eiffel tower"]) == 0.0
    assert token_f1("in the Eiffel tower", ["Eiffel tower", "Paris"]) == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1("x", []) == 0.0


@pytest.mark.parametrize(
    ("text", "quote", "held"),
    [
        ("育児休暇は三十日です。年休は二十日です。", "三十日です", True),
        ("ลาคลอดได้สามสิบวัน", "สามสิบวัน", True),
        ("Das Büro schließt.", "Das Bu\u0308ro", True),
        ("यह कि किताब", "यह का", False),
        ("यह किताब", "यह किताब", True),
        ("Stored at -5 °C.", "5 °C", False),
        ("Stored at −5 °C.", "-5 °C", True),
        ("From 2024-05-01 on, pages 3-5.", "2024 05 01 on pages 3 5", True),
        ("A -- 5 - b", "a 5 b", True),
        ("5\ufe0f\u20e3 snake_case, don't: naïve Wi-Fi", "5 snake case don t naïve wi fi", True),
        ("한국어 문장", "한국어", True),
    ],
)
def test_words_of_every_script(text: str, quote: str, held: bool) -> None:
    assert (words(quote) in words(text)) is held


def test_answers_in_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    assert token_f1("三十日", ["三十日です"]) == pytest.approx(2 * 3 / (3 + 5))
    assert exact_match("Büro", ["Bu\u0308ro"]) == 1.0
    assert exact_match("-5 %", ["5 %"]) == 0.0
    assert exact_match("कि", ["का"]) == 0.0


@pytest.mark.parametrize("name", ["handbook/questions.jsonl", "handbook/oncall-runbook.md", "README.md"])
def test_words_of_english_are_runs_of_letters_and_digits(name: str) -> None:
    for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines():
        assert words(line).replace(" -", " ") == f" {' '.join(re.findall(RUNS, line.casefold()))} "


def test_an_answer_without_words_matches_nothing() -> None:
    for gold in ("", "The", "?"):
        assert exact_match("", [gold]) == token_f1("", [gold]) == 0.0
    assert exact_match("A", ["a"]) == token_f1("A.", ["a"]) == 1.0


TEXT = "Ask HR [1] for the form. It is short."


def answer_of(text: str, refused: bool = False) -> Answer:
    """As the answerer makes it from one passage that holds `TEXT`."""
    quotes = [Quote(1, TEXT[start:end], start, end, 0.9) for start, end in ((0, 24), (25, len(TEXT)))]
    found = hit(TEXT)
    return Answer(text, () if refused else tuple(resolve(text, [found], quotes)), (found,), 0.9, refused, "1", "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask HR [1] for the form. [1]", 1.0),
        ("Ask HR [1] for the form. [1]\nIt is short. [1]", 1.0),
        ("It is short [1].", 1.0),
        ("It is long. [1]", 0.0),
        ("It is short. [1] And sweet.", 0.5),
        ("It is short.", 0.0),
        ("", 0.0),
    ],
)
def test_supported_sentences_are_those_that_stand_in_what_they_cite(text: str, expected: float) -> None:
    assert supported(answer_of(text), lambda key: TEXT) == expected
    assert supported(answer_of(text), lambda key: f"A {TEXT}") == 0.0


def test_markers_are_no_words_of_an_answer_and_a_refusal_is_never_exact() -> None:
    case = Case("q", "?", answers=("Ask HR [1] for the form.",), evidence=(Evidence("1.md", "Ask HR"),))
    found = answer_metrics(case, answer_of("Ask HR [1] for the form. [1]"), lambda key: TEXT)
    assert (found["exact_match"], found["token_f1"]) == (1.0, 1.0)
    articles = Case("q", "?", answers=("The",), evidence=(Evidence("1.md", "Ask HR"),))
    refused = answer_metrics(articles, answer_of("I don't know.", refused=True), lambda key: TEXT)
    assert (refused["exact_match"], refused["token_f1"]) == (0.0, 0.0)


def test_risk_falls_with_coverage_where_confidence_tells_right_from_wrong() -> None:
    curve = risk_coverage([0.9, 0.8, 0.1, 0.2], [True, True, False, False])
    assert curve[:, 0].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve[:, 1].tolist() == pytest.approx([0, 0, 1 / 3, 0.5])
    assert area_under_risk_coverage([0.9, 0.8, 0.1, 0.2], [True, True, False, False]) == pytest.approx(
        (1 / 3 + 0.5) / 4
    )


def test_equal_confidences_are_served_together() -> None:
    assert risk_coverage([0.5, 0.5], [True, False])[:, 1].tolist() == [0.5, 0.5]
    assert area_under_risk_coverage([], []) == 0.0


def test_calibration_error() -> None:
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert expected_calibration_error([1.0, 1.0], [False, False]) == pytest.approx(1.0)
    assert expected_calibration_error([], []) == 0.0
    chance = np.random.default_rng(1)
    confidence = chance.random(20_000)
    assert expected_calibration_error(confidence.tolist(), (chance.random(20_000) < confidence).tolist()) < 0.02


def test_what_answers_cost() -> None:
    usage = Usage(prompt_tokens=2_000, completion_tokens=100)
    assert usage_metrics(Usage(), None) == {}
    assert usage_metrics(usage, None) == {"prompt_tokens": 2_000, "completion_tokens": 100}
    assert usage_metrics(usage, Prices(prompt=0.5, completion=2.0))["cost"] == pytest.approx(1_000 * 0.0012)


@pytest.mark.parametrize(
    ("answerable", "evidence", "refused", "found"),
    [
        (True, TEXT, False, {"coverage": 1.0, "risk": 0.0}),
        (True, "Something else.", False, {"coverage": 1.0, "risk": 1.0}),
        (False, TEXT, False, {"coverage": 1.0, "risk": 1.0}),
        (True, TEXT, True, {"coverage": 0.0}),
    ],
)
def test_coverage_is_of_all_and_risk_of_what_was_answered(
    answerable: bool, evidence: str, refused: bool, found: dict[str, float]
) -> None:
    case = Case("q", "?", answerable, evidence=(Evidence(hit(TEXT).chunk.source, evidence),))
    metrics = answer_metrics(case, answer_of("Ask HR [1] for the form. [1]", refused=refused), lambda key: TEXT)
    assert {name: value for name, value in metrics.items() if name in ("coverage", "risk")} == found
