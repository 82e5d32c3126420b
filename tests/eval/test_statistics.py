"""Intervals cover, tests tell real differences from chance, and corrections are those of the literature."""

import numpy as np
import pytest
from scipy import stats

from eval.statistics import Difference, Estimate, differences, estimate, randomisation_p, verdict


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


def test_chance_is_called_chance() -> None:
    chance = np.random.default_rng(2)
    found = [randomisation_p(chance.normal(size=30), 7) < 0.05 for _ in range(200)]
    assert np.mean(found) < 0.1


def questions(values: np.ndarray) -> dict[str, float]:
    return {str(number): float(value) for number, value in enumerate(values)}


def test_differences_are_paired_and_corrected() -> None:
    chance = np.random.default_rng(3)
    before = chance.random(100)
    others = {
        "better": questions(before + 0.1),
        "same": questions(before),
        "noise": questions(before + chance.normal(0, 0.1, 100)),
    }
    found = differences(questions(before), others, 7)
    assert found["better"].mean.mean == pytest.approx(0.1)
    assert verdict(found["better"], higher_is_better=True) == "better"
    assert verdict(found["better"], higher_is_better=False) == "worse"
    assert verdict(found["same"], higher_is_better=True) == "equal"
    assert verdict(found["noise"], higher_is_better=True) == "not distinguishable"
    alone = differences(questions(before), {"better": others["better"]}, 7)["better"]
    assert found["better"].p == pytest.approx(3 * alone.p, rel=0.01)  # Benjamini-Hochberg: the best of three


def test_questions_without_a_pair_are_left_out() -> None:
    found = differences({"a": 0.0, "b": 1.0}, {"x": {"b": 0.5, "c": 9.0}, "none": {"c": 1.0}}, 7)
    assert set(found) == {"x"}
    assert (found["x"].mean.count, found["x"].lost, found["x"].gained) == (1, 1, 0)


def test_effect_is_mean_over_deviation() -> None:
    values = np.array([0.1, 0.3, 0.2, 0.4])
    found: Difference = differences(questions(np.zeros(4)), {"x": questions(values)}, 7)["x"]
    assert found.effect == pytest.approx(values.mean() / values.std(ddof=1))
