"""A weight is fitted to a collection, its gain proven on questions that it was not chosen by, and used from then on."""

import json
import shutil
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
from eval.datasets.questions import Evidence
from eval.experiment.sets import Case
from eval.tuning.cases import answerable_cases
from eval.tuning.fusion import check_settings, check_usable, fit
from ingest.errors import InvalidError, SettingsError
from ingest.pipeline import Label
from tests.eval.library import library
from tests.fakes import HashEmbedder

import eval.cli  # isort: skip  # adds the command

assert eval.cli.app
QUESTIONS = 40
BEFORE = 0.9
"""Far too much for a model that finds nothing by meaning."""


class Misled(HashEmbedder):
    """Finds nothing by meaning: every query looks like the first document."""

    def embed_query(self, text: str) -> Any:
        return super().embed_query(text if text.startswith("#") or "report" in text else "report 0 alpha0")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    documents = folder / "documents"
    documents.mkdir()
    for number in range(QUESTIONS):
        text = f"report {number} alpha{number}\n\nThe code word of the day is beta{number} in gamma{number}."
        (documents / f"{number:02}.txt").write_text(text)
    with services(folder / "data") as opened:
        files = list_documents(documents).source_files()
        results = list(opened.collection("default", create=True).ingestor.run(files, Label("default")))
    assert [one.status for one in results] == ["indexed"] * QUESTIONS
    return folder / "data"


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    """A copy, for tests write into it."""
    return Path(shutil.copytree(filled, tmp_path / "data"))


def services(data: Path, **retrieval: Any) -> Services:
    chosen = {"dense_weight": BEFORE, **retrieval}
    settings = load_settings(None, {"data": data, "answers": {"cross_encoder": False}, "retrieval": chosen})
    return Services(settings, embedder=Misled(dimension=64))


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
    cases = answerable_cases(questions, opened, "default").asked
    fitted = fit(opened, opened.collection("default"), cases)
    assert (fitted.questions, fitted.before) == (QUESTIONS, BEFORE)
    assert fitted.weight <= 0.5
    assert fitted.proven
    assert fitted.scores[fitted.weight] == max(fitted.scores.values()) > fitted.scores[1.0]
    assert fitted.gain.mean.low <= fitted.gain.mean.mean <= fitted.gain.mean.high
    assert fitted == fit(opened, opened.collection("default"), cases)


def test_what_was_fitted_is_used_where_the_settings_want_it(data: Path, questions: Path) -> None:
    save_tuned(Tuned(dense_weight=0.0), data, "default")
    with services(data) as found:
        assert found.collection("default").tuned == 0.0
        assert (
            fit(found, found.collection("default"), answerable_cases(questions, found, "default").asked).before == 0.0
        )
    with services(data, tuned=False) as found:
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


def test_questions_must_be_enough(opened: Services, questions: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(questions.read_text().splitlines()[:5]))
    with pytest.raises(InvalidError, match="has 5 answerable questions; at least 20"):
        answerable_cases(few, opened, "default")


def tune(questions: Path, data: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["tune", "fusion", str(questions), "--data", str(data), *more])


@pytest.fixture
def misled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_ANSWERS__CROSS_ENCODER", "false")
    monkeypatch.setenv("CITEWELL_RETRIEVAL__DENSE_WEIGHT", str(BEFORE))
    monkeypatch.setattr("eval.tuning.commands.Services", lambda settings: Services(settings, embedder=Misled(64)))


@pytest.mark.usefixtures("misled")
def test_the_command_applies_only_a_proven_gain(data: Path, questions: Path) -> None:
    found = json.loads(tune(questions, data, "--json").stdout)
    assert (found["proven"], found["used"]) == (True, False)
    assert load_tuned(data, "default") == Tuned()
    applied = tune(questions, data, "--apply")
    assert (applied.exit_code, "running servers use it after a restart" in " ".join(applied.stdout.split())) == (
        0,
        True,
    )
    assert load_tuned(data, "default").dense_weight == found["weight"]
    again = json.loads(tune(questions, data, "--json").stdout)
    assert again["before"] == again["weight"] == found["weight"]
    assert not again["proven"]  # nothing better than what is in use
    assert tune(questions, data, "--apply").exit_code == 1
    forced = tune(questions, data, "--apply", "--force")
    assert (forced.exit_code, "in use" in forced.stdout) == (0, True)


@pytest.mark.usefixtures("misled")
def test_generated_questions_alone_decide_nothing(data: Path, questions: Path) -> None:
    rows = [json.loads(line) | {"tags": ["synthetic"]} for line in questions.read_text().splitlines()]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    refused = tune(questions, data, "--apply")
    assert isinstance(refused.exception, InvalidError)
    assert "are generated ones, which favour BM25" in str(refused.exception)
    assert load_tuned(data, "default") == Tuned()
    assert tune(questions, data).exit_code == 0
    assert tune(questions, data, "--apply", "--force").exit_code == 0
    mixed = [row | {"tags": []} if row["id"] == "3" else row for row in rows]
    questions.write_text("".join(json.dumps(row) + "\n" for row in mixed))
    check_usable(questions)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"mode": "bm25"}, "retrieval.mode is bm25"),
        ({"fusion": "rrf"}, "retrieval.fusion: rrf has no weight"),
        ({"tuned": False}, "retrieval.tuned is false"),
    ],
)
def test_settings_that_would_use_no_weight_are_refused(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        check_settings(load_settings(None, {"data": tmp_path, "retrieval": wrong}).retrieval)


def test_documents_that_made_way_are_ranked_nowhere(tmp_path: Path) -> None:
    with library(tmp_path, {}) as shelf:
        for year in range(1900, 1935):  # more than are looked at
            shelf.put(f"{year}.md", "code word", valid_from=f"{year}-01-01", version_of="codes")
        shelf.put("now.md", "code word of these days", valid_from="2025-01-01", version_of="codes")
        case = Case("q", "Which code word?", evidence=(Evidence("now.md", "code word of these days"),))
        fitted = fit(shelf.services, shelf.collection, [case])
    assert set(fitted.scores.values()) == {1.0}


@pytest.mark.parametrize("command", ["fusion x.jsonl", "abstention x.jsonl", "reranker --out x"])
@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_a_seed_that_no_library_takes_is_refused_before_anything_is_done(command: str, seed: str) -> None:
    found = CliRunner().invoke(app, ["tune", *command.split(), "--seed", seed])
    assert found.exit_code == 2
    assert "--seed" in found.output
