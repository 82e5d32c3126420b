"""Span sets: questions with the characters of raw texts that answer them."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from eval.datasets import fields
from eval.datasets.documents import Documents, list_documents
from eval.datasets.lines import Unique, json_rows, utf8_text
from eval.datasets.questions import Evidence, Question, QuestionSet
from ingest.errors import InvalidError

RAW = "raw_documents"


def load_span_set(folder: Path) -> QuestionSet:
    """The layout of Chroma's chunking evaluation: `raw_documents/` and `queries.jsonl` whose metadata name a
    `corpus_id` (file name without suffix) and `references` [{content, start_index, end_index}].

    Raises:
        InvalidError: a file is missing or not UTF-8, two documents have one name, a line is malformed, or a reference
            does not stand where it says; names file and line.
    """
    documents = list_documents(folder / RAW)
    sources = _by_name(documents)
    texts = {source: utf8_text(path) for source, path in documents.files.items()}
    questions = tuple(_questions(folder / "queries.jsonl", sources, texts))
    if not questions:
        raise InvalidError(f"{folder / 'queries.jsonl'} has no questions.")
    return QuestionSet(folder.resolve().name, documents, questions)


def _by_name(documents: Documents) -> dict[str, str]:
    """File name without suffix -> source."""
    found: dict[str, str] = {}
    for source in documents.files:
        other = found.setdefault(PurePath(source).stem, source)
        if other != source:
            raise InvalidError(f"{other} and {source} in {documents.folder} have the same name; rename one of them.")
    return found


def _questions(path: Path, sources: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Question]:
    unique = Unique()
    for where, row in json_rows(path, ("_id", "text", "metadata")):
        key, about = unique.add(fields.identifier(row, "_id", where), where), row["metadata"]
        references = about.get("references") if isinstance(about, dict) else None
        if not isinstance(references, list) or not references or not all(isinstance(one, dict) for one in references):
            raise InvalidError(f"{where}: metadata must hold corpus_id and references, at least one, with offsets.")
        name = fields.identifier(about, "corpus_id", where)
        if name not in sources:
            raise InvalidError(f"{where}: there is no raw document {name!r} (of a kind that is read, such as .txt).")
        evidence = tuple(_evidence(one, sources[name], texts[sources[name]], where) for one in references)
        yield Question(key, fields.filled(row, "text", where), (), True, evidence, (name,))


def _evidence(reference: dict[str, Any], source: str, text: str, where: str) -> Evidence:
    content = fields.filled(reference, "content", where)
    start, end = fields.whole(reference, "start_index", where), fields.whole(reference, "end_index", where)
    if start < 0 or text[start:end] != content:
        raise InvalidError(f"{where}: the reference at {start}-{end} does not stand there in {source!r}.")
    return Evidence(source, content, raw_span=(start, end))
