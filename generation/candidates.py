"""The sentences and table rows of passages that an answer may quote."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import is_row, sentence_spans
from retrieval.types import Hit

_RULE = re.compile(r"[\s|:-]*")


@dataclass(frozen=True)
class Candidate:
    """`hits[marker - 1].chunk.text[start:end] == text`.

    `context` is what a reader would see above it: headings, the header of its table, the question that it answers.
    """

    marker: int
    start: int
    end: int
    text: str
    context: str


def candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """In reading order, without headings, table headers, questions and lines that hold no word."""
    return [one for marker, hit in enumerate(hits, start=1) for one in _of_passage(marker, hit)]


def _of_passage(marker: int, hit: Hit) -> Iterator[Candidate]:
    chunk = hit.chunk
    header = asked = ""
    previous_end = 0
    for start, end in sentence_spans(chunk.text, chunk.headings):
        text = chunk.text[start:end]
        if not is_row(text):
            header = ""
        elif not header or "\n\n" in chunk.text[previous_end:start]:
            header = _header_of(chunk.context, chunk.kind, text)
        previous_end = end
        if text.endswith("?"):
            asked = text
            continue
        if text in chunk.headings or text == header or not any(map(str.isalnum, text)):
            continue
        yield Candidate(marker, start, end, text, "\n".join(filter(None, (chunk.context, header, asked))))
        asked = ""


def _header_of(context: str, kind: str, first_row: str) -> str:
    """The first row of a table, unless the table began in an earlier chunk: then the context ends with it."""
    continued = kind == "table" and is_row(context.rsplit("\n", 1)[-1])
    return "" if continued else first_row
