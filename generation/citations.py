"""Markers in an answer become citations with exact places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generation.candidates import header_at
from generation.types import Citation, Quote
from ingest.sentences import sentence_spans
from ingest.types import Box, Section, section_starts
from retrieval.types import Hit

_MARKER = re.compile(r"\[(\d{1,3})\]")
_MARKERS = re.compile(r"\s*\[\d{1,3}\](?: *\[\d{1,3}\])*")


@dataclass(frozen=True)
class Statement:
    """One sentence of an answer and the passages that it cites."""

    text: str
    markers: tuple[int, ...]


def statements(text: str, quotes: Sequence[Quote] = ()) -> list[Statement]:
    """Split an answer at its markers; what stands before a run of markers rests on them.

    A statement that begins with one of `quotes` goes on to the end of that quote, which may hold `[1]` itself.
    """
    found: list[Statement] = []
    literal = [quote.text for quote in quotes if _MARKER.search(quote.text)]
    start = 0
    while text[start:].strip():
        start += len(text[start:]) - len(text[start:].lstrip())
        quoted = max((len(one) for one in literal if text.startswith(one, start)), default=0)
        run = _MARKERS.search(text, start + quoted)
        end, following = run.span() if run else (len(text), len(text))
        markers = tuple(int(number) for number in _MARKER.findall(run.group())) if run else ()
        if body := text[start:end].strip():
            found.append(Statement(body, markers))
        start = following
    return found


def resolve(text: str, hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Citation]:
    """One citation for each marker of each statement, pointing at the sentence that it rests on.

    A statement that stands word for word in its passage is cited exactly there; any other at the passage's sentence
    that shares most words with it. Markers of passages that do not exist are left out.
    """
    citations = []
    for statement in statements(text, quotes):
        for marker in statement.markers:
            if 1 <= marker <= len(hits):
                start, end, support = _place(statement.text, marker, hits[marker - 1].chunk.text, quotes)
                citations.append(citation_at(marker, hits[marker - 1], start, end, support))
    return citations


def line_boxes(sections: Sequence[Section], char_start: int, char_end: int) -> tuple[Box, ...]:
    """Rectangles round the characters `[char_start, char_end)` of a document, one for each line of the page."""
    boxes: list[Box] = []
    for section, offset in zip(sections, section_starts(sections), strict=True):
        if section.boxes is None:
            continue
        inside = section.boxes[max(0, char_start - offset) : max(0, char_end - offset)].tolist()
        for left, top, right, bottom in inside:
            if right <= left or bottom <= top:
                continue
            if boxes and _same_line(boxes[-1], left, top, bottom):
                boxes[-1] = (boxes[-1][0], min(boxes[-1][1], top), max(boxes[-1][2], right), max(boxes[-1][3], bottom))
            else:
                boxes.append((left, top, right, bottom))
    return tuple((round(a, 1), round(b, 1), round(c, 1), round(d, 1)) for a, b, c, d in boxes)


def _same_line(box: Box, left: float, top: float, bottom: float) -> bool:
    return left >= box[0] and min(bottom, box[3]) - max(top, box[1]) > 0.5 * min(bottom - top, box[3] - box[1])


def _place(statement: str, marker: int, passage: str, quotes: Sequence[Quote]) -> tuple[int, int, float]:
    """Start, end and support of the sentence, or the list, of a passage that a statement rests on."""
    own = [quote for quote in quotes if quote.marker == marker]
    exact = next((quote for quote in own if quote.text == statement), None)
    if exact:
        return exact.start, exact.end, exact.support
    start, end = _similar(statement, passage)
    return start, end, max((quote.support for quote in own if start <= quote.start < end), default=0.0)


def _similar(statement: str, passage: str) -> tuple[int, int]:
    start = passage.find(statement)
    if start >= 0:
        return start, start + len(statement)
    words = _words(statement)
    spans = sentence_spans(passage) or [(0, len(passage))]
    return max(spans, key=lambda span: len(words & _words(passage[span[0] : span[1]])))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def citation_at(marker: int, hit: Hit, start: int, end: int, support: float) -> Citation:
    """The characters `[start, end)` of a passage as a citation."""
    chunk = hit.chunk
    return Citation(
        marker=marker,
        document_id=chunk.document_id,
        chunk_id=chunk.id,
        title=chunk.title,
        source=chunk.source,
        page=chunk.page,
        headings=chunk.headings,
        char_start=chunk.char_start + start,
        char_end=chunk.char_start + end,
        quote=chunk.text[start:end],
        support=support,
        table_header=header_at(hit, start),
    )
