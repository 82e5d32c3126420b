"""The command line: what is printed where, and with which exit code. In process, with the real model."""

from pathlib import Path

from api.bootstrap import Services
from api.schemas import AnswerOut, DocumentsOut, ReportOut, SearchOut
from tests.api.conftest import HOURS, LEAVE, Run, one_line, settings_for


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
    assert [line[:6] for line in outcome.out.splitlines()] == ["ok    "] * 6
    assert "2 documents in 1 collections (default)" in outcome.out
    assert "default: 2 chunks" in outcome.out


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
