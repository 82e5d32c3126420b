"""Passages of made-up documents with questions, written for training: see passages/README.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval.datasets.lines import json_rows
from ingest.errors import InvalidError

FOLDER = Path(__file__).parent / "passages"
Kind: TypeAlias = Literal["direct", "colloquial", "detail", "none"]


@dataclass(frozen=True)
class Asked:
    """`answers`: which items answer it, each on its own; none where the passage does not."""

    question: str
    answers: tuple[int, ...]
    kind: Kind


@dataclass(frozen=True)
class Passage:
    """`items` are sentences and table rows in reading order; `header` is that of the rows."""

    title: str
    headings: tuple[str, ...]
    header: str
    items: tuple[str, ...]
    questions: tuple[Asked, ...]

    def framed(self, item: int) -> str:
        """An item as it is read in an index: under its headings, a row under its table's header."""
        text = self.items[item]
        path = " > ".join((self.title, *self.headings))
        return "\n".join(filter(None, (path, self.header if text.startswith("|") else "", text)))

    def markdown(self) -> str:
        """The passage as a document of its own."""
        headings = (f"{'#' * (depth + 2)} {name}" for depth, name in enumerate(self.headings))
        return "\n\n".join((f"# {self.title}", *headings, self.body())) + "\n"

    def body(self) -> str:
        """The items as Markdown, without title and headings."""
        lines: list[str] = []
        for number, item in enumerate(self.items):
            row = item.startswith("|")
            if row and (number == 0 or not self.items[number - 1].startswith("|")):
                lines.append(f"{self.header}\n{'|---' * (self.header.count('|') - 1)}|\n{item}")
            elif row:
                lines[-1] += f"\n{item}"
            else:
                lines.append(item)
        return "\n\n".join(lines)


def load_passages(held_out: bool) -> list[Passage]:
    """Those to train with, or those to choose and calibrate with.

    Raises:
        InvalidError: a line is malformed; names file and line.
    """
    paths = sorted(path for path in FOLDER.glob("*.jsonl") if path.name.endswith(".held-out.jsonl") is held_out)
    return [passage for path in paths for passage in load_file(path)]


def load_file(path: Path) -> list[Passage]:
    """Those of one file. Raises InvalidError as `load_passages` does."""
    return list(_passages(path))


def _passages(path: Path) -> Iterator[Passage]:
    for where, row in json_rows(path, ("title", "items", "questions")):
        try:
            yield _passage(row)
        except (TypeError, ValueError, IndexError) as error:
            raise InvalidError(f"{where} is no passage ({error}).") from error


def _passage(row: dict[str, Any]) -> Passage:
    items = tuple(map(str, row["items"]))
    asked = tuple(Asked(str(text), tuple(answers), kind) for text, answers, kind in row["questions"])
    for one in asked:
        if any(not 0 <= number < len(items) for number in one.answers) or (one.kind == "none") is bool(one.answers):
            raise ValueError(f"the answers of {one.question!r}")
    return Passage(str(row["title"]), tuple(row.get("headings", ())), row.get("header", ""), items, asked)
