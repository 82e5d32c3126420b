"""Sections become chunks, through llama-index's node parsers."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from llama_index.core.node_parser import SentenceSplitter

from ingest.sentences import Table, sentence_spans, tables
from ingest.types import Chunk, Document, Section, chunk_id

CHUNKER_VERSION = "2"
"""Raised when documents would give other chunks than before, so that they are taken up again."""
# llama-index's own pattern drops runs of punctuation; this one keeps every character.
_CLAUSES = r"[^,.;\n]*[,.;\n]+|[^,.;\n]+"
_CONTEXT_SHARE = 4
_PIECE_CHARACTERS = 100_000
"""Longer sections are cut before they are tokenized: what the node parser does takes quadratic time."""


class TokenChunker:
    """Port `Chunker`: at most `chunk_tokens` tokens of the embedding model, whole sentences where they fit.

    Args:
        token_spans: the embedding model's tokenizer: character spans, special tokens left out.
        max_tokens: what the model reads, `special_tokens` included.
        chunk_tokens: wanted size of a chunk with its context; never more than the model reads.
        overlap_tokens: how much of a chunk the next one of the same section repeats; none between the pieces that a
            section of more than 100,000 characters is cut into first.
    """

    def __init__(
        self,
        token_spans: Callable[[str], Sequence[tuple[int, int]]],
        max_tokens: int,
        chunk_tokens: int,
        overlap_tokens: int = 0,
        special_tokens: int = 2,
    ) -> None:
        self._token_spans = token_spans
        self._count = lru_cache(maxsize=1024)(lambda text: len(token_spans(text)))
        self._budget = min(chunk_tokens, max_tokens) - special_tokens
        self._overlap = overlap_tokens

    def chunk(self, document: Document) -> list[Chunk]:
        chunks: list[Chunk] = []
        following = chain(document.sections[1:], [None])
        for section, start, after in zip(document.sections, document.section_starts, following, strict=False):
            if _only_introduces(section, after):
                continue
            for left, right, context in self._spans(document, section):
                chunks.append(_chunk(document, section, context, len(chunks), start + left, start + right))
        return chunks

    def _spans(self, document: Document, section: Section) -> Iterator[tuple[int, int, str]]:
        """Start, end and context of each chunk; one that begins inside a table has the table's header as context."""
        context = self._fit(context_of(document.title, section.headings))
        found = [table for table in tables(section.text) if table.header]
        within = {table.header: self._fit_header(context, table.header) for table in found}
        budget = self._budget - max(map(self._count, (context, *within.values())))
        ends = [table.end for table in found]
        for left, right in self._split(section, budget):
            header = _header_above(found, ends, left)
            yield left, right, (within[header] if header else context)

    def _split(self, section: Section, budget: int) -> list[tuple[int, int]]:
        return [
            (start + left, start + right)
            for start, end in _pieces(section.text)
            for left, right in self._split_piece(section.text[start:end], budget)
        ]

    def _split_piece(self, text: str, budget: int) -> list[tuple[int, int]]:
        starts = [start for start, _ in self._token_spans(text)]
        if len(starts) <= budget:
            return [_stripped(text, 0, len(text))] if text.strip() else []
        splitter = SentenceSplitter(
            chunk_size=budget,
            chunk_overlap=min(self._overlap, budget // 2),
            paragraph_separator="\n\n",
            tokenizer=lambda part: range(self._count_part(text, starts, part)),
            chunking_tokenizer_fn=_sentences,
            secondary_chunking_regex=_CLAUSES,
        )
        spans = _locate(text, splitter.split_text(text))
        return [part for span in spans for part in self._halve(text, starts, span, budget)]

    def _halve(self, text: str, starts: list[int], span: tuple[int, int], budget: int) -> list[tuple[int, int]]:
        """Cut what is still too long: the token counts of the parts need not add up to that of the whole."""
        start, end = span
        if end - start < 2 or self._tokens_between(text, starts, start, end) <= budget:
            return [span]
        middle = text.rfind(" ", start + 1, (start + end) // 2 + 1)
        middle = middle if middle > start else (start + end) // 2
        parts = (_stripped(text, start, middle), _stripped(text, middle, end))
        return [piece for part in parts if part[1] > part[0] for piece in self._halve(text, starts, part, budget)]

    def _count_part(self, text: str, starts: list[int], part: str) -> int:
        start = text.find(part)
        return self._count(part) if start < 0 else self._tokens_between(text, starts, start, start + len(part))

    def _tokens_between(self, text: str, starts: list[int], start: int, end: int) -> int:
        """Counted from the tokens of the whole section, unless the cut runs through a word."""
        if _inside_word(text, start) or _inside_word(text, end):
            return self._count(text[start:end])
        return bisect_left(starts, end) - bisect_left(starts, start)

    def _fit_header(self, context: str, header: str) -> str:
        """Header of a table below its context; the line break, which titles lack, is kept where the context is not."""
        fitted = self._fit(f"{context}\n{header}")
        if not fitted:
            return context
        return fitted if "\n" in fitted else f"\n{fitted}"

    def _fit(self, context: str) -> str:
        """Shorten a context from the left (the nearest headings matter most) to its share of the budget."""
        words = re.split(r"(?<=\s)(?=\S)", context)
        while len(words) > 1 and self._count("".join(words)) > self._budget // _CONTEXT_SHARE:
            words = words[max(1, len(words) // 8) :]
        joined = "".join(words)
        return joined if self._count(joined) <= self._budget // _CONTEXT_SHARE else ""


def context_of(title: str, headings: tuple[str, ...]) -> str:
    """Title and heading path in one line, without repeating the title."""
    path = [title, *(heading for heading in headings if heading != title)]
    return " > ".join(part for part in path if part)


def _chunk(document: Document, section: Section, context: str, position: int, start: int, end: int) -> Chunk:
    return Chunk(
        id=chunk_id(document.id, document.revision, position),
        document_id=document.id,
        revision=document.revision,
        tenant=document.tenant,
        groups=document.groups,
        source=document.source,
        title=document.title,
        text=document.text[start:end],
        context=context,
        position=position,
        page=section.page,
        headings=section.headings,
        char_start=start,
        char_end=end,
        kind=section.kind,
        metadata=document.metadata,
    )


def _locate(text: str, pieces: list[str]) -> list[tuple[int, int]]:
    """Where each piece stands: the latest place that leaves no gap after the piece before it.

    In text that repeats itself this may run ahead of the node parser; what is covered by then is not taken twice.
    """
    spans: list[tuple[int, int]] = []
    previous, end = -1, 0
    for piece in pieces:
        latest = _skip_space(text, end)
        start = text.rfind(piece, 0, latest + len(piece))
        if start < 0:
            raise AssertionError(f"the node parser changed the text: {piece[:60]!r}")
        if start + len(piece) > end:
            previous, end = start if start > previous else latest, start + len(piece)
            spans.append((previous, end))
    return spans


def _only_introduces(section: Section, after: Section | None) -> bool:
    """True for a heading that stands alone before its first subsection, whose chunks carry it as context."""
    path = section.headings
    return after is not None and section.text.strip() in path[-1:] and after.headings[: len(path)] == path


def _inside_word(text: str, cut: int) -> bool:
    return 0 < cut < len(text) and not (text[cut - 1].isspace() or text[cut].isspace())


def _header_above(found: Sequence[Table], ends: Sequence[int], start: int) -> str:
    """Header of the table that goes on at `start`, or empty; `ends` are those of the tables."""
    place = bisect_right(ends, start)
    return found[place].header if place < len(found) and found[place].start < start else ""


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of at most 100,000 characters that cover `text`, cut where a paragraph, a line or a word ends."""
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        end = start + _PIECE_CHARACTERS
        marks = ((text.rfind(mark, start + _PIECE_CHARACTERS // 2, end), mark) for mark in ("\n\n", "\n", ". ", " "))
        cut = next((at + len(mark) for at, mark in marks if at >= 0), end)
        yield start, cut
        start = cut
    yield start, len(text)


def _sentences(text: str) -> list[str]:
    """The sentences and rows of `text`, each with the white space up to the next one: together they are `text`."""
    starts = [start for start, _ in sentence_spans(text)]
    return [text[left:right] for left, right in pairwise((0, *starts[1:], len(text)))]


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    start = min(_skip_space(text, start), end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
