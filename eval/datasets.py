"""Data sets on disk: BEIR folders and question sets over documents."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import InvalidError


@dataclass(frozen=True)
class BeirDataset:
    """`corpus`: id -> (title, text); `queries`: id -> text; `qrels`: query id -> document id -> grade."""

    name: str
    corpus: dict[str, tuple[str, str]]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Evidence:
    """`quote` answers the question, in the document of this file name."""

    document: str
    quote: str


@dataclass(frozen=True)
class Question:
    id: str
    question: str
    answer: str
    answerable: bool
    evidence: tuple[Evidence, ...]
    tags: tuple[str, ...]


def load_beir(folder: Path) -> BeirDataset:
    """`corpus.jsonl` (_id, title, text), `queries.jsonl` (_id, text) and `qrels.tsv` (header; query-id, corpus-id,
    score), or BEIR's own `qrels/test.tsv`. Queries without a judged document are left out.

    Raises:
        InvalidError: a file is missing or a line is malformed; names file and line.
    """
    rows = _rows(folder / "corpus.jsonl", ("_id", "text"))
    corpus = {str(row["_id"]): (str(row.get("title") or ""), str(row["text"])) for _, row in rows}
    qrels = _qrels(next((path for path in _qrels_paths(folder) if path.exists()), folder / "qrels.tsv"))
    queries = {str(row["_id"]): str(row["text"]) for _, row in _rows(folder / "queries.jsonl", ("_id", "text"))}
    judged = {key: text for key, text in queries.items() if any(grade > 0 for grade in qrels.get(key, {}).values())}
    if not corpus or not judged:
        raise InvalidError(f"{folder} has no documents or no judged queries; is it a BEIR folder?")
    return BeirDataset(folder.resolve().name, corpus, judged, qrels)


def load_questions(path: Path) -> list[Question]:
    """One JSON object a line: id, question, answer, answerable, evidence [{document, quote}], tags.

    Raises:
        InvalidError: a line is malformed; names file and line.
    """
    required = ("id", "question", "answerable", "evidence")
    return [_question(row, where) for where, row in _rows(path, required)]


def _question(row: dict[str, Any], where: str) -> Question:
    try:
        evidence = tuple(Evidence(str(one["document"]), str(one["quote"])) for one in row["evidence"])
    except (KeyError, TypeError) as error:
        raise InvalidError(f"{where}: evidence must be a list of objects with document and quote.") from error
    return Question(
        id=str(row["id"]),
        question=str(row["question"]),
        answer=str(row.get("answer", "")),
        answerable=bool(row["answerable"]),
        evidence=evidence,
        tags=tuple(row.get("tags", ())),
    )


def _qrels_paths(folder: Path) -> list[Path]:
    return [folder / "qrels.tsv", folder / "qrels" / "test.tsv"]


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place and object."""
    for number, line in _lines(path):
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InvalidError(f"{where} is not JSON ({error.msg}).") from error
        missing = [name for name in required if not isinstance(row, dict) or name not in row]
        if missing:
            raise InvalidError(f"{where} lacks {', '.join(missing)}.")
        yield where, row


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        if number == 1:
            continue
        try:
            query_id, document_id, grade = line.split("\t")
            qrels.setdefault(query_id, {})[document_id] = int(grade)
        except ValueError as error:
            raise InvalidError(f"{path}:{number} must be query-id, corpus-id and score, separated by tabs.") from error
    return qrels


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except FileNotFoundError as error:
        raise InvalidError(
            f"{path} does not exist; a BEIR folder holds corpus.jsonl, queries.jsonl, qrels.tsv."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidError(f"{path} is not UTF-8; save it as UTF-8.") from error
