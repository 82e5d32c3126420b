"""A confidence and its threshold are fitted to a collection, their gain proven on questions that they were not fitted
to, and used from then on."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from api.bootstrap import Services
from api.cli import app
from api.settings import load_settings
from api.tuned import Abstention, Tuned, load_tuned, save_tuned
from eval.datasets.questions import Evidence
from eval.experiment.sets import Case
from eval.tuning.abstention.asking import ask, check_settings
from eval.tuning.abstention.fitting import Fitted, Questions, check_counts, confidences, fit
from eval.tuning.abstention.goals import NEVER, Cost, Precision, goal_of, precision
from generation.answerer import drain
from generation.confidence import NAMES, Confidence, Traits
from ingest.errors import InvalidError, SettingsError
from retrieval.types import Query
from tests.eval.library import COLLECTION, library
from tests.fakes import HashEmbedder

import eval.cli  # isort: skip  # adds the command

assert eval.cli.app
FEW = 20
CONFIDENCES = st.lists(st.tuples(st.integers(0, 990).map(lambda n: n / 1000), st.booleans()), min_size=1, max_size=40)


def asked(telling: str | None, seed: int = 3, count: int = 120) -> Questions:
    """Half of them answerable, and nearly all of these answered rightly. One trait tells them apart, all others and
    the confidence in use tell nothing."""
    rng = np.random.default_rng(seed)
    answerable = np.arange(count) % 2 == 0
    traits = rng.normal(size=(count, len(NAMES)))
    if telling:
        traits[:, NAMES.index(telling)] += 4.0 * answerable
    right = answerable & (rng.random(count) < 0.95)
    return Questions(traits, answerable, right, rng.random(count), np.zeros(count, bool))


@pytest.fixture(scope="module")
def told() -> Fitted:
    return fit(asked("passage"), 0.1, Cost(1.0), seed=7)


def test_a_trait_that_tells_is_found_and_the_gain_is_proven(told: Fitted) -> None:
    found = told
    assert found.proven
    assert max(found.confidence.weights, key=lambda name: abs(found.confidence.weights[name])) == "passage"
    assert found.after.risk.mean < 0.25 < found.before.risk.mean
    assert found.after.refusal_recall.mean > 0.8 > found.before.refusal_recall.mean
    assert found.after.area.mean < found.before.area.mean
    assert found.after.area.low < found.after.area.mean < found.after.area.high
    assert (found.questions, found.answerable) == (120, 60)


def test_noise_proves_nothing() -> None:
    silent = replace(asked(None), confidence=np.zeros(120))  # a coin is worth no more than silence
    found = fit(silent, 0.5, Cost(1.0), seed=7)
    assert not found.proven
    assert found.after.area.low > 0.3
    assert found == fit(silent, 0.5, Cost(1.0), seed=7)


def test_the_dearer_a_wrong_answer_the_fewer_are_given(told: Fitted) -> None:
    dear = fit(asked("passage"), 0.1, Cost(4.0), seed=7)
    assert dear.min_confidence > told.min_confidence
    assert dear.after.coverage.mean < told.after.coverage.mean


def test_a_precision_that_was_missed_is_reached() -> None:
    found = fit(asked("passage"), 0.1, Precision(0.85), seed=7)
    assert 1 - found.before.risk.mean < 0.6 < 0.82 < 1 - found.after.risk.mean
    assert found.proven


def test_where_the_precision_was_reached_before_the_gain_is_in_right_answers() -> None:
    questions = asked("passage")
    timid = replace(questions, confidence=np.where(np.arange(120) < 20, questions.right, 0.0).astype(float))
    found = fit(timid, 0.5, Precision(0.8), seed=7)
    assert found.before.risk.mean == 0.0
    assert found.proven
    assert found.gain.mean.mean > 0.2


def test_a_precision_out_of_reach_is_said() -> None:
    with pytest.raises(InvalidError, match=r"No threshold reaches a precision of 0\.99.*ask for less"):
        fit(asked(None), 0.1, Precision(0.99), seed=7)


def test_too_few_questions_or_right_answers_are_refused() -> None:
    with pytest.raises(InvalidError, match="21 answerable questions and 19 unanswerable ones; at least 20 of each"):
        check_counts([True] * 21 + [False] * 19)
    wrong = replace(asked("passage"), right=np.arange(120) == 0)
    with pytest.raises(InvalidError, match="Only 1 of the 60 answerable questions would be answered rightly"):
        fit(wrong, 0.1, Cost(1.0), seed=7)


def test_what_is_refused_anyway_is_no_gain_of_a_threshold() -> None:
    questions = asked("passage")
    silent = replace(questions, right=questions.answerable, refused=~questions.answerable)
    said = r"Only 0 of the 120 questions would be answered wrongly \(60 are refused whatever the threshold\)"
    with pytest.raises(InvalidError, match=said):
        fit(silent, 0.1, Cost(1.0), seed=7)
    some = replace(questions, refused=~questions.answerable & (np.arange(120) < 80), confidence=np.ones(120))
    found = fit(some, 0.5, Cost(1.0), seed=7)
    assert found.before.coverage.mean == 80 / 120
    assert found.before.refusal_recall.mean == 40 / 60
    assert found.before.refusal_precision.mean == 1.0
    assert found.gain.mean.mean <= 20 / 120  # of the wrong answers that a threshold can spare
    others = replace(some, traits=np.where(some.refused[:, None], 1e3, some.traits))
    assert fit(others, 0.5, Cost(1.0), seed=7).confidence == found.confidence


@given(CONFIDENCES, st.floats(0.1, 20))
def test_no_threshold_is_worth_more(found: list[tuple[float, bool]], cost: float) -> None:
    confidence, right = np.array([one for one, _ in found]), np.array([one for _, one in found])
    goal = Cost(cost)
    best = goal.worth(confidence >= goal.threshold(confidence, right), right).sum()
    assert all(goal.worth(confidence >= other, right).sum() <= best + 1e-9 for other in [0.0, *confidence, NEVER])


@given(CONFIDENCES, st.floats(0.1, 0.99))
def test_the_least_threshold_that_reaches_a_precision(found: list[tuple[float, bool]], wanted: float) -> None:
    confidence, right = np.array([one for one, _ in found]), np.array([one for _, one in found])
    goal = Precision(wanted)
    served = confidence >= goal.threshold(confidence, right)
    assert not served.any() or precision(served, right) >= wanted
    more = [confidence >= other for other in confidence if (confidence >= other).sum() > served.sum()]
    assert all(precision(one, right) < wanted for one in more)


def test_one_question_has_one_confidence_wherever_it_is_reckoned() -> None:
    model = Confidence(-0.3, {"sentence": 0.7, "bm25": -1.2})
    rows = np.random.default_rng(1).normal(size=(5, len(NAMES))) * 3
    assert confidences(model, rows).tolist() == pytest.approx([model.of(Traits(*row)) for row in rows.tolist()])
    assert 0 <= model.of(Traits(-1e6, *[0.0] * 7)) < 1e-9


def test_a_goal_is_a_cost_or_a_precision() -> None:
    assert (goal_of(None, None), goal_of(3.0, None), goal_of(None, 0.9)) == (Cost(1.0), Cost(3.0), Precision(0.9))
    with pytest.raises(InvalidError, match="--cost and --precision exclude each other"):
        goal_of(1.0, 0.9)


def test_a_refusal_without_a_threshold_is_noted(tmp_path: Path) -> None:
    cases = [Case("q1", "Who repairs the lift?", False), Case("q2", "What is beta?", evidence=(Evidence("b", "beta"),))]
    with library(tmp_path, {}) as shelf:
        found = ask(shelf.services, shelf.collection, cases)
        assert (found.refused.tolist(), found.right.tolist()) == ([True, True], [False, False])
        shelf.put("b", "This is beta.")
        assert ask(shelf.services, shelf.collection, cases[1:]).refused.tolist() == [False]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("abstention") / "data"
    with library(folder, {}) as shelf:
        for number in range(FEW):
            shelf.put(f"{number:02}.txt", f"The code word of gamma{number} is beta{number}, as all should know.")
    return folder


@pytest.fixture
def data(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, for tests write into it, where nothing is refused."""
    monkeypatch.setenv("CITEWELL_ANSWERS__CROSS_ENCODER", "false")
    monkeypatch.setenv("CITEWELL_ANSWERS__MIN_CONFIDENCE", "0")
    monkeypatch.setattr("eval.tuning.abstention.command.Services", opened)
    return Path(shutil.copytree(filled, tmp_path / "data"))


def opened(settings: Any) -> Services:
    return Services(settings, embedder=HashEmbedder(dimension=64))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    known = [
        {
            "id": f"known {number}",
            "question": f"What is the code word of gamma{number}?",
            "answerable": True,
            "evidence": [{"document": f"{number:02}.txt", "quote": f"is beta{number}, as all"}],
        }
        for number in range(FEW)
    ]
    unknown = [
        {"id": f"unknown {number}", "question": f"Who repairs lift{number}?", "answerable": False, "evidence": []}
        for number in range(FEW)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*known, *unknown]))
    return path


def tune(questions: Path, data: Path, *more: str) -> Result:
    arguments = ["tune", "abstention", str(questions), "--data", str(data), "--collection", COLLECTION, *more]
    return CliRunner().invoke(app, arguments)


def answered(data: Path, question: str, **answers: Any) -> tuple[bool, float]:
    with opened(load_settings(None, {"data": data, "answers": answers})) as services:
        query = Query(question, COLLECTION, services.settings.access.tenant)
        found = asyncio.run(drain(services.collection(COLLECTION).answerer.answer(query)))
        return found.refused, found.confidence


def test_the_command_applies_a_proven_gain_and_answers_heed_it(data: Path, questions: Path) -> None:
    found = json.loads(tune(questions, data, "--json").stdout)
    assert (found["proven"], found["used"]) == (True, False)
    assert load_tuned(data, COLLECTION) == Tuned()
    save_tuned(Tuned(dense_weight=0.4), data, COLLECTION)
    applied = tune(questions, data, "--apply")
    assert applied.exit_code == 0
    assert "running servers use it after a restart" in " ".join(applied.stdout.split())
    kept = load_tuned(data, COLLECTION)
    assert kept.dense_weight == 0.4
    assert kept.abstention
    known, unknown = "What is the code word of gamma7?", "Who repairs lift7?"
    (known_refused, sure), (unknown_refused, unsure) = answered(data, known), answered(data, unknown)
    assert (known_refused, unknown_refused) == (False, True)
    assert unsure < kept.abstention.min_confidence <= sure
    assert answered(data, unknown, tuned=False)[0] is False
    again = tune(questions, data, "--apply")  # nothing better than what is in use
    assert (again.exit_code, "not proven" in " ".join(again.output.split())) == (1, True)
    assert load_tuned(data, COLLECTION) == kept


def test_what_was_fitted_with_other_settings_is_not_used(
    data: Path, questions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert tune(questions, data, "--apply").exit_code == 0
    assert answered(data, "Who repairs lift7?", passages=5)[0] is False
    assert "belongs to other settings and is not used; run `citewell tune abstention` again" in caplog.text


def test_questions_and_settings_must_be_usable(data: Path, questions: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in questions.read_text().splitlines()]
    made = tmp_path / "made.jsonl"
    made.write_text("".join(json.dumps({**row, "tags": ["synthetic"]}) + "\n" for row in rows))
    assert "are generated ones" in str(tune(made, data, "--apply").exception)
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps(row) + "\n" for row in rows[:30]))
    assert "20 answerable questions and 10 unanswerable ones" in str(tune(few, data).exception)
    with pytest.raises(InvalidError, match=r"answers\.tuned is false"):
        check_settings(load_settings(None, {"data": tmp_path, "answers": {"tuned": False}}).answers)


@pytest.mark.parametrize(
    "abstention",
    [
        {"confidence": {"bias": 0.0, "weights": {"charm": 1.0}}, "min_confidence": 0.5, "fitted_with": {}},
        {"confidence": {"bias": 0.0, "weights": {}}, "min_confidence": 7, "fitted_with": {}},
        {"confidence": {"bias": float("inf"), "weights": {}}, "min_confidence": 0.5, "fitted_with": {}},
        {"confidence": {"bias": 0.0, "weights": ["dense"]}, "min_confidence": 0.5, "fitted_with": {}},
        {"confidence": {"bias": 0.0}, "min_confidence": 0.5, "fitted_with": {}},
        {"min_confidence": 0.5},
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, abstention: dict[str, Any]) -> None:
    path = save_tuned(Tuned(), tmp_path, "default")
    path.write_text(json.dumps({"abstention": abstention}))
    with pytest.raises(SettingsError, match=r"default\.json cannot be used .* delete it"):
        load_tuned(tmp_path, "default")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    kept = Tuned(0.3, Abstention(Confidence(1.0, {"dense": 2.0}), 0.25, {"passages": 10, "model": None}))
    save_tuned(kept, tmp_path, "default")
    assert load_tuned(tmp_path, "default") == kept
