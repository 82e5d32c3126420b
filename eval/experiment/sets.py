"""Data sets of every kind as one: documents to ingest and cases to ask."""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from eval.datasets.beir import BeirDataset, load_beir, write_corpus
from eval.datasets.questions import Evidence, QuestionSet, load_question_set
from eval.datasets.spans import load_span_set
from ingest.sources.filesystem import SourceFile

Kind: TypeAlias = Literal["beir", "questions", "spans"]


@dataclass(frozen=True)
class Case:
    """One question. What is right is told by `grades` (source -> grade; BEIR) or by `evidence` (the other kinds)."""

    id: str
    text: str
    answerable: bool = True
    answers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class EvaluationSet:
    """`sha256` is that of the documents and of the cases that are asked, `documents_sha256` that of the documents."""

    name: str
    kind: Kind
    content: BeirDataset | QuestionSet
    cases: tuple[Case, ...]
    sha256: str
    documents_sha256: str
    synthetic: bool = False

    @property
    def raw_documents(self) -> Path | None:
        """Of a span set the folder of raw texts."""
        if isinstance(self.content, QuestionSet) and self.kind == "spans":
            return self.content.documents.folder
        return None

    def write_documents(self, folder: Path) -> list[SourceFile]:
        """The documents as files to ingest; those that are no files yet are written to `folder`. The source of each
        is its id in the corpus (BEIR) or its path below their folder."""
        if isinstance(self.content, BeirDataset):
            return write_corpus(self.content.corpus, folder)
        documents = self.content.documents
        if self.kind == "spans":
            return [_as_text(path, source, folder) for source, path in documents.files.items()]
        return documents.source_files()


def open_set(
    name: str, kind: Kind, folder: Path, limit: int | None, seed: int, file: Path | None = None
) -> EvaluationSet:
    """Read and check a data set; `limit` draws that many of its cases by chance.

    Args:
        file: holds the questions where they are not beside their documents.

    Raises:
        InvalidError: the data are malformed; names file and line.
    """
    match kind:
        case "beir":
            beir = load_beir(folder)
            documents = _digest(f"{key}\n{title}\n{text}".encode() for key, (title, text) in beir.corpus.items())
            return _made(name, kind, beir, _of_beir(beir), documents, limit, seed, False)
        case "questions":
            questions = load_question_set(folder, file)
        case "spans":
            questions = load_span_set(folder)
    files = questions.documents.files
    documents = _digest(source.encode() + b"\n" + path.read_bytes() for source, path in files.items())
    return _made(name, kind, questions, _of_questions(questions), documents, limit, seed, questions.synthetic)


def cut(dataset: EvaluationSet, token_spans: Callable[[str], Sequence[tuple[int, int]]], tokens: int) -> EvaluationSet:
    """A BEIR set whose documents, title and text together, have at most so many tokens."""
    content = dataset.content
    if not isinstance(content, BeirDataset):
        raise TypeError(dataset.kind)

    def shortened(title: str, text: str) -> str:
        spans = token_spans(text)
        left = max(tokens - len(token_spans(title)), 1)
        return text if len(spans) <= left else text[: spans[left - 1][1]]

    corpus = {key: (title, shortened(title, text)) for key, (title, text) in content.corpus.items()}
    marks = [f"{sha} cut to {tokens}" for sha in (dataset.sha256, dataset.documents_sha256)]
    whole, documents = (_digest([mark.encode()]) for mark in marks)
    return replace(dataset, content=replace(content, corpus=corpus), sha256=whole, documents_sha256=documents)


def _made(
    name: str,
    kind: Kind,
    content: BeirDataset | QuestionSet,
    cases: Sequence[Case],
    documents: str,
    limit: int | None,
    seed: int,
    synthetic: bool,
) -> EvaluationSet:
    drawn = random.Random(seed).sample(cases, limit) if limit and limit < len(cases) else cases
    whole = _digest([documents.encode(), *(repr(case).encode() for case in drawn)])
    return EvaluationSet(name, kind, content, tuple(drawn), whole, documents, synthetic)


def _of_beir(dataset: BeirDataset) -> list[Case]:
    return [Case(key, text, grades=dataset.qrels[key]) for key, text in dataset.queries.items()]


def _of_questions(found: QuestionSet) -> list[Case]:
    return [
        Case(one.id, one.question, one.answerable, one.answers, one.tags, evidence=one.evidence)
        for one in found.questions
    ]


def _as_text(path: Path, source: str, folder: Path) -> SourceFile:
    """Under a name that no parser changes the characters of."""
    copy = folder / f"{path.stem}.txt"
    copy.write_bytes(path.read_bytes())
    return SourceFile(copy, source)


def _digest(parts: Iterator[bytes] | Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
