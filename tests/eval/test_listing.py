"""Which runs there are: on the command line and over REST."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.evaluations import evaluations
from api.settings import load_settings
from eval import commands
from eval.experiment import runs
from tests.eval.handmade import made_run, outcomes
from tests.fakes import HashEmbedder

IDS = [f"2026010{day}-000000-made" for day in (4, 3, 2, 1)]
DAMAGED = IDS[1]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs, newest first in `IDS`; the summary of `DAMAGED` is not whole, the last run is synthetic."""
    folder = tmp_path_factory.mktemp("listing")
    for run_id in IDS:
        runs.save(made_run({"hybrid": outcomes([True])}, run_id == IDS[-1], id=run_id), folder)
    (runs.folder_of(folder, DAMAGED) / "summary.json").write_text('{"id": ')
    return folder


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[TestClient]:
    with Services(load_settings(None, {"data": data}), embedder=HashEmbedder()) as services:
        yield TestClient(create_app(services))


def test_a_damaged_summary_hides_no_other_run(client: TestClient) -> None:
    listed = client.get("/v1/evaluations").json()
    assert [one["id"] for one in listed["evaluations"]] == [IDS[0], IDS[2], IDS[3]]
    assert (listed["unreadable"], listed["next"]) == ([DAMAGED], None)
    assert [one["synthetic"] for one in listed["evaluations"]] == [[], [], ["small"]]


def test_a_damaged_summary_is_told_without_its_path(client: TestClient, data: Path) -> None:
    answer = client.get(f"/v1/evaluations/{DAMAGED}")
    assert answer.status_code == 503
    assert f"`citewell eval report {DAMAGED}`" in answer.json()["detail"]
    assert str(data) not in answer.text


def test_runs_are_listed_a_page_at_a_time(client: TestClient) -> None:
    first = client.get("/v1/evaluations", params={"limit": 3}).json()
    assert (len(first["evaluations"]), first["next"]) == (2, IDS[2])
    second = client.get("/v1/evaluations", params={"limit": 3, "after": first["next"]}).json()
    assert ([one["id"] for one in second["evaluations"]], second["next"]) == ([IDS[3]], None)
    assert client.get("/v1/evaluations", params={"limit": 0}).status_code == 422


def test_a_missing_summary_is_named(tmp_path: Path) -> None:
    folder = runs.save(made_run({"hybrid": outcomes([True])}), tmp_path)
    (folder / "summary.json").unlink()
    assert evaluations(tmp_path).unreadable == [folder.name]


def test_the_list_of_the_command_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands.list_runs(data, as_json=False)
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == [IDS[0], IDS[2], IDS[3]]
    assert said.out.splitlines()[2].endswith("small (synthetic): hybrid")
    assert said.err.startswith(DAMAGED)
    assert "citewell eval report" in said.err


def test_the_list_as_json(data: Path, client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    commands.list_runs(data, as_json=True)
    assert json.loads(capsys.readouterr().out) == client.get("/v1/evaluations").json()


def test_no_run_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands.list_runs(tmp_path, as_json=False)
    assert "No runs yet" in capsys.readouterr().out
