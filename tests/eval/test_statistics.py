"""Intervals cover, tests tell real differences from chance, and corrections are those of the literature."""

import numpy as np
import pytest
from scipy import stats

from eval import summary
from eval.statistics import Difference, Estimate, differences, estimate, pairs, randomisation_p, share, verdict
from tests.eval.by_hand import Values, made_run


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    values = np.random.default_rng(1).random(400)
    few, many = estimate(values[:40].tolist(), 7), estimate(values.tolist(), 7)
    for one in (few, many):
        assert one.low < one.mean < one.high
    assert many.high - many.low < few.high - few.low
    expected = stats.norm.interval(0.95, values.mean(), values.std() / 20)
    assert (many.low, many.high) == pytest.approx(expected, abs=0.005)


def test_no_spread_and_no_values() -> None:
    assert estimate([0.5] * 9, 7) == Estimate(0.5, 0.5, 0.5, 9)
    assert estimate([], 7).count == 0


def test_where_all_are_right_the_interval_tells_how_few_they_are() -> None:
    all_right, one_wrong = share([1.0] * 5, 7), share([0.0], 7)
    assert (all_right.mean, all_right.high, all_right.count) == (1.0, 1.0, 5)
    assert all_right.low == pytest.approx(0.566, abs=0.001)
    assert (one_wrong.mean, one_wrong.low) == (0.0, 0.0)
    assert one_wrong.high == pytest.approx(0.793, abs=0.001)
    assert share([0.25, 1.0], 7) == estimate([0.25, 1.0], 7)
    assert share([], 7) == estimate([], 7)


def test_the_interval_covers_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    covered = []
    for _ in range(200):
        one = estimate(chance.binomial(1, 0.6, 80).tolist(), 7)
        covered.append(one.low <= 0.6 <= one.high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_the_randomisation_test_is_exact_where_it_can_be() -> None:
    # All eight differences are positive: 2 of the 2^8 sign patterns are as extreme.
    assert randomisation_p(np.arange(1.0, 9.0), 7) == pytest.approx(2 / 2**8)
    assert randomisation_p(np.zeros(10), 7) == 1.0


@pytest.mark.slow
def test_chance_is_called_chance() -> None:
    chance = np.random.default_rng(2)
    found = [randomisation_p(chance.normal(size=30), 7) < 0.05 for _ in range(200)]
    assert np.mean(found) < 0.1


def questions(values: np.ndarray) -> dict[str, float]:
    return {str(number): float(value) for number, value in enumerate(values)}


def test_differences_are_paired_and_corrected() -> None:
    chance = np.random.default_rng(3)
    before = chance.random(100)
    compared = {
        "better": np.column_stack([before, before + 0.1]),
        "same": np.column_stack([before, before]),
        "noise": np.column_stack([before, before + chance.normal(0, 0.1, 100)]),
    }
    found = differences(compared, 7)
    assert found["better"].mean.mean == pytest.approx(0.1)
    assert verdict(found["better"], higher_is_better=True) == "better"
    assert verdict(found["better"], higher_is_better=False) == "worse"
    assert verdict(found["same"], higher_is_better=True) == "equal"
    assert verdict(found["noise"], higher_is_better=True) == "not distinguishable"
    alone = differences({"better": compared["better"]}, 7)["better"]
    assert found["better"].p == pytest.approx(3 * alone.p, rel=0.01)  # Benjamini-Hochberg: the best of three


def test_questions_without_a_pair_are_left_out() -> None:
    baseline = {"a": 0.0, "b": 1.0}
    assert pairs(baseline, {"b": 0.5, "c": 9.0}).tolist() == [[1.0, 0.5]]
    found = differences({name: pairs(baseline, {key: 0.5}) for name, key in (("x", "b"), ("none", "c"))}, 7)
    assert set(found) == {"x"}
    assert (found["x"].mean.count, found["x"].lost, found["x"].gained) == (1, 1, 0)


def change(*values: float) -> Difference:
    return differences({"x": pairs(questions(np.zeros(len(values))), questions(np.array(values)))}, 7)["x"]


def test_effect_is_mean_over_deviation() -> None:
    values = np.array([0.1, 0.3, 0.2, 0.4])
    found = change(*values)
    assert found.effect == pytest.approx(values.mean() / values.std(ddof=1))
    assert found.effect_said == "d = +1.94"


def test_effect_is_undefined_where_all_differ_by_the_same() -> None:
    compared = np.array([[0.1, 0.2], [0.2, 0.3], [0.6, 0.7], [0.7, 0.8]])
    assert 0 < np.ptp(compared[:, 1] - compared[:, 0]) < 1e-9  # the last bits differ
    assert differences({"x": compared}, 7)["x"].effect is None
    assert change(1.0, 1.0, 1.0).effect is None
    assert change(1.0).effect_said == "d undefined"
    assert change(0.0, 0.0).effect == 0.0


def test_all_headlines_and_configurations_of_a_data_set_are_one_family() -> None:
    chance = np.random.default_rng(4)
    low, high = chance.random(60).tolist(), chance.random(60).tolist()
    raised = [value + 0.05 + 0.01 * (number % 4) for number, value in enumerate(low)]
    base: Values = {"ndcg@10": low, "recall@10": low, "mrr@10": low, "refusal_precision": [1.0] * 60}
    run = made_run({"base": base, "x": {**base, "ndcg@10": raised}, "y": {**base, "recall@10": high}})
    found = summary.comparisons(run, "small")
    assert {name: set(of) for name, of in found.items()} == {
        name: {"x", "y"} for name in ("ndcg@10", "recall@10", "mrr@10")
    }
    alone = randomisation_p(np.array(raised) - np.array(low), 7)
    assert found["ndcg@10"]["x"].p == pytest.approx(6 * alone)  # the best of three metrics by two configurations


@pytest.mark.parametrize(
    ("values", "main"),
    [
        ({"ndcg@10": [1.0], "answered_right": [0.0]}, "answered_right"),
        ({"search_ms": [1.0], "ndcg@10": [1.0]}, "ndcg@10"),
        ({"search_ms": [1.0], "refusal_precision": [1.0], "refusal_recall": [1.0]}, "refusal_recall"),
        ({"search_ms": [1.0]}, "search_ms"),
    ],
)
def test_what_configurations_are_ranked_by_is_there(values: Values, main: str) -> None:
    assert summary.main_metric(made_run({"a": values}).results[0]).name == main
