"""BEIR folders are read as they are meant, and refused with file and line where they are malformed."""

import json
from pathlib import Path

import pytest

from eval.datasets.beir import load_beir
from eval.datasets.questions import load_question_set, load_questions, load_span_set
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
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nz\t1\t1\n", "qrels.tsv:2 judges the query 'z'"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t9\t1\n", "qrels.tsv:2 judges the document '9'"),
        ("qrels.tsv", "a\t1\t2\n", "qrels.tsv:1 must be a header"),
        ("qrels.tsv", "query-id,corpus-id,score\na,1,2\n", "qrels.tsv:1 must be query-id"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t1\t0\n", "no judged queries"),
        ("corpus.jsonl", '{"_id": "1", "text": "x"}\n{"_id": 1, "text": "y"}\n', "corpus.jsonl:2: the id '1' was used"),
        ("queries.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}\n', "queries.jsonl:2: the id 'a' was"),
        ("queries.jsonl", '{"_id": "a", "text": " "}\n', "queries.jsonl:1: the query is empty"),
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
    with pytest.raises(InvalidError, match=r"corpus\.jsonl:1 is not UTF-8"):
        load_beir(folder)


ROW = {"id": "q", "question": "Why?", "answerable": True, "evidence": [{"document": "a.txt", "quote": "x"}]}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_questions(tmp_path: Path) -> None:
    (question,) = load_questions(written(tmp_path, {**ROW, "answer": "y"}))
    assert (question.evidence[0].document, question.tags, question.answers) == ("a.txt", (), ("y",))
    page = {**ROW, "evidence": [{"document": "a.pdf", "page": 3}], "answers": ["y", "z"], "tags": ["t"]}
    (question,) = load_questions(written(tmp_path, page))
    assert (question.evidence[0].page, question.answers, question.tags) == (3, ("y", "z"), ("t",))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "r"}, "lacks question, answerable, evidence"),
        ({**ROW, "id": "r", "evidence": ["x"]}, "evidence must be"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt"}]}, "evidence must be"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "page": "3"}]}, "evidence must be"),
        ({**ROW, "id": "r", "evidence": []}, "an answerable question needs evidence"),
        ({**ROW, "id": "r", "question": " "}, "the question is empty"),
        ({**ROW, "id": "r", "answerable": "yes"}, "answerable must be true or false"),
        ({**ROW, "id": "r", "tags": "lookup"}, "tags must be a list"),
        (ROW, "the id 'q' was used before"),
    ],
)
def test_malformed_questions(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(InvalidError, match=rf"questions\.jsonl:2:? .*{said}"):
        load_questions(written(tmp_path, ROW, row))


def test_evidence_in_a_document_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path, ROW)
    with pytest.raises(InvalidError, match=r"evidence in 'a\.txt', which is not in"):
        load_question_set(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    assert not load_question_set(tmp_path).synthetic
    written(tmp_path, {**ROW, "tags": ["synthetic"]})
    assert load_question_set(tmp_path).synthetic


def test_span_sets(tmp_path: Path) -> None:
    (tmp_path / "raw_documents").mkdir()
    (tmp_path / "raw_documents" / "a.md").write_text("One two three.")
    reference = {"content": "two", "start_index": 4, "end_index": 7}
    query = {"_id": "1", "text": "What?", "metadata": {"corpus_id": "a", "references": [reference]}}
    (tmp_path / "queries.jsonl").write_text(json.dumps(query) + "\n")
    (question,) = load_span_set(tmp_path).questions
    assert (question.evidence[0].document, question.evidence[0].span) == ("a.md", (4, 7))
    query["metadata"] = {"corpus_id": "a", "references": [{**reference, "start_index": 3}]}
    (tmp_path / "queries.jsonl").write_text(json.dumps(query) + "\n")
    with pytest.raises(InvalidError, match=r"queries\.jsonl:1: the reference at 3-7 does not stand there"):
        load_span_set(tmp_path)
