"""Metrics agree with hand-computed cases, and with trec_eval where its bindings are installed."""

import random
from math import log2

import pytest

from eval.metrics import first_of_each, mean, ndcg, recall


def test_ndcg_of_graded_documents_in_the_wrong_order() -> None:
    grades = {"a": 2, "b": 1, "c": 0}
    gained = 1 / log2(2) + 2 / log2(4)
    ideal = 2 / log2(2) + 1 / log2(3)
    assert ndcg(["b", "c", "a"], grades, 10) == pytest.approx(gained / ideal)


def test_ndcg_counts_what_was_not_found_in_the_ideal() -> None:
    assert ndcg(["a"], {"a": 1, "b": 1}, 10) == pytest.approx(1 / (1 + 1 / log2(3)))


def test_ndcg_looks_no_further_than_k() -> None:
    assert ndcg(["x", "a"], {"a": 1}, 1) == 0.0
    assert ndcg(["a"], {"a": 1, "b": 1, "c": 1}, 1) == 1.0


def test_negative_grades_gain_nothing() -> None:
    assert ndcg(["a", "b"], {"a": -1, "b": 1}, 10) == pytest.approx(1 / log2(3))


@pytest.mark.parametrize("metric", [ndcg, recall])
def test_nothing_relevant_scores_nothing(metric: object) -> None:
    assert callable(metric)
    assert metric(["a"], {}, 10) == metric(["a"], {"a": 0}, 10) == 0.0


def test_recall_is_the_share_of_relevant_documents_found() -> None:
    grades = {"a": 1, "b": 2, "c": 0, "d": 1}
    assert recall(["a", "c", "b", "d"], grades, 3) == pytest.approx(2 / 3)
    assert recall([], grades, 3) == 0.0


def test_mean_of_nothing() -> None:
    assert mean([]) == 0.0
    assert mean([1.0, 2.0]) == 1.5


def test_a_document_stands_where_its_best_chunk_stood() -> None:
    assert first_of_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_agrees_with_trec_eval() -> None:
    trec = pytest.importorskip("pytrec_eval")
    chance = random.Random(3)
    names = [f"d{number:03}" for number in range(200)]
    qrels = {f"q{number}": {name: chance.randrange(4) for name in chance.sample(names, 30)} for number in range(20)}
    runs = {key: chance.sample(names, 150) for key in qrels}
    scored = {key: {name: float(200 - rank) for rank, name in enumerate(run)} for key, run in runs.items()}
    expected = trec.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100"}).evaluate(scored)
    for key, run in runs.items():
        assert ndcg(run, qrels[key], 10) == pytest.approx(expected[key]["ndcg_cut_10"])
        assert recall(run, qrels[key], 100) == pytest.approx(expected[key]["recall_100"])
