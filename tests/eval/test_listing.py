"""Which runs there are: on the command line and over REST."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.dependencies import access_of
from api.evaluations import evaluations
from api.settings import load_settings
from eval import commands
from eval.experiment import runs
from retrieval.types import Access
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


@pytest.mark.parametrize(
    ("tenant", "groups", "status"),
    [("acme", ("hr", "sales"), 200), ("acme", ("hr",), 200), ("acme", (), 403), ("other", ("hr",), 403)],
)
def test_passages_are_shown_to_those_who_may_read_what_was_searched(
    data: Path, tenant: str, groups: tuple[str, ...], status: int
) -> None:
    access = {"tenant": "acme", "groups": ["hr"]}
    with Services(load_settings(None, {"data": data, "access": access}), embedder=HashEmbedder()) as services:
        app = create_app(services)
        app.dependency_overrides[access_of] = lambda: Access(tenant, groups)
        client = TestClient(app)
        replies = [client.get(f"/v1/evaluations/{IDS[0]}/{name}") for name in ("results", "report")]
        assert client.get(f"/v1/evaluations/{IDS[0]}").status_code == 200
    assert {reply.status_code == 403 for reply in replies} == {status == 403}
    assert replies[0].status_code == status
