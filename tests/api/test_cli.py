"""The command line: what is printed where, and with which exit code. In process, with the real model."""

import shutil
import tempfile
from collections import namedtuple
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from api import doctor, pairs
from api.bootstrap import Services
from api.schemas import DocumentsOut, ReportOut, SearchOut
from api.schemas_answers import AnswerOut
from api.settings import load_settings
from tests.api.conftest import HOURS, LEAVE, Run, one_line, settings_for
from tests.fakes import HashEmbedder
from tests.ports import free_port


def test_search_shows_the_best_passage_first(run: Run, indexed: Path) -> None:
    outcome = run("search", "parental leave", "--data", indexed)
    assert outcome.code == 0
    first, second = outcome.out.splitlines()[:2]
    assert first.startswith(" 1. ")
    assert first.endswith("leave.md › Leave")
    assert "Parental leave is thirty days." in second
    assert outcome.err == ""


def test_search_as_json(run: Run, indexed: Path) -> None:
    found = SearchOut.model_validate(
        run(
            "search", "office", "--top-k", 1, "--mode", "bm25", "--where", "year=2025", "--data", indexed, "--json"
        ).json
    )
    (hit,) = found.hits
    assert (hit.text, hit.metadata, set(hit.origin)) == (HOURS.strip(), {"year": 2025}, {"bm25"})


def test_no_results(run: Run, indexed: Path) -> None:
    outcome = run("search", "zebra", "--mode", "bm25", "--data", indexed)
    assert (outcome.code, outcome.out) == (0, "No results; try other words, or --mode hybrid.\n")
    assert run("search", "leave", "--where", "year=1999", "--data", indexed, "--json").json["hits"] == []


def test_a_filter_of_several_values(run: Run, indexed: Path) -> None:
    both = ("--where", "year=1999", "--where", "year=2025")
    assert len(run("search", "leave", *both, "--data", indexed, "--json").json["hits"]) == 2
    assert run("search", "leave", *both, "--where", "title=x", "--data", indexed, "--json").json["hits"] == []


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("k=2025", 2025),
        ("k=-1.5", -1.5),
        ("k=true", True),
        ("k=1.10", "1.10"),
        ("k=007", "007"),
        ("k=1e3", "1e3"),
        ("k=-0", "-0"),
        ("k=NaN", "NaN"),
        ("k=1e999", "1e999"),
        ('k="2025"', "2025"),
        ("k=[1]", "[1]"),
        ("k=a=b", "a=b"),
        ("k=", ""),
    ],
)
def test_values_are_kept_as_they_were_typed(item: str, value: str | int | float | bool) -> None:
    (found,) = pairs.metadata([item]).values()
    assert (found, type(found)) == (value, type(value))


def test_the_same_filter_again_adds_a_value() -> None:
    assert pairs.filters(["a=x", "b=1", "a=2"]) == {"a": {"$in": ["x", 2]}, "b": {"$in": [1]}}
    assert pairs.filters(["y>=2024", "y<2026.5", "c!=a=b"]) == {
        "y": {"$gte": 2024, "$lt": 2026.5},
        "c": {"$nin": ["a=b"]},
    }
    assert pairs.filters(["d<=2025-06-30"]) == {"d": {"$lte": "2025-06-30"}}
    assert pairs.filters(None) == {}


def test_ask_answers_with_places(run: Run, indexed: Path) -> None:
    outcome = run("ask", "How long is parental leave?", "--data", indexed)
    assert outcome.code == 0
    assert "Parental leave is thirty days. [1]" in outcome.out
    assert "[1] leave.md › Leave" in outcome.out
    assert "confidence 0." in outcome.out


def test_ask_as_json_is_what_the_server_answers(run: Run, indexed: Path) -> None:
    body = run("ask", "How long is parental leave?", "--data", indexed, "--json").json
    answer = AnswerOut.model_validate(body)
    assert set(body) == set(AnswerOut.model_fields)
    assert not answer.refused
    assert answer.citations[0].quote == "Parental leave is thirty days."


def test_ask_refuses_and_shows_the_nearest_passages(run: Run, indexed: Path) -> None:
    outcome = run("ask", "Who won the chess championship of 1972?", "--data", indexed)
    assert outcome.code == 0
    assert outcome.out.startswith("I don't know")
    assert "Nearest passages:" in outcome.out


def test_documents_a_page_at_a_time(run: Run, indexed: Path) -> None:
    first = run("documents", "--limit", 1, "--data", indexed)
    key = first.out.split()[0]
    assert first.out.splitlines()[-1] == f"More: --after {key}"
    rest = run("documents", "--after", key, "--data", indexed, "--json")
    (entry,) = DocumentsOut.model_validate(rest.json).documents
    assert entry.id > key


def test_doctor(run: Run, indexed: Path) -> None:
    outcome = run("doctor", "--data", indexed)
    assert outcome.code == 0
    assert [line[:6] for line in outcome.out.splitlines()] == ["ok    "] * 11
    assert "2 documents in 1 collections (default)" in outcome.out
    assert "index default: 2 chunks" in outcome.out
    assert "cross-encoder: tells a right answer from a wrong one" in outcome.out
    assert "entailment: not used, because an extractive answer quotes word for word" in outcome.out
    assert "generator: extractive, which needs no model" in outcome.out


def test_doctor_leaves_an_index_at_work_alone(run: Run, indexed: Path) -> None:
    with Services(settings_for(indexed)) as services:
        services.collection("default")
        outcome = run("doctor", "--data", indexed)
    assert outcome.code == 0
    assert "default: not opened, because it is at work" in outcome.out


def test_doctor_tells_what_fails_and_goes_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_text("no database " * 100)
    outcome = run("doctor", "--data", tmp_path, "--json")
    assert outcome.code == 1
    assert not outcome.json["ok"]
    failed = {check["name"]: check["detail"] for check in outcome.json["checks"] if not check["ok"]}
    assert set(failed) == {"catalog", "index"}
    assert "catalog.sqlite does not answer" in failed["catalog"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Services]:
    """Without the real models."""
    settings = settings_for(tmp_path, answers={"cross_encoder": False})
    with Services(settings, embedder=HashEmbedder()) as opened:
        yield opened


def failures(services: Services) -> dict[str, str]:
    return {check.name: check.detail for check in doctor.examine(services).checks if not check.ok}


def test_doctor_checks_each_collection(place: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    place.collection("good", create=True)
    monkeypatch.setattr(place.catalog, "collections", lambda: ["good", "lost"])
    report = doctor.examine(place)
    assert [(check.name, check.ok) for check in report.checks[-2:]] == [("index good", True), ("index lost", False)]
    assert not report.ok


def test_doctor_fails_where_the_index_could_not_be_written(place: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(200 * 2**20))
    assert failures(place) == {
        "data folder": f"{place.data.absolute()} has 200 MiB free, 256 are needed: make room.",
    }


def test_doctor_tries_to_write(place: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    (failed,) = failures(place).items()
    assert failed[0] == "data folder"
    assert "cannot be written (Permission denied); give write permission to the user who runs citewell" in failed[1]


class Blind:
    """A cross-encoder with damaged weights."""

    def __init__(self, **options: object) -> None: ...

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full(len(texts), np.nan, np.float32)


def test_doctor_tries_the_cross_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.crossencoder.CrossEncoder", Blind)
    with Services(settings_for(tmp_path), embedder=HashEmbedder()) as services:
        assert failures(services) == {
            "cross-encoder": "The cross-encoder cannot tell a right answer from a wrong one; install Citewell again."
        }


def test_doctor_reads_the_settings_as_serve_with_vllm_does(run: Run, tmp_path: Path) -> None:
    outcome = run("doctor", "--with-vllm", "--data", tmp_path)
    assert outcome.code == 2
    one_line(outcome, "generator 'openai' needs answers.url and answers.model")


def test_doctor_asks_what_rewrites_and_loads_what_reranks(tmp_path: Path) -> None:
    wrong = {
        "rewriting": {"url": f"http://127.0.0.1:{free_port()}/v1", "model": "m"},
        "retrieval": {"reranker": str(tmp_path / "absent")},
        "answers": {"cross_encoder": False},
    }
    with Services(settings_for(tmp_path / "data", **wrong), embedder=HashEmbedder()) as services:
        told = failures(services)
    assert sorted(told) == ["reranker", "rewriting"]
    assert "does not answer" in told["rewriting"]
    assert "retrieval.reranker" in told["reranker"]


def test_doctor_tries_the_model_of_entailment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = {"generator": "openai", "url": "http://127.0.0.1:9/v1", "model": "any", "cross_encoder": False}

    def said(nli_model: str | None) -> str:
        changed = {"answers": {**writer, "nli_model": nli_model}}
        with Services(load_settings(None, {"data": tmp_path, **changed}), embedder=HashEmbedder()) as services:
            return next(check.detail for check in doctor.examine(services).checks if check.name == "entailment")

    assert said("builtin") == "builtin tells what a passage says from what it does not"
    assert said(None) == "not used, because answers.nli_model is null"
    monkeypatch.setattr("retrieval.crossencoder.CrossEncoder", Blind)
    assert "'builtin' cannot tell what a passage says" in said("builtin")


def test_doctor_goes_on_after_an_error_that_nobody_foresaw(place: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(place.embedder, "embed_query", fail)
    assert failures(place) == {"embedding model": "RuntimeError: out of memory"}


def test_ingest_again_delete_and_prune(run: Run, docs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (docs / "a.txt").write_text(HOURS)
    (docs / "b.txt").write_text(LEAVE)
    (docs / "c.xyz").write_text("x")
    first = run("ingest", docs, "--data", data, "--json")
    report = ReportOut.model_validate(first.json)
    assert (first.code, report.indexed, report.skipped, report.chunks) == (0, 2, 1, 2)
    (docs / "a.txt").unlink()
    again = run("ingest", docs, "--data", data, "--prune")
    assert again.out.startswith("0 indexed, 1 unchanged, 0 failed, 1 pruned, 1 of unsupported kinds skipped; 0 chunks")
    (entry,) = run("documents", "--data", data, "--json").json["documents"]
    assert entry["source"] == str(docs / "b.txt")
    assert run("documents", "--delete", entry["id"], "--data", data).out == f"deleted {docs / 'b.txt'}\n"
    assert run("documents", "--data", data).out == "No documents.\n"
    one_line(run("documents", "--delete", entry["id"], "--data", data), "There is no document")


def test_groups_and_tenants(run: Run, docs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (docs / "a.txt").write_text(LEAVE)
    assert run("ingest", docs, "--group", "hr", "--tenant", "acme", "--data", data).code == 0
    for options, count in (
        (("--tenant", "acme", "--group", "hr"), 1),
        (("--tenant", "acme"), 0),
        (("--group", "hr"), 0),
    ):
        assert len(run("search", "leave", *options, "--data", data, "--json").json["hits"]) == count
        assert len(run("documents", *options, "--data", data, "--json").json["documents"]) == count
