"""The estimate of what is left, with numbers."""

from time import process_time

import pytest

from ingest.progress import RATE_WINDOW_S, Progress


def test_there_is_no_estimate_before_there_is_anything_to_judge_by() -> None:
    snapshot = Progress({"a": (".md", 100)}).snapshot(1.0)
    assert (snapshot.files_done, snapshot.files_total, snapshot.chunks_done) == (0, 1, 0)
    assert (snapshot.chunks_per_s, snapshot.eta_s) == (0.0, None)


def test_files_of_a_known_suffix_are_expected_to_be_as_dense() -> None:
    progress = Progress({"a": (".md", 1000), "b": (".md", 3000), "c": (".pdf", 500), "d": (".pdf", 1000)})
    progress.parsed("a", 10)
    progress.parsed("c", 50)
    progress.embedded(30)
    snapshot = progress.snapshot(2.0)
    assert snapshot.chunks_expected == 10 + 50 + 3000 * 10 / 1000 + 1000 * 50 / 500
    assert snapshot.chunks_per_s == 15
    assert snapshot.eta_s == pytest.approx((190 - 30) / 15)


def test_files_of_an_unknown_suffix_are_expected_to_be_like_all_others() -> None:
    progress = Progress({"a": (".md", 1000), "b": (".pdf", 500), "c": (".eml", 300)})
    progress.parsed("a", 10)
    progress.parsed("b", 20)
    assert progress.snapshot(1.0).chunks_expected == pytest.approx(30 + 300 * 30 / 1500)


def test_unchanged_files_give_no_work_and_lower_the_expectation() -> None:
    progress = Progress({"a": (".md", 1000), "b": (".md", 1000), "c": (".md", 1000)})
    progress.parsed("a", 0)
    progress.parsed("b", 10)
    assert progress.snapshot(1.0).chunks_expected == 15


def test_at_the_end_nothing_is_left() -> None:
    progress = Progress({"a": (".md", 10), "b": (".md", 0)})
    progress.parsed("a", 4)
    progress.parsed("b", 0)
    progress.embedded(4)
    progress.finished(2)
    snapshot = progress.snapshot(2.0)
    assert (snapshot.files_done, snapshot.chunks_expected, snapshot.eta_s) == (2, 4, 0)


def test_no_time_and_no_bytes_are_no_division_by_zero() -> None:
    progress = Progress({"a": (".md", 0), "b": (".md", 0)})
    progress.parsed("a", 3)
    progress.embedded(3)
    assert progress.snapshot(0.0).eta_s is None
    assert progress.snapshot(1.0).eta_s == 0
    assert Progress({}).snapshot(0.0).files_total == 0


def test_the_rate_is_that_of_the_last_minute() -> None:
    progress = Progress({"a": (".md", 1000)})
    progress.parsed("a", 10_000)
    progress.snapshot(0.0)
    for second in range(1, 1001):
        progress.embedded(1)
        slow = progress.snapshot(float(second))
    assert slow.chunks_per_s == pytest.approx(1)
    for second in range(1001, 1001 + 2 * int(RATE_WINDOW_S)):
        progress.embedded(50)
        fast = progress.snapshot(float(second))
    assert fast.chunks_per_s == pytest.approx(50)
    assert fast.eta_s == pytest.approx((10_000 - fast.chunks_done) / 50)


def test_many_files_take_no_time_to_count() -> None:
    progress = Progress({str(number): (".md", 1000) for number in range(20_000)})
    started = process_time()
    for number in range(20_000):
        progress.parsed(str(number), 2)
        snapshot = progress.snapshot(number / 100)
    assert snapshot.chunks_expected == 40_000
    assert process_time() - started < 5
