"""A weight is fitted to a collection, its gain proven on questions that it was not chosen by, and used from then on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.bootstrap import Services
from api.cli import app
from api.settings import load_settings
from api.tuned import Tuned, load_tuned, save_tuned
from eval.datasets.documents import list_documents
from eval.tuning.fusion import cases_of, fit
from ingest.errors import InvalidError, SettingsError
from ingest.pipeline import Label
from tests.fakes import HashEmbedder

import eval.cli  # isort: skip  # adds the command

assert eval.cli.app
QUESTIONS = 40


class Misled(HashEmbedder):
    """Finds nothing by meaning: every query looks like the first document."""

    def embed_query(self, text: str) -> Any:
        return super().embed_query(text if text.startswith("#") or "report" in text else "report 0 alpha0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(QUESTIONS):
        text = f"report {number} alpha{number}\n\nThe code word of the day is beta{number} in gamma{number}."
        (documents / f"{number:02}.txt").write_text(text)
    with services(tmp_path / "data") as opened:
        files = list_documents(documents).source_files()
        results = list(opened.collection("default", create=True).ingestor.run(files, Label("default")))
    assert [one.status for one in results] == ["indexed"] * QUESTIONS
    return tmp_path / "data"


def services(data: Path) -> Services:
    return Services(load_settings(None, {"data": data}), embedder=Misled(dimension=64))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [
        {
            "id": str(number),
            "question": f"Which code word has gamma{number}?",
            "answerable": True,
            "evidence": [{"document": f"{number:02}.txt", "quote": f"beta{number} in gamma{number}"}],
        }
        for number in range(QUESTIONS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def opened(data: Path) -> Iterator[Services]:
    with services(data) as found:
        yield found


def test_the_weight_that_helps_is_found_and_its_gain_proven(opened: Services, questions: Path) -> None:
    cases = cases_of(questions, opened, "default")
    fitted = fit(opened, opened.collection("default"), cases)
    assert (fitted.questions, fitted.before) == (QUESTIONS, 0.5)
    assert fitted.weight < 0.5
    assert fitted.scores[fitted.weight] == max(fitted.scores.values()) > fitted.scores[1.0]
    assert fitted.gain.mean.low <= fitted.gain.mean.mean <= fitted.gain.mean.high
    assert fitted == fit(opened, opened.collection("default"), cases)


def test_what_was_fitted_is_used_where_the_settings_want_it(data: Path, questions: Path) -> None:
    save_tuned(Tuned(dense_weight=0.0), data, "default")
    with services(data) as found:
        assert found.collection("default").tuned == 0.0
        assert fit(found, found.collection("default"), cases_of(questions, found, "default")).before == 0.0
    settings = load_settings(None, {"data": data, "retrieval": {"tuned": False}})
    with Services(settings, embedder=Misled(dimension=64)) as found:
        assert found.collection("default").tuned is None


def test_nothing_fitted_is_nothing(tmp_path: Path) -> None:
    assert load_tuned(tmp_path, "default") == Tuned()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"dense_weight": 7}', '{"sparse_weight": 0.5}', '{"dense_weight": "x"}']
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    path = save_tuned(Tuned(), tmp_path, "default")
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"default\.json cannot be used .* delete it"):
        load_tuned(tmp_path, "default")


def test_questions_must_be_enough_and_about_the_collection(opened: Services, questions: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(questions.read_text().splitlines()[:5]))
    with pytest.raises(InvalidError, match="has 5 answerable questions; at least 20"):
        cases_of(few, opened, "default")
    strange = tmp_path / "strange.jsonl"
    strange.write_text(questions.read_text().replace("07.txt", "absent.txt"))
    with pytest.raises(InvalidError, match=r"absent\.txt.*not in the collection default"):
        cases_of(strange, opened, "default")


def test_the_command_applies_only_a_proven_gain(data: Path, questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.tuning.commands.Services", lambda settings: Services(settings, embedder=Misled(64)))

    def tune(*more: str) -> Result:
        return CliRunner().invoke(app, ["tune", "fusion", str(questions), "--data", str(data), *more])

    found = json.loads(tune("--json").stdout)
    assert not found["used"]
    assert load_tuned(data, "default") == Tuned()
    applied = tune("--apply")
    assert applied.exit_code == (0 if found["proven"] else 1)
    assert (load_tuned(data, "default").dense_weight == found["weight"]) is found["proven"]
    forced = tune("--apply", "--force")
    assert (forced.exit_code, "in use" in forced.stdout) == (0, True)
    again = json.loads(tune("--json").stdout)
    assert again["before"] == again["weight"] == found["weight"]
    assert not again["proven"]  # nothing better than what is in use
    assert tune("--apply").exit_code == 1
