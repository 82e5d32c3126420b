"""Data sets are read as they are meant, and refused with file and line where they are malformed."""

import json
import shutil
from pathlib import Path

import pytest

from eval.datasets.beir import load_beir
from eval.datasets.documents import Documents, short_names
from eval.datasets.questions import load_question_set, load_questions
from eval.datasets.spans import load_span_set
from eval.experiment.positions import Positions
from eval.experiment.sets import Case, open_set
from ingest.errors import InvalidError

SAMPLE = Path(__file__).parents[2] / "eval" / "samples" / "handbook"


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
        ("queries.jsonl", '{"_id": "a", "text": " "}\n', "queries.jsonl:1: the text is empty"),
        ("queries.jsonl", '{"_id": null, "text": "x"}\n', "queries.jsonl:1: _id must be a string"),
        ("queries.jsonl", '{"_id": true, "text": "x"}\n', "queries.jsonl:1: _id must be a string"),
        ("queries.jsonl", '{"_id": "a", "text": null}\n', "queries.jsonl:1: text must be a string"),
        ("corpus.jsonl", '{"_id": "1", "text": null}\n', "corpus.jsonl:1: text must be a string"),
        ("corpus.jsonl", '{"_id": "1", "text": "x", "title": 4}\n', "corpus.jsonl:1: title must be a string"),
        ("corpus.jsonl", '{"_id": "1", "text": "\\ud800"}\n', "corpus.jsonl:1: text holds half of a surrogate"),
        ("corpus.jsonl", "[" * 100_000 + "\n", "corpus.jsonl:1 is nested too deeply"),
        ("corpus.jsonl", "9" * 5000 + "\n", "corpus.jsonl:1 holds a number with too many digits"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t1\t1\na\t1\t2\n", "qrels.tsv:3 judges .* a second time"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\na\t1\t²\n", "qrels.tsv:2 must be"),
    ],
)
def test_names_file_and_line_of_what_is_malformed(folder: Path, file: str, content: str, where: str) -> None:
    (folder / file).write_text(content, encoding="utf-8")
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
    nothing = {**ROW, "evidence": [{"document": "a.pdf", "page": 3, "quote": None, "span": None}], "answer": None}
    (question,) = load_questions(written(tmp_path, nothing))
    assert (question.evidence[0].quote, question.evidence[0].span, question.answers) == ("", None, ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "r"}, "lacks question, answerable, evidence"),
        ({**ROW, "id": "r", "evidence": ["x"]}, "evidence must be"),
        ({**ROW, "id": "r", "evidence": {"document": "a.txt"}}, "evidence must be"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt"}]}, "evidence must name a quote, a page or a span"),
        ({**ROW, "id": "r", "evidence": [{"document": None, "quote": "x"}]}, "document must be a string"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "quote": 3}]}, "quote must be a string"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "page": "3"}]}, "page must be a whole number"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "page": True}]}, "page must be a whole number"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "page": 0}]}, "page 0 is none"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "span": [9, 2]}]}, "span 9-2 holds no character"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "span": [-4, 2]}]}, "span -4-2 holds no character"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "span": [2, 2]}]}, "span 2-2 holds no character"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "span": ["1", 2]}]}, "span must be a list of two whole"),
        ({**ROW, "id": "r", "evidence": [{"document": "a.txt", "span": [1]}]}, "span must be a list of two whole"),
        ({**ROW, "id": None}, "id must be a string"),
        ({**ROW, "id": "r", "question": None}, "question must be a string"),
        ({**ROW, "id": "r", "answer": ["a", "b"]}, "answer must be a string"),
        ({**ROW, "id": "r", "answer": 0}, "answer must be a string"),
        ({**ROW, "id": "r", "answers": "a"}, "answers must be a list of strings"),
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
    written(tmp_path, {**ROW, "id": "p", "answerable": False, "evidence": []}, ROW)
    with pytest.raises(InvalidError, match="holds no document of a kind that is read"):
        load_question_set(tmp_path)
    (tmp_path / "b.txt").write_text("x")
    with pytest.raises(InvalidError, match=r"questions\.jsonl:2: there is evidence in 'a\.txt', which is not in"):
        load_question_set(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    assert not load_question_set(tmp_path).synthetic
    written(tmp_path, {**ROW, "tags": ["synthetic"]})
    assert load_question_set(tmp_path).synthetic


def test_a_span_is_the_text_that_stands_there(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\nTwo three four.\n")
    span = {"document": "a.md", "span": [3, 10]}
    written(tmp_path, {**ROW, "evidence": [span, {**span, "quote": "*Three*"}]})
    found, same = load_question_set(tmp_path).questions[0].evidence
    assert (found.quote, found.span, same) == ("three", (4, 9), found)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"span": [4, 90]}, r"questions\.jsonl:1: there is no text at 4-90 of a\.txt, which has 9 characters"),
        ({"span": [3, 5]}, r"questions\.jsonl:1: there is no text at 3-5 of a\.txt"),
        ({"span": [5, 9], "quote": "One"}, r"questions\.jsonl:1: at 5-9 of a\.txt stands 'two\.', not 'One'"),
        ({"page": 2}, r"questions\.jsonl:1: a\.txt has no pages; name a quote or a span of it"),
        ({"quote": "€ →"}, r"questions\.jsonl:1: the quote '€ →' holds no word"),
        ({"document": "empty.txt", "span": [0, 1]}, r"The evidence in .*empty\.txt cannot be looked up: empty\.txt"),
    ],
)
def test_evidence_that_cannot_be_found(tmp_path: Path, evidence: dict[str, object], said: str) -> None:
    (tmp_path / "a.txt").write_text("One  two.")
    (tmp_path / "empty.txt").write_text("")
    written(tmp_path, {**ROW, "evidence": [{"document": "a.txt", **evidence}]})
    with pytest.raises(InvalidError, match=said):
        load_question_set(tmp_path)


def two_readmes(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "readme.md").write_text(f"This is {name}.")


def test_documents_of_one_file_name_are_told_apart(tmp_path: Path) -> None:
    two_readmes(tmp_path / "set")
    evidence = {"document": "b/readme.md", "quote": "This is b."}
    file = written(tmp_path, {**ROW, "evidence": [evidence]}, {**ROW, "id": "r", "evidence": [evidence]})
    dataset = open_set("x", "questions", tmp_path / "set", None, 7, file)
    assert [one.source for one in dataset.write_documents(tmp_path)] == ["a/readme.md", "b/readme.md"]
    assert dataset.cases[0].evidence[0].document == "b/readme.md"
    written(tmp_path, {**ROW, "evidence": [{"document": "readme.md", "quote": "x"}]})
    with pytest.raises(InvalidError, match=r"questions\.jsonl:1: 'readme\.md' may be a/readme\.md or b/readme\.md"):
        load_question_set(tmp_path / "set", file)
    (tmp_path / "set" / "readme.md").write_text("This is neither.")
    (question,) = load_question_set(tmp_path / "set", file).questions
    assert question.evidence[0].document == "readme.md"
    written(tmp_path, {**ROW, "evidence": [{"document": "set/readme.md", "quote": "x"}]})
    (question,) = load_question_set(tmp_path / "set", file).questions
    assert question.evidence[0].document == "readme.md"


@pytest.mark.parametrize("name", ["/srv/kb/b/readme.md", "upload:b/readme.md", "https://wiki.local/b/readme.md"])
def test_a_source_elsewhere_names_its_copy(tmp_path: Path, name: str) -> None:
    two_readmes(tmp_path / "set")
    file = written(tmp_path, {**ROW, "evidence": [{"document": name, "quote": "This is b."}]})
    (question,) = load_question_set(tmp_path / "set", file).questions
    assert question.evidence[0].document == "b/readme.md"
    written(tmp_path, {**ROW, "evidence": [{"document": name.removeprefix("/").replace(":", "/"), "quote": "x"}]})
    with pytest.raises(InvalidError, match="which is not in"):  # a name that a person gives is taken at its word
        load_question_set(tmp_path / "set", file)


def test_accents_in_file_names_may_be_written_either_way() -> None:
    apart, whole = "hr/U\u0308berblick.md", "hr/\u00dcberblick.md"
    for held, said in ((apart, whole), (whole, apart)):
        found = Documents(Path("x"), {held: Path("/x") / held})
        assert [found.named(name, "q:1") for name in (said, said.removeprefix("hr/"))] == [held, held]


def test_a_page_that_a_document_has_not(tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "health-safety-handbook.pdf", tmp_path / "a.pdf")
    written(tmp_path, {**ROW, "evidence": [{"document": "a.pdf", "page": 2}]})
    assert load_question_set(tmp_path).questions[0].evidence[0].page == 2
    written(tmp_path, {**ROW, "evidence": [{"document": "a.pdf", "page": 500}]})
    with pytest.raises(InvalidError, match=r"there is no text on page 500 of a\.pdf; the last one with text is \d+"):
        load_question_set(tmp_path)


def test_sources_are_named_as_briefly_as_tells_them_apart() -> None:
    found = short_names(["/x/a/readme.md", "/x/b/readme.md", "/x/b/other.md", "https://host/c"])
    assert list(found.values()) == ["a/readme.md", "b/readme.md", "other.md", "c"]
    assert short_names(["/readme.md", "/x/readme.md"]) == {"/readme.md": "/readme.md", "/x/readme.md": "x/readme.md"}


def test_the_file_of_the_questions_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / ".hidden.txt").write_text("x")
    (tmp_path / "picture.xyz").write_text("x")
    file = written(tmp_path, ROW).rename(tmp_path / "asked.txt")
    dataset = open_set("x", "questions", tmp_path, None, 7, file)
    assert [one.source for one in dataset.write_documents(tmp_path)] == ["a.txt"]


def test_other_questions_are_another_set(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    written(tmp_path, *({**ROW, "id": number} for number in range(20)))
    whole, drawn, again, others = (
        open_set("x", "questions", tmp_path, limit, seed).sha256 for limit, seed in ((None, 7), (5, 7), (5, 7), (5, 8))
    )
    assert drawn == again
    assert len({whole, drawn, others}) == 3


REFERENCE = {"content": "two", "start_index": 4, "end_index": 7}
SPAN_ROW = {"_id": "1", "text": "What?", "metadata": {"corpus_id": "a", "references": [REFERENCE]}}


@pytest.fixture
def span_folder(tmp_path: Path) -> Path:
    (tmp_path / "raw_documents").mkdir()
    (tmp_path / "raw_documents" / "a.md").write_text("One two three.")
    (tmp_path / "raw_documents" / ".DS_Store").write_bytes(b"\xff\x00")
    (tmp_path / "raw_documents" / "b").write_bytes(b"\xff\x00")
    (tmp_path / "queries.jsonl").write_text(json.dumps(SPAN_ROW) + "\n")
    return tmp_path


def test_span_sets(span_folder: Path) -> None:
    (question,) = load_span_set(span_folder).questions
    assert (question.evidence[0].document, question.evidence[0].raw_span) == ("a.md", (4, 7))
    (span_folder / "copies").mkdir()
    (copy,) = open_set("x", "spans", span_folder, None, 7).write_documents(span_folder / "copies")
    assert (copy.source, copy.path.name, copy.path.read_text()) == ("a.md", "a.txt", "One two three.")


def about(**changes: object) -> dict[str, object]:
    return {**SPAN_ROW, "metadata": {"corpus_id": "a", "references": [{**REFERENCE, **changes}]}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (about(start_index=3), "the reference at 3-7 does not stand there"),
        (about(start_index=-10, end_index=-7), "the reference at -10--7 does not stand there"),
        (about(content="", end_index=4), "the content is empty"),
        (about(start_index="4"), "start_index must be a whole number"),
        ({**SPAN_ROW, "text": " "}, "the text is empty"),
        ({**SPAN_ROW, "_id": None}, "_id must be a string"),
        ({**SPAN_ROW, "metadata": []}, "metadata must hold corpus_id and references"),
        ({**SPAN_ROW, "metadata": {"corpus_id": "a", "references": []}}, "metadata must hold .* at least one"),
        ({**SPAN_ROW, "metadata": {"references": [REFERENCE]}}, "corpus_id must be a string"),
        ({**SPAN_ROW, "metadata": {"corpus_id": "b", "references": [REFERENCE]}}, "there is no raw document 'b'"),
    ],
)
def test_malformed_span_sets(span_folder: Path, row: object, said: str) -> None:
    (span_folder / "queries.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InvalidError, match=rf"queries\.jsonl:1: {said}"):
        load_span_set(span_folder)


def test_a_span_set_without_questions(span_folder: Path) -> None:
    (span_folder / "queries.jsonl").write_text("\n")
    with pytest.raises(InvalidError, match=r"queries\.jsonl has no questions"):
        load_span_set(span_folder)


def test_raw_documents_that_cannot_be_used(span_folder: Path) -> None:
    (span_folder / "raw_documents" / "c.txt").write_bytes(b"One\nna\xefve\n")
    with pytest.raises(InvalidError, match=r"c\.txt:2 is not UTF-8"):
        load_span_set(span_folder)
    (span_folder / "raw_documents" / "c.txt").rename(span_folder / "raw_documents" / "a.txt")
    with pytest.raises(InvalidError, match=r"a\.md and a\.txt in .* have the same name"):
        load_span_set(span_folder)


def test_a_raw_document_that_was_not_indexed(span_folder: Path) -> None:
    (question,) = load_span_set(span_folder).questions
    case = Case(question.id, question.question, evidence=question.evidence)
    with pytest.raises(InvalidError, match=r"a\.md could not be indexed, but question '1' needs it"):
        Positions({}, {}).of_case(case)
