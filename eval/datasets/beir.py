"""BEIR folders: a corpus, queries and graded judgements."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from eval.datasets import fields
from eval.datasets.lines import Unique, json_rows, numbered_lines
from ingest.errors import InvalidError
from ingest.sources.filesystem import SourceFile


@dataclass(frozen=True)
class BeirDataset:
    """`corpus`: id -> (title, text); `queries`: id -> text; `qrels`: query id -> document id -> grade."""

    name: str
    corpus: dict[str, tuple[str, str]]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def load_beir(folder: Path) -> BeirDataset:
    """`corpus.jsonl` (_id, title, text), `queries.jsonl` (_id, text) and `qrels.tsv` (header; query-id, corpus-id,
    score), or BEIR's own `qrels/test.tsv`. Queries without a relevant document are left out.

    Raises:
        InvalidError: a file is missing, a line is malformed, an id or a judgement is double, or a judgement names
            what is not there; the message names file and line.
    """
    corpus = _corpus(folder / "corpus.jsonl")
    queries = _queries(folder / "queries.jsonl")
    places = [folder / "qrels.tsv", folder / "qrels" / "test.tsv"]
    qrels = _qrels(next((path for path in places if path.exists()), places[0]), queries, corpus)
    judged = {key: text for key, text in queries.items() if any(grade > 0 for grade in qrels.get(key, {}).values())}
    if not corpus or not judged:
        raise InvalidError(f"{folder} has no documents or no judged queries; is it a BEIR folder?")
    return BeirDataset(folder.resolve().name, corpus, judged, qrels)


def write_corpus(corpus: Mapping[str, tuple[str, str]], folder: Path) -> list[SourceFile]:
    """HTML brings title and text through a parser unharmed; the id in the corpus is the name of the source."""
    files = []
    for number, (key, (title, text)) in enumerate(corpus.items()):
        path = folder / f"{number:07}.html"
        path.write_text(_html(title, text), encoding="utf-8")
        files.append(SourceFile(path, key))
    return files


def _corpus(path: Path) -> dict[str, tuple[str, str]]:
    unique = Unique()
    corpus = {}
    for where, row in json_rows(path, ("_id", "text")):
        key = unique.add(fields.identifier(row, "_id", where), where)
        corpus[key] = (fields.optional_text(row, "title", where), fields.text(row, "text", where))
    return corpus


def _queries(path: Path) -> dict[str, str]:
    unique = Unique()
    queries = {}
    for where, row in json_rows(path, ("_id", "text")):
        key = unique.add(fields.identifier(row, "_id", where), where)
        queries[key] = fields.filled(row, "text", where)
    return queries


def _qrels(path: Path, queries: Collection[str], corpus: Collection[str]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, (where, line) in enumerate(numbered_lines(path)):
        columns = line.split("\t")
        if len(columns) != 3 or (number > 0 and not _is_integer(columns[2])):
            raise InvalidError(f"{where} must be query-id, corpus-id and score, separated by tabs.")
        if number == 0:
            _check_header(columns, where)
            continue
        query_id, document_id, grade = columns
        for key, known, kind in ((query_id, queries, "query"), (document_id, corpus, "document")):
            if key not in known:
                raise InvalidError(f"{where} judges the {kind} {key!r}, which is not in the data set.")
        grades = qrels.setdefault(query_id, {})
        if document_id in grades:
            raise InvalidError(f"{where} judges the document {document_id!r} a second time for {query_id!r}.")
        grades[document_id] = int(grade)
    return qrels


def _check_header(columns: list[str], where: str) -> None:
    if _is_integer(columns[2]):
        raise InvalidError(f"{where} must be a header (query-id, corpus-id, score), not a judgement.")


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,9}", text.strip()) is not None


def _html(title: str, text: str) -> str:
    heading = f"<h1>{escape(title)}</h1>" if title.strip() else ""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
    return f"<!DOCTYPE html><html><body>{heading}{paragraphs}</body></html>"
