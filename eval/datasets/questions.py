"""Question sets over documents."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from eval.datasets import fields
from eval.datasets.documents import Documents, indexed_sections, list_documents
from eval.datasets.lines import Unique, json_rows
from eval.metrics.text import words
from ingest.errors import InvalidError
from ingest.types import Section, joined_text

QUESTIONS = "questions.jsonl"
SYNTHETIC = "synthetic"
"""Tag of questions that a program made."""
SectionsOf: TypeAlias = Callable[[str], Sequence[Section]]


@dataclass(frozen=True)
class Evidence:
    """Where the answer stands: in this document, as a `quote`, on a `page`, or at a `span`.

    `span`: characters [start, end) of the text that the document is indexed as; `raw_span` (span sets): of the file.
    With either, `quote` is the text that stands there.
    """

    document: str
    quote: str = ""
    page: int | None = None
    span: tuple[int, int] | None = None
    raw_span: tuple[int, int] | None = None


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
    """Evidence names its documents by their sources. `synthetic`: questions that a program made."""

    name: str
    documents: Documents
    questions: tuple[Question, ...]
    synthetic: bool = False


def load_question_set(folder: Path, file: Path | None = None) -> QuestionSet:
    """A folder of documents with questions: `file`, or its `questions.jsonl`.

    Raises:
        InvalidError: as `load_questions`; evidence is in a document that the folder does not hold, or at a span
            where that document has no text.
    """
    file = file or folder / QUESTIONS
    asked = list(numbered_questions(file))
    documents = list_documents(folder, file)
    sections_of = cache(lambda source: tuple(indexed_sections(documents.files[source])))
    questions = tuple(
        replace(question, evidence=tuple(placed(one, documents, sections_of, where) for one in question.evidence))
        for where, question in asked
    )
    synthetic = any(SYNTHETIC in question.tags for question in questions)
    return QuestionSet(folder.resolve().name, documents, questions, synthetic)


def load_questions(path: Path) -> list[Question]:
    """One JSON object a line: id, question, answer (or answers), answerable, evidence, tags.

    Evidence is a list of {document, and quote, page or span}.

    Raises:
        InvalidError: a line is malformed, an id is double, a question is empty, or an answerable one has no
            evidence; names file and line.
    """
    return [question for _, question in numbered_questions(path)]


def numbered_questions(path: Path) -> Iterator[tuple[str, Question]]:
    """As `load_questions`, each with its place (`file:line`)."""
    unique = Unique()
    where = ""
    for where, row in json_rows(path, ("id", "question", "answerable", "evidence")):
        question = _question(row, where)
        unique.add(question.id, where)
        yield where, question
    if not where:
        raise InvalidError(f"{path} has no questions.")


def _question(row: dict[str, Any], where: str) -> Question:
    evidence = _evidence(row["evidence"], where)
    if not isinstance(row["answerable"], bool):
        raise InvalidError(f"{where}: answerable must be true or false.")
    if row["answerable"] and not evidence:
        raise InvalidError(f"{where}: an answerable question needs evidence.")
    return Question(
        id=fields.identifier(row, "id", where),
        question=fields.filled(row, "question", where),
        answers=_answers(row, where),
        answerable=row["answerable"],
        evidence=evidence,
        tags=fields.optional_strings(row, "tags", where),
    )


def _answers(row: dict[str, Any], where: str) -> tuple[str, ...]:
    """Of `answers`, or of the one `answer`; blank ones are none."""
    several = fields.optional_strings(row, "answers", where)
    found = several or (fields.optional_text(row, "answer", where),)
    return tuple(answer for answer in found if answer.strip())


def _evidence(rows: Any, where: str) -> tuple[Evidence, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidError(f"{where}: evidence must be a list of objects with document, and quote, page or span.")
    return tuple(_one_evidence(row, where) for row in rows)


def _one_evidence(row: dict[str, Any], where: str) -> Evidence:
    page = None if row.get("page") is None else fields.whole(row, "page", where)
    if page is not None and page < 1:
        raise InvalidError(f"{where}: page {page} is none; pages are counted from 1.")
    quote = fields.optional_text(row, "quote", where)
    one = Evidence(fields.filled(row, "document", where), quote, page, _span(row.get("span"), where))
    if not one.quote.strip() and one.page is None and one.span is None:
        raise InvalidError(f"{where}: evidence must name a quote, a page or a span of the document.")
    if one.quote.strip() and one.span is None and not words(one.quote).strip():
        raise InvalidError(
            f"{where}: the quote {one.quote!r} holds no word, and only words are looked for; name a span."
        )
    return one


def _span(value: Any, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 2 and all(map(fields.is_whole, value))):
        raise InvalidError(f"{where}: span must be a list of two whole numbers, start and end.")
    start, end = value
    if not 0 <= start < end:
        raise InvalidError(f"{where}: the span {start}-{end} holds no character; 0 <= start < end must be true.")
    return start, end


def placed(one: Evidence, documents: Documents, sections_of: SectionsOf, where: str) -> Evidence:
    """With the source of its document, and the text of its span, without white space round it.

    Args:
        sections_of: source -> what the document is indexed as.

    Raises:
        InvalidError: the document is not there, or has no such page, or at the span stands nothing or something else
            than the quote; begins with `where`.
    """
    source = documents.named(one.document, where)
    if one.span is not None:
        return _at_span(one, one.span, source, joined_text(sections_of(source)), where)
    if not one.quote.strip():
        _check_page(one.page, source, sections_of(source), where)
    return replace(one, document=source)


def _check_page(page: int | None, source: str, sections: Sequence[Section], where: str) -> None:
    pages = {section.page for section in sections if section.page}
    if not pages:
        raise InvalidError(f"{where}: {source} has no pages; name a quote or a span of it.")
    if page is None or page > max(pages):
        raise InvalidError(
            f"{where}: there is no text on page {page} of {source}; the last one with text is {max(pages)}."
        )


def _at_span(one: Evidence, span: tuple[int, int], source: str, text: str, where: str) -> Evidence:
    start, end = span
    quote = text[start:end].strip()
    if end > len(text) or not quote:
        raise InvalidError(f"{where}: there is no text at {start}-{end} of {source}, which has {len(text)} characters.")
    if one.quote.strip() and words(one.quote) != words(quote):
        raise InvalidError(f"{where}: at {start}-{end} of {source} stands {quote!r}, not {one.quote!r}.")
    start = text.index(quote, start)
    return replace(one, document=source, quote=quote, span=(start, start + len(quote)))


def same_question(text: str) -> str:
    """Equal for texts that differ in case, white space or a mark at the end alone."""
    return " ".join(text.casefold().split()).rstrip("?!. ")
