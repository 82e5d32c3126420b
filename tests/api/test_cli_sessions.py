"""`citewell sessions`, `citewell chat` and `ask --session`, on the data folder and through a server."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Services
from ingest.ports import Embedder
from tests.api.conftest import LEAVE, Outcome, Run, one_line, settings_for
from tests.api.openai.conftest import serving
from tests.eval.library import Library

QUESTION, FOLLOW_UP = "How long is parental leave?", "May it be taken in parts?"
UNDERSTOOD = "May it be taken in parts (parental leave)?"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder) -> Iterator[Services]:
    """Over a data folder with one document."""
    settings = settings_for(tmp_path_factory.mktemp("talk") / "data", answers={"cross_encoder": False})
    with Services(settings, embedder=minilm) as opened:
        Library(opened, opened.collection("default", create=True)).put("leave.md", LEAVE)
        yield opened


@pytest.fixture(scope="module")
def server(services: Services) -> Iterator[str]:
    with serving(services, keys=False) as url:
        yield url.removesuffix("/v1")


@pytest.fixture
def folder(services: Services, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, let go by the server."""
    monkeypatch.setenv("CITEWELL_ANSWERS__CROSS_ENCODER", "false")
    services.close()
    return services.data


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    """says("chat", ..., typed) with what is typed."""

    def call(*arguments: object) -> Outcome:
        *others, typed = arguments
        monkeypatch.setattr("sys.stdin", io.StringIO(str(typed)))
        return run(*others)

    return call


def talked(run: Run, says: Run, *place: object) -> str:
    """A conversation of two questions, found again; gives its id."""
    outcome = says("chat", *place, f"{QUESTION}\n{FOLLOW_UP}\n\nnot read\n")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Parental leave is thirty days." in outcome.out
    session = outcome.out.split("--session ")[1].split()[0]
    shown = run("sessions", "show", session, *place, "--json").json
    assert [turn["standalone"] for turn in shown["turns"]] == [QUESTION, UNDERSTOOD]
    return session


def gone(run: Run, session: str, *place: object) -> None:
    assert run("sessions", "list", *place).out.startswith(f"{session}  2")
    assert run("sessions", "delete", session, *place).out == f"deleted {session}\n"
    one_line(run("sessions", "show", session, *place), "There is no session")
    assert run("sessions", "list", *place).out == "No conversations.\n"


def test_a_conversation_through_a_server(run: Run, says: Run, server: str) -> None:
    session = talked(run, says, "--server", server)
    asked = run("ask", FOLLOW_UP, "--session", session, "--server", server, "--json").json
    assert asked["query"].startswith("May it be taken in parts")
    shown = run("sessions", "show", session, "--server", server).out
    assert shown.startswith(f"{QUESTION}\nParental leave is thirty days.")
    assert "leave.md" in shown
    gone(run, session, "--server", server)
    one_line(run("sessions", "list", "--server", server, "--group", "hr"), "--group works on the data folder only")


def test_a_conversation_on_the_data_folder(run: Run, says: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = talked(run, says, "--data", folder)
    assert run("sessions", "show", session, "--data", folder, "--group", "hr").code == 2
    assert says("chat", "--session", session, "--data", folder, "").out == (
        f"> Go on with: citewell chat --session {session}\n"
    )
    elsewhere = says("chat", "--session", session, "--collection", "hr", "--data", folder, f"{QUESTION}\n\n")
    assert "Error: The session is about the collection 'default'; leave collection out" in elsewhere.err
    gone(run, session, "--data", folder)
    says("chat", "--data", folder, "")
    monkeypatch.setenv("CITEWELL_SESSIONS__KEEP_DAYS", "1e-9")
    assert run("sessions", "list", "--data", folder).out == "No conversations.\n"


def test_a_question_that_is_refused_does_not_end_the_conversation(says: Run, folder: Path) -> None:
    outcome = says("chat", "--data", folder, f"{'x' * 10_001}\n{QUESTION}\n\n")
    assert outcome.code == 0
    assert "Error: query: String should have at most 10000 characters" in outcome.err
    assert "Parental leave is thirty days." in outcome.out


def test_there_is_nothing_to_talk_about_without_data(run: Run, says: Run, tmp_path: Path) -> None:
    for command in (("sessions", "list"), ("sessions", "show", "x")):
        one_line(run(*command, "--data", tmp_path / "none"), "There is no data folder")
    one_line(says("chat", "--data", tmp_path / "none", ""), "There is no data folder")
    assert not (tmp_path / "none").exists()
