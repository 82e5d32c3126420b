"""BEIR folders are read as they are meant, and refused with file and line where they are malformed."""

import json
from pathlib import Path

import pytest

from eval.datasets import load_beir, load_questions
from ingest.errors import InvalidError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "title": "T", "text": "x"}\n\n{"_id": 2, "text": "y"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "a", "text": "x?"}\n{"_id": "b", "text": "unjudged"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\na\t1\t2\na\t2\t0\n")
    return tmp_path


def test_reads_a_folder(folder: Path) -> None:
    dataset = load_beir(folder)
    assert dataset.name == folder.name
    assert dataset.corpus == {"1": ("T", "x"), "2": ("", "y")}
    assert dataset.queries == {"a": "x?"}
    assert dataset.qrels == {"a": {"1": 2, "2": 0}}


def test_reads_qrels_where_beir_puts_them(folder: Path) -> None:
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert load_beir(folder).qrels == {"a": {"1": 2, "2": 0}}


@pytest.mark.parametrize(
    ("file", "content", "where"),
    [
        ("corpus.jsonl", '{"_id": "1", "text": "x"}\n{"_id": \n', "corpus.jsonl:2 is not JSON"),
        ("corpus.jsonl", '\n{"_id": "1"}\n', "corpus.jsonl:2 lacks text"),
        ("corpus.jsonl", '["1", "x"]\n', "corpus.jsonl:1 lacks"),
        ("queries.jsonl", '{"text": "x?"}\n', "queries.jsonl:1 lacks _id"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t1\n", "qrels.tsv:2 must be"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t1\tgood\n", "qrels.tsv:2 must be"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nz\t1\t1\n", "no judged queries"),
    ],
)
def test_names_file_and_line_of_what_is_malformed(folder: Path, file: str, content: str, where: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(InvalidError, match=where):
        load_beir(folder)


@pytest.mark.parametrize("file", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_names_what_is_missing(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(InvalidError, match=f"{file} does not exist"):
        load_beir(folder)


def test_bytes_that_are_no_text(folder: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(b'{"_id": "1", "text": "\xff"}\n')
    with pytest.raises(InvalidError, match="not UTF-8"):
        load_beir(folder)


def test_questions(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    row = {"id": "q", "question": "?", "answerable": True, "evidence": [{"document": "a.txt", "quote": "x"}]}
    path.write_text(json.dumps(row) + "\n")
    (question,) = load_questions(path)
    assert (question.evidence[0].document, question.tags) == ("a.txt", ())
    path.write_text(json.dumps(row) + "\n" + '{"id": "q"}\n')
    with pytest.raises(InvalidError, match=r"questions\.jsonl:2 lacks question, answerable, evidence"):
        load_questions(path)
    path.write_text(json.dumps({**row, "evidence": ["x"]}) + "\n")
    with pytest.raises(InvalidError, match=r"questions\.jsonl:1: evidence must be"):
        load_questions(path)
