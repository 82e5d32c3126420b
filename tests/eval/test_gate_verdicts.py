"""What shuts the gate and what does not, on runs made by hand; and files that are no baseline."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval import commands
from eval import gate as gates
from eval.experiment import runs
from eval.experiment.outcomes import Run
from ingest.errors import InvalidError, UnavailableError
from tests.eval.by_hand import Values, made_run

GOOD = {"ndcg@10": [1.0, 0.9, 0.8, 0.7, 0.6, 0.5], "supported": [1.0] * 6}


def reasons(before: Values, after: Values, margins: dict[str, float] | None = None) -> list[str]:
    baseline = gates.baseline_of(made_run({"a": before}), Path("x"), margins)
    return [fall.reason for fall in gates.falls(baseline, made_run({"a": after}))]


def test_a_fall_and_a_rise_of_what_should_be_low() -> None:
    refused = {"refused_answerable": [0.0] * 6}
    assert reasons(GOOD, GOOD) == []
    (reason,) = reasons({**GOOD, **refused}, {**GOOD, "refused_answerable": [1.0] * 6})
    assert reason.startswith("Answerable refused rose by 1.000")
    (reason,) = reasons(GOOD, {**GOOD, "ndcg@10": [value - 0.5 for value in GOOD["ndcg@10"]]})
    assert reason.startswith("nDCG@10 fell by 0.500")
    assert "more than the margin of 0.02, over 6 questions" in reason


@pytest.mark.parametrize(("count", "shut"), [(1, False), (4, False), (5, True)])
def test_few_questions_are_no_certainty(count: int, shut: bool) -> None:
    found = reasons({"ndcg@10": [1.0] * count}, {"ndcg@10": [0.0] * count})
    assert bool(found) is shut


@pytest.mark.parametrize(("fell", "of", "shut"), [(3, 5, False), (4, 100, False), (5, 100, True)])
def test_a_few_that_fall_among_others_may_be_chance(fell: int, of: int, shut: bool) -> None:
    found = reasons({"ndcg@10": [1.0] * of}, {"ndcg@10": [0.0] * fell + [1.0] * (of - fell)})
    assert bool(found) is shut


def test_what_too_few_questions_guard_is_told() -> None:
    baseline = gates.baseline_of(made_run({"a": {"ndcg@10": [1.0] * 5, "refusal_recall": [1.0] * 4}}), Path("x"))
    assert list(gates.unguarded(baseline)) == ["small, a: Refusal recall"]


def test_answers_that_are_no_longer_served_are_no_fall_of_their_own() -> None:
    assert reasons(GOOD, {"ndcg@10": GOOD["ndcg@10"]}) == []
    assert reasons(GOOD, {**GOOD, "supported": [1.0, None, None, None, None, None]}) == []


def test_questions_that_are_gone_shut_the_gate() -> None:
    (reason,) = reasons(GOOD, {**GOOD, "ndcg@10": GOOD["ndcg@10"][:5]})
    assert reason == "nDCG@10: 1 of 6 questions have no value any more (q5)"
    (reason,) = reasons(GOOD, {"supported": GOOD["supported"]})
    assert reason == "nDCG@10: 6 of 6 questions have no value any more (q0, q1, q2 ...)"


def test_an_identical_run_passes_with_no_margin() -> None:
    rounded_up = {"ndcg@10": [0.386853, 0.469279, 0.123789, 0.666667, 0.123456, 0.815465]}
    assert reasons(rounded_up, rounded_up, {"ndcg@10": 0.0}) == []


def test_other_data_and_another_configuration() -> None:
    baseline = gates.baseline_of(made_run({"a": GOOD}), Path("x"))
    (fall,) = gates.falls(baseline, made_run({"a": GOOD}, sha256="other"))
    assert "not the one that the baseline was made with" in fall.reason
    (fall,) = gates.falls(baseline, made_run({"b": GOOD}))
    assert fall.reason == "the run does not have this configuration"


def test_a_run_without_anything_to_guard() -> None:
    with pytest.raises(InvalidError, match="none of the metrics that the gate watches"):
        gates.baseline_of(made_run({"a": {"search_ms": [1.0]}}), Path("x"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": {}}, "do not name the same data sets"),
        ({"values": {"small": {"a": {"ndgc@10": {"q0": 1.0}}}}}, "there is no metric ndgc@10"),
        (
            {"values": {"small": {"a": {"ndcg@10": {}}}}},
            r"values\.small\.a\.ndcg@10: Dictionary should have at least 1",
        ),
        ({"values": {}}, "there is no metric in values"),
        ({"margins": {"ndgc@10": 0.1}}, "margins name ndgc@10, of which there are no values"),
        ({"margins": {"ndcg@10": -0.1}}, r"margins\.ndcg@10: Input should be greater than or equal to 0"),
        ({"more": 1}, "more: Extra inputs"),
    ],
)
def test_a_file_that_is_no_baseline(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = tmp_path / "baseline.json"
    gates.save_baseline(gates.baseline_of(made_run({"a": GOOD}), Path("x")), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InvalidError, match=said):
        gates.load_baseline(path)


def test_a_damaged_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"experiment": ')
    with pytest.raises(InvalidError, match=r"no baseline \(file: Invalid JSON.*--update EXPERIMENT"):
        gates.load_baseline(path)


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That finds what `made_run` says."""

    def measured(experiment: Path, data: Path, config: Path | None, quiet: bool) -> Run:
        return made_run({"a": GOOD})

    monkeypatch.setattr(commands, "_measured", measured)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = tmp_path / "made.yaml"
    path.write_text("name: made\ndatasets: [{kind: questions, path: nowhere}]\n")
    return path


def test_a_baseline_in_a_new_folder(experiment: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "baseline.json"
    commands.update_baseline(path, experiment, None, tmp_path, None)
    assert gates.load_baseline(path).experiment == Path("../../made.yaml")
    assert commands.gate(path, None, tmp_path, None)


def test_margins_are_kept_unless_the_old_baseline_is_damaged(
    experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baseline.json"
    gates.save_baseline(gates.baseline_of(made_run({"a": GOOD}), Path("x"), {"ndcg@10": 0.1}), path)
    commands.update_baseline(path, experiment, None, tmp_path, None)
    assert gates.load_baseline(path).margins["ndcg@10"] == 0.1
    path.write_text("{")
    commands.update_baseline(path, experiment, None, tmp_path, None)
    assert gates.load_baseline(path).margins["ndcg@10"] == gates.MARGIN
    assert "margins not kept" in capsys.readouterr().err


def test_what_is_wrong_is_told_before_the_run(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_measured", None)
    with pytest.raises(InvalidError, match="is a folder; name a file"):
        commands.update_baseline(tmp_path, experiment, None, tmp_path, None)
    with pytest.raises(InvalidError, match="cannot be written"):
        commands.update_baseline(experiment / "below" / "baseline.json", experiment, None, tmp_path, None)
    with pytest.raises(InvalidError, match=r"nothing\.yaml cannot be read"):
        commands.update_baseline(tmp_path / "b.json", tmp_path / "nothing.yaml", "latest", tmp_path, None)


def test_a_store_that_is_down_does_not_shut_the_gate(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(run: Run, folder: Path) -> bool:
        raise UnavailableError("MLflow did not take it")

    monkeypatch.setattr(commands, "check", lambda: None)
    monkeypatch.setattr(commands, "track", down)
    path = tmp_path / "baseline.json"
    commands.update_baseline(path, experiment, None, tmp_path, None)
    assert commands.gate(path, None, tmp_path, None)
    said = capsys.readouterr()
    assert "passed" in said.out
    assert "not in MLflow: MLflow did not take it" in said.err


def test_a_saved_run_is_not_tracked_again(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "_track_or_warn", None)
    run = made_run({"a": GOOD})
    runs.save(run, tmp_path)
    path = tmp_path / "baseline.json"
    commands.update_baseline(path, experiment, run.id, tmp_path, None)
    assert commands.gate(path, run.id, tmp_path, None)
    worse = made_run({"a": {**GOOD, "ndcg@10": [0.0] * 6}})
    runs.save(worse, tmp_path)
    assert not commands.gate(path, worse.id, tmp_path, None)
    assert "FAILED small, a: nDCG@10 fell by 0.750" in capsys.readouterr().err
