"""Sentence spans, by NLTK's Punkt model as shipped inside llama-index-core (no download)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from llama_index.core.utils import globals_helper


@cache
def _punkt() -> Any:
    return globals_helper.punkt_tokenizer


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans `(start, end)` of the sentences of `text`, in order, without surrounding white space.

    A blank line, a list item and a table row end a sentence; a single line break inside a paragraph does not.
    """
    return [span for start, end in _blocks(text) for span in _sentences(text, start, end)]


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for left, right in _punkt().span_tokenize(text[start:end]):
        yield start + left, start + right


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that may share a sentence."""
    start = offset = 0
    previous = ""
    for line in text.splitlines(keepends=True):
        if _breaks(previous, line.strip()):
            if text[start:offset].strip():
                yield start, offset
            start = offset
        previous = line.strip()
        offset += len(line)
    if text[start:].strip():
        yield start, len(text)


def _breaks(previous: str, line: str) -> bool:
    """True if a sentence cannot run from one line to the next."""
    if not previous or not line:
        return True
    starts_item = line[0] in "|-*•–▪◦‣" or (line.split(maxsplit=1)[0].rstrip(".)").isdigit() and line[0].isdigit())
    return starts_item or previous.startswith("|") or (previous[-1] in ".!?:;" and line[0].isupper())
