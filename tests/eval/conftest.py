"""A small knowledge base with questions, and an experiment over it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from eval.experiment import runs
from eval.experiment.outcomes import Run
from eval.experiment.runner import Experiment
from eval.experiment.spec import load_experiment

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

DOCUMENTS = {
    "leave.md": "# Leave\n\n## Parental leave\n\nParental leave is thirty days. It may be taken in two parts.\n\n"
    "## Annual leave\n\nAnnual leave is twenty-eight days. Unused days lapse on 31 March.\n",
    "travel.md": "# Travel\n\n## Trains\n\nTrains are booked in second class. First class needs the consent of a "
    "director.\n\n## Hotels\n\nA hotel may cost up to 140 euros a night.\n",
    "it.txt": "Passwords are at least fourteen characters long.\n\nA lost phone is reported to the service desk within "
    "two hours.\n",
}
QUESTIONS = [
    ("q1", "How long is parental leave?", "thirty days", "leave.md", "Parental leave is thirty days."),
    (
        "q2",
        "How many days of annual leave are there?",
        "twenty-eight",
        "leave.md",
        "Annual leave is twenty-eight days.",
    ),
    ("q3", "What may a hotel cost a night?", "140 euros", "travel.md", "A hotel may cost up to 140 euros a night."),
    ("q4", "How long must passwords be?", "fourteen", "it.txt", "Passwords are at least fourteen characters long."),
    ("q5", "In which class are trains booked?", "second", "travel.md", "Trains are booked in second class."),
    ("q6", "Who won the football cup?", "", "", ""),
]


@pytest.fixture(scope="session")
def question_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions") / "small"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    rows = [
        {
            "id": key,
            "question": question,
            "answer": answer,
            "answerable": bool(document),
            "evidence": [{"document": document, "quote": quote}] if document else [],
            "tags": ["lookup"],
        }
        for key, question, answer, document, quote in QUESTIONS
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def experiment_file(tmp_path_factory: pytest.TempPathFactory, question_folder: Path) -> Path:
    path = tmp_path_factory.mktemp("experiment") / "small.yaml"
    content = {
        "name": "small",
        "datasets": [{"kind": "questions", "path": str(question_folder)}],
        "configurations": {"hybrid": {}, "bm25": {"retrieval.mode": "bm25"}},
        "baseline": "hybrid",
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def run_again(experiment: Path, data: Path, now: datetime = NOW) -> Run:
    return Experiment(load_experiment(experiment), data, None, lambda step: None, now).run()


@pytest.fixture(scope="session")
def small_run(experiment_file: Path, data: Path) -> Run:
    found = run_again(experiment_file, data)
    runs.save(found, data)
    return found


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Two threads of torch wait for each other where the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
