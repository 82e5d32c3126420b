"""Question sets over documents, and span sets over raw texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.datasets.lines import Unique, json_rows
from ingest.errors import InvalidError

QUESTIONS = "questions.jsonl"


@dataclass(frozen=True)
class Evidence:
    """Where the answer stands: in the document of this file name, as a `quote`, on a `page`, or both.

    `span` is set for raw texts: characters [start, end) of the file, of which `quote` is the text.
    """

    document: str
    quote: str = ""
    page: int | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Question:
    """`answers`: gold answers that count as the same."""

    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    evidence: tuple[Evidence, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class QuestionSet:
    """`documents` is the folder that the questions are about. `synthetic`: questions that a program made."""

    name: str
    documents: Path
    questions: tuple[Question, ...]
    synthetic: bool = False


def load_question_set(folder: Path, file: Path | None = None) -> QuestionSet:
    """A folder of documents with questions: `file`, or its `questions.jsonl`. Raises InvalidError as `load_questions`,
    and for evidence in a document that the folder does not hold."""
    file = file or folder / QUESTIONS
    questions = load_questions(file)
    present = {path.name for path in folder.rglob("*") if path.is_file()}
    for question in questions:
        for one in question.evidence:
            if one.document not in present:
                raise InvalidError(
                    f"{file}: question {question.id!r} has evidence in {one.document!r}, which is not in {folder}."
                )
    synthetic = any(SYNTHETIC in question.tags for question in questions)
    return QuestionSet(folder.resolve().name, folder, tuple(questions), synthetic)


SYNTHETIC = "synthetic"
"""Tag of questions that a program made."""


def load_questions(path: Path) -> list[Question]:
    """One JSON object a line: id, question, answer (or answers), answerable, evidence, tags.

    Evidence is a list of {document, and quote, page or span}.

    Raises:
        InvalidError: a line is malformed, an id is double, a question is empty, or an answerable one has no
            evidence; names file and line.
    """
    unique = Unique()
    found = []
    for where, row in json_rows(path, ("id", "question", "answerable", "evidence")):
        question = _question(row, where)
        unique.add(question.id, where)
        found.append(question)
    if not found:
        raise InvalidError(f"{path} has no questions.")
    return found


def load_span_set(folder: Path) -> QuestionSet:
    """The layout of Chroma's chunking evaluation: `raw_documents/` and `queries.jsonl` whose metadata name a
    `corpus_id` (file name without suffix) and `references` [{content, start_index, end_index}].

    Raises:
        InvalidError: a file is missing, or a reference does not stand where it says; names file and line.
    """
    texts = {path.stem: path for path in sorted((folder / "raw_documents").glob("*")) if path.is_file()}
    if not texts:
        raise InvalidError(f"{folder / 'raw_documents'} has no files; a span set needs the raw documents.")
    questions = tuple(_span_questions(folder / "queries.jsonl", texts))
    return QuestionSet(folder.resolve().name, folder / "raw_documents", questions)


def _span_questions(path: Path, texts: dict[str, Path]) -> Iterator[Question]:
    read = {name: file.read_text(encoding="utf-8") for name, file in texts.items()}
    unique = Unique()
    for where, row in json_rows(path, ("_id", "text", "metadata")):
        about = row["metadata"]
        try:
            name = str(about["corpus_id"])
            spans = [(int(one["start_index"]), int(one["end_index"]), one["content"]) for one in about["references"]]
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidError(f"{where}: metadata must hold corpus_id and references with offsets.") from error
        if name not in texts:
            raise InvalidError(f"{where}: there is no raw document {name!r}.")
        for start, end, content in spans:
            if read[name][start:end] != content:
                raise InvalidError(f"{where}: the reference at {start}-{end} does not stand there in {name!r}.")
        evidence = tuple(Evidence(texts[name].name, content, None, (start, end)) for start, end, content in spans)
        yield Question(unique.add(str(row["_id"]), where), str(row["text"]), (), True, evidence, (name,))


def _question(row: dict[str, Any], where: str) -> Question:
    evidence = _evidence(row["evidence"], where)
    if not str(row["question"]).strip():
        raise InvalidError(f"{where}: the question is empty.")
    if not isinstance(row["answerable"], bool):
        raise InvalidError(f"{where}: answerable must be true or false.")
    if row["answerable"] and not evidence:
        raise InvalidError(f"{where}: an answerable question needs evidence.")
    return Question(
        id=str(row["id"]),
        question=str(row["question"]),
        answers=_answers(row, where),
        answerable=row["answerable"],
        evidence=evidence,
        tags=_strings(row.get("tags", []), "tags", where),
    )


def _answers(row: dict[str, Any], where: str) -> tuple[str, ...]:
    if "answers" in row:
        return _strings(row["answers"], "answers", where)
    return (str(row["answer"]),) if row.get("answer") else ()


def _strings(value: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidError(f"{where}: {name} must be a list of strings.")
    return tuple(value)


def _evidence(rows: Any, where: str) -> tuple[Evidence, ...]:
    try:
        found = tuple(_one_evidence(row) for row in rows)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidError(
            f"{where}: evidence must be a list of objects with document, and quote, page or span."
        ) from error
    return found


def _one_evidence(row: dict[str, Any]) -> Evidence:
    span = tuple(int(end) for end in row["span"]) if row.get("span") else None
    one = Evidence(str(row["document"]), str(row.get("quote", "")), row.get("page"), span)  # type: ignore[arg-type]
    if not (one.quote.strip() or one.page is not None or span) or (span and len(span) != 2):
        raise ValueError(row)
    if one.page is not None and not isinstance(one.page, int):
        raise TypeError(row)
    return one
