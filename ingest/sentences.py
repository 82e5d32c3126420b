"""Sentence spans, by NLTK's Punkt model as shipped inside llama-index-core (no download)."""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any


@cache
def _punkt() -> Any:
    from llama_index.core.utils import globals_helper  # takes a second

    return globals_helper.punkt_tokenizer


def sentence_spans(text: str, headings: Collection[str] = ()) -> list[tuple[int, int]]:
    """Spans `(start, end)` of the sentences of `text`, in order, without surrounding white space.

    A blank line, a list item, a table row and a line that is one of `headings` end a sentence; any other line break
    inside a paragraph does not.
    """
    return [span for start, end in _blocks(text, headings) for span in _sentences(text, start, end)]


def is_row(line: str) -> bool:
    """True for a line whose cells are set apart by `|`."""
    return line.startswith("|") or " | " in line


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    block = text[start:end]
    if is_row(block):
        left = start + len(block) - len(block.lstrip())
        yield left, start + len(block.rstrip())
        return
    for left, right in _punkt().span_tokenize(block):
        yield start + left, start + right


def _blocks(text: str, headings: Collection[str]) -> Iterator[tuple[int, int]]:
    """Runs of lines that may share a sentence."""
    start = offset = 0
    previous = ""
    for line in text.splitlines(keepends=True):
        if previous in headings or _breaks(previous, line.strip()):
            if text[start:offset].strip():
                yield start, offset
            start = offset
        previous = line.strip()
        offset += len(line)
    if text[start:].strip():
        yield start, len(text)


def _breaks(previous: str, line: str) -> bool:
    """True if a sentence cannot run from one line to the next."""
    if not previous or not line or is_row(previous) or is_row(line):
        return True
    first = line.split(maxsplit=1)[0]
    starts_item = line[0] in "-*•–▪◦‣" or (len(first) > 1 and first[:-1].isdigit() and first[-1] in ".)")
    return starts_item or (previous[-1] in ".!?:;" and line[0].isupper())
