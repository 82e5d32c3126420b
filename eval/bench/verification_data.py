"""Answer sentences that a passage supports, as eval/samples/verification holds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from eval.datasets.lines import json_rows
from eval.training.passages import FOLDER, Passage, load_file
from ingest.errors import InvalidError
from ingest.types import Chunk
from retrieval.types import Hit

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "verification"
Half: TypeAlias = Literal["thresholds", "held-out", "second", "training"]
WRONG = "wrong "
"""Begins the kind of a sentence that its passage does not support, written so by hand."""


@dataclass(frozen=True)
class Row:
    """A sentence that answers a question, which the passage `hit` supports unless it is `wrong`. `file` tells of which
    field it is."""

    hit: Hit
    file: str
    question: str
    sentence: str
    kind: str

    @property
    def wrong(self) -> bool:
        return self.kind.startswith(WRONG)


def load_rows(half: Half) -> list[Row]:
    """Raises InvalidError where a line is malformed or names a passage that there is not."""
    return list(_rows(SAMPLES / f"{half}.jsonl"))


def _rows(path: Path) -> Iterator[Row]:
    hits: dict[tuple[str, str], Hit] = {}
    for where, row in json_rows(path, ("file", "title", "question", "sentence", "kind")):
        file, title = str(row["file"]), str(row["title"])
        if file not in {known for known, _ in hits}:
            hits |= {(file, passage.title): hit_of(passage) for passage in load_file(_path(file))}
        if (file, title) not in hits:
            raise InvalidError(f"{where}: there is no passage {title!r} in {file}.")
        yield Row(hits[file, title], file, str(row["question"]), str(row["sentence"]), str(row["kind"]))


def _path(file: str) -> Path:
    """Beside the sentences, or among the passages to train with."""
    return SAMPLES / file if (SAMPLES / file).exists() else FOLDER / file


def hit_of(passage: Passage) -> Hit:
    """The passage as the one chunk of a document."""
    return hit_with(passage.title, passage.headings, passage.body())


def hit_with(title: str, headings: tuple[str, ...], text: str) -> Hit:
    """A text as the one chunk of a document."""
    context = " > ".join((title, *headings))
    chunk = Chunk(
        id=title,
        document_id=title,
        revision="1",
        tenant="bench",
        groups=(),
        source=f"{title}.md",
        title=title,
        text=text,
        context=context,
        position=0,
        page=None,
        headings=headings,
        char_start=0,
        char_end=len(text),
    )
    return Hit(chunk, 1.0)
