"""`citewell traces`, `citewell replay` and `citewell feedback`, through a server and on a data folder."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import httpx
import pytest

from api.bootstrap import Services
from retrieval.types import Access
from tests.api.conftest import LEAVE, Run, one_line, settings_for
from tests.api.openai.conftest import serving
from tests.api.shelf import rest
from tests.api.test_server import listening, start
from tests.api.traces.conftest import ANN, QUESTION, QUOTING, asked, client_for, over, put
from tests.fakes import HashEmbedder


@pytest.fixture(scope="module")
def server(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Services]]:
    """Its one reader is Ann."""
    access = {"tenant": ANN.tenant, "groups": list(ANN.groups)}
    with (
        over(copytree(stocked, tmp_path_factory.mktemp("commands") / "data"), access=access) as services,
        rest(services) as url,
    ):
        yield url, services


@pytest.fixture
def trace_id(server: tuple[str, Services]) -> str:
    asked_there = httpx.post(f"{server[0]}/v1/answers", json={"query": QUESTION}, timeout=60)
    return str(asked_there.raise_for_status().json()["trace_id"])


def test_list_and_show(run: Run, server: tuple[str, Services], trace_id: str) -> None:
    there = ("--server", server[0])
    listed = run("traces", "list", "--limit", 1, *there)
    assert listed.out.startswith(trace_id)
    assert QUESTION in listed.out
    shown = run("traces", "show", trace_id, *there).out
    for part in (QUESTION, "answered", "leave.md, characters", "bm25", "Parental leave is thirty days.", "hash (256"):
        assert part in shown
    assert run("traces", "show", trace_id, "--json", *there).json["id"] == trace_id
    assert run("traces", "list", "--json", *there).json["traces"][0]["id"] == trace_id


def test_replay_ends_with_what_it_found(run: Run, server: tuple[str, Services], trace_id: str) -> None:
    there = ("--server", server[0])
    same = run("replay", trace_id, *there)
    assert (same.code, same.out) == (0, "The same\n")
    put(server[1], "leave.md", LEAVE.replace("thirty", "fifty"), ANN)
    other = run("replay", trace_id, *there)
    put(server[1], "leave.md", LEAVE, ANN)
    assert other.code == 1
    for part in ("Another outcome", "Documents that changed since", "upload:leave.md", "gone", "fifty"):
        assert part in other.out
    found = run("replay", trace_id, "--json", *there)
    assert (found.code, found.json["same"], found.json["trace_id"]) == (0, True, trace_id)


def test_feedback(run: Run, server: tuple[str, Services], trace_id: str, tmp_path: Path) -> None:
    there = ("--server", server[0])
    given = run("feedback", "give", trace_id, "up", "--comment", "right", *there)
    assert (given.code, "right" in given.out) == (0, True)
    assert given.out in run("feedback", "list", *there).out
    done = run("feedback", "export", "--out", tmp_path / "pairs.jsonl", *there)
    assert done.code == 0
    pair = json.loads((tmp_path / "pairs.jsonl").read_text().splitlines()[0])
    assert (pair["query"], "Parental leave" in pair["positive"]) == (QUESTION, True)
    run("feedback", "export", "--out", tmp_path / "questions.jsonl", "--questions", *there)
    assert json.loads((tmp_path / "questions.jsonl").read_text().splitlines()[0])["answerable"] is True
    key = run("feedback", "give", trace_id, "down", "--json", *there).json["id"]
    assert run("feedback", "delete", key, *there).out == f"deleted {key}\n"
    assert key not in run("feedback", "list", "--json", *there).out
    assert run("traces", "delete", trace_id, *there).out == f"deleted {trace_id}\n"
    assert trace_id not in run("feedback", "list", "--json", *there).out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("traces", "show", "nothing"), "There is no trace 'nothing' of yours"),
        (("replay", "nothing"), "There is no trace 'nothing' of yours"),
        (("feedback", "give", "nothing", "sideways"), "rating"),
        (("feedback", "give", "nothing", "up", "--quote", "x"), "--quote needs --document"),
        (("feedback", "export", "--out", "nowhere.jsonl"), "There is nothing to export"),
    ],
)
def test_mistakes(run: Run, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    tmp_path.joinpath("data").mkdir()
    outcome = run(*arguments, "--data", tmp_path / "data")
    assert outcome.code == 2
    one_line(outcome, told)


def test_reading_makes_no_data_folder(run: Run, tmp_path: Path) -> None:
    outcome = run("traces", "list", "--data", tmp_path / "typo")
    assert outcome.code == 2
    one_line(outcome, "There is no data folder")
    assert not (tmp_path / "typo").exists()


def test_a_data_folder_is_read_as_another_reader(run: Run, data: Path) -> None:
    with over(data) as services, serving(services) as url, client_for(url, ANN) as client:
        trace_id = asked(client)["trace_id"]
        # while the server runs, too
        assert run("traces", "show", trace_id, "--tenant", "acme", "--group", "hr", "--data", data).code == 0
    assert run("traces", "list", "--data", data).out == "No traces.\n"
    assert trace_id in run("traces", "list", "--tenant", "acme", "--group", "hr", "--data", data).out
    refused = run("traces", "list", "--tenant", "acme", "--server", "http://127.0.0.1:9")
    one_line(refused, "--tenant works on the data folder only")


@pytest.mark.slow
def test_a_killed_server_has_written_the_traces_of_its_answers(tmp_path: Path) -> None:
    """All but the last one, which may be on its way."""
    process = start(tmp_path / "data")
    url = f"{listening(process)}/v1"
    httpx.post(f"{url}/documents", files={"file": ("leave.md", LEAVE.encode())}, timeout=600).raise_for_status()
    ids = []
    for number in range(5):
        answer = httpx.post(f"{url}/answers", json={"query": f"{number}. {QUESTION}"}, timeout=600)
        ids.append(answer.raise_for_status().json()["trace_id"])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    with Services(settings_for(tmp_path / "data", answers=QUOTING), embedder=HashEmbedder()) as services:
        from api.traces.operations import traces

        kept = [one.id for one in traces(services, Access("default"), 10).traces]
    assert kept[-4:] == ids[3::-1]
    assert set(kept) <= set(ids)
