"""Runs whose difference is known are told apart, over the questions that both have."""

from pathlib import Path

import pytest

from eval import commands
from eval.compare import compare
from eval.experiment import runs
from ingest.errors import InvalidError
from tests.eval.by_hand import made_run

LOW = [0.1 * (number % 5) for number in range(20)]


def test_two_runs_that_differ() -> None:
    before = made_run({"a": {"ndcg@10": LOW, "recall@10": LOW, "refused_answerable": [0.0] * 20}})
    raised = [value + 0.1 + 0.01 * (number % 3) for number, value in enumerate(LOW)]
    swapped = [value + (0.1 if number % 2 else -0.1) for number, value in enumerate(LOW)]
    after = made_run({"a": {"ndcg@10": raised, "recall@10": swapped, "refused_answerable": [1.0] * 10 + [0.0] * 10}})
    found = {one.metric.name: one for one in compare(before, after)}
    assert {name: one.verdict for name, one in found.items()} == {
        "ndcg@10": "better",
        "recall@10": "not distinguishable",
        "refused_answerable": "worse",
    }
    one = found["ndcg@10"]
    assert (one.before, one.after) == pytest.approx((sum(LOW) / 20, sum(raised) / 20))
    assert (one.difference.gained, one.difference.lost) == (20, 0)
    assert one.difference.mean.low < one.after - one.before < one.difference.mean.high
    back = {one.metric.name: one.verdict for one in compare(after, before)}
    assert back == {"ndcg@10": "worse", "recall@10": "not distinguishable", "refused_answerable": "better"}


def test_means_are_those_of_the_questions_that_both_have() -> None:
    before = made_run({"a": {"supported": [1.0, 0.0, 0.5, None]}})
    after = made_run({"a": {"supported": [None, 0.5, 1.0, 1.0]}})
    (one,) = compare(before, after)
    assert (one.before, one.after) == (0.25, 0.75)
    assert one.difference.mean.mean == one.after - one.before
    assert one.difference.mean.count == 2


def test_refusal_precision_which_no_question_can_differ_in_is_left_out() -> None:
    before = made_run({"a": {"refusal_recall": [1.0, 1.0, 1.0], "refusal_precision": [1.0, 1.0, 1.0]}})
    after = made_run({"a": {"refusal_recall": [1.0, 0.0, 0.0], "refusal_precision": [1.0, None, None, 0.0, 0.0]}})
    assert [one.metric.name for one in compare(before, after)] == ["refusal_recall"]


def test_other_questions_of_a_data_set_are_not_compared() -> None:
    values = {"a": {"ndcg@10": LOW}}
    with pytest.raises(InvalidError, match="changed between the runs, or other questions of it were drawn"):
        compare(made_run(values), made_run(values, sha256="other"))
    with pytest.raises(InvalidError, match="no configuration and data set in common"):
        compare(made_run(values), made_run({"b": {"ndcg@10": LOW}}))


def test_the_command_says_that_questions_are_synthetic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made_run({"a": {"ndcg@10": LOW}}, synthetic=True)
    runs.save(run, tmp_path)
    commands.compare(run.id, "latest", tmp_path, as_json=False)
    said = capsys.readouterr().out
    assert "small (synthetic), a" in said
    assert "equal" in said
