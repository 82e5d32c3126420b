"""Fusion: properties that any two rankings have, and the formulas by hand."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import minmax, rrf

Ranking = list[tuple[str, float]]


def ranking(scores: dict[str, int]) -> Ranking:
    return sorted(((key, score / 8) for key, score in scores.items()), key=lambda pair: (-pair[1], pair[0]))


# Scores that are whole eighths: floating point then keeps their order and their ties.
rankings = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(-80, 800), max_size=10).map(ranking)
weights = st.floats(0, 1)


def keys(fused: Ranking) -> list[str]:
    return [key for key, _ in fused]


def test_minmax_by_hand() -> None:
    dense = [("a", 0.9), ("b", 0.5), ("c", 0.1)]
    bm25 = [("c", 12.0), ("d", 4.0)]
    fused = minmax(dense, bm25, 0.25)
    assert keys(fused) == ["c", "a", "b", "d"]
    assert dict(fused) == pytest.approx({"a": 0.25, "b": 0.125, "c": 0.75, "d": 0.0})


def test_rrf_by_hand() -> None:
    fused = rrf([[("a", 9.0), ("b", 1.0)], [("b", 3.0), ("c", 2.0)]], k=60)
    assert keys(fused) == ["b", "a", "c"]
    assert dict(fused) == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})


@given(rankings, rankings, weights)
def test_minmax_ranks_each_chunk_once_between_nought_and_one(dense: Ranking, bm25: Ranking, weight: float) -> None:
    fused = minmax(dense, bm25, weight)
    assert sorted(keys(fused)) == sorted({*keys(dense), *keys(bm25)})
    assert all(0 <= score <= 1 + 1e-9 for _, score in fused)
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


@given(rankings, rankings)
def test_minmax_with_all_weight_on_one_branch_keeps_its_order(dense: Ranking, bm25: Ranking) -> None:
    for weight, branch in ((1.0, dense), (0.0, bm25)):
        fused = minmax(dense, bm25, weight)
        assert [key for key in keys(fused) if key in dict(branch)] == keys(branch)
        assert all(score == 0 for key, score in fused if key not in dict(branch))


@given(rankings, rankings, weights, st.randoms())
def test_minmax_does_not_depend_on_the_order_of_arrival(
    dense: Ranking, bm25: Ranking, weight: float, chance: Random
) -> None:
    shuffled, mixed = (sorted(one, key=lambda _: chance.random()) for one in (dense, bm25))
    assert minmax(shuffled, mixed, weight) == minmax(dense, bm25, weight)


@given(rankings, rankings, st.integers(0, 64))
def test_minmax_treats_its_branches_alike(dense: Ranking, bm25: Ranking, parts: int) -> None:
    one, other = minmax(dense, bm25, parts / 64), minmax(bm25, dense, 1 - parts / 64)
    assert dict(one) == pytest.approx(dict(other))


@given(rankings, rankings, weights, st.sampled_from([0.5, 2.0, 16.0]), st.integers(-9, 9))
def test_minmax_does_not_depend_on_the_scale_of_a_branch(
    dense: Ranking, bm25: Ranking, weight: float, factor: float, shift: int
) -> None:
    scaled = [(key, score * factor + shift) for key, score in bm25]
    assert dict(minmax(dense, scaled, weight)) == pytest.approx(dict(minmax(dense, bm25, weight)))


@given(rankings, weights)
def test_two_branches_that_agree_keep_their_order(branch: Ranking, weight: float) -> None:
    assert keys(minmax(branch, branch, weight)) == keys(branch)
    assert keys(rrf([branch, branch], 60)) == keys(branch)


@given(st.lists(rankings, max_size=4), st.integers(1, 100))
def test_rrf_is_the_sum_of_reciprocal_ranks(branches: list[Ranking], k: int) -> None:
    fused = rrf(branches, k)
    for key, score in fused:
        places = [keys(branch).index(key) + 1 for branch in branches if key in keys(branch)]
        assert score == pytest.approx(sum(1 / (k + place) for place in places))
    assert len(fused) == len({key for branch in branches for key in keys(branch)})


@given(rankings, st.integers(1, 100))
def test_rrf_of_one_branch_keeps_its_order(branch: Ranking, k: int) -> None:
    assert keys(rrf([branch, []], k)) == keys(branch)


@given(st.lists(rankings, max_size=4), st.integers(1, 100))
def test_rrf_does_not_depend_on_the_order_of_the_branches(branches: list[Ranking], k: int) -> None:
    assert dict(rrf(branches, k)) == pytest.approx(dict(rrf(branches[::-1], k)))


def test_equal_scores_count_as_full_and_nothing_gives_nothing() -> None:
    assert minmax([("a", 0.3)], [], 0.5) == [("a", 0.5)]
    assert minmax([("b", 0.3), ("a", 0.3)], [], 1.0) == [("a", 1.0), ("b", 1.0)]
    assert minmax([], [], 0.5) == rrf([], 60) == rrf([[], []], 60) == []
