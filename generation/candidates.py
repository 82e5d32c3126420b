"""The sentences and table rows of passages that an answer may quote."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.sentences import Sentence, Table, holds_values, sentences, tables
from ingest.types import Chunk
from retrieval.types import Hit

_NAMED = r"[^\W\d_a-zäöüß][^\W\d]*\.?"
_COURTESY = re.compile(
    r"(?i:(?:many\s)?thanks|thank\syou|(?:best|kind|warm)\s(?:regards|wishes)|regards|cheers|yours\s\w+|sincerely|hi|hello"
    r"|dear|good\s(?:morning|afternoon)|mit\s\w+\sgrü(?:ß|ss)en|(?:viele|beste|liebe)\sgrü(?:ß|ss)e|danke|hallo|liebe[rs]?"
    r"|sehr\sgeehrte[rs]?|guten\s(?:tag|morgen))\b(?:\s(?:all|both|everyone|team|alle|zusammen))?"
    rf"(?:[\s,.!]*|(?:\s{_NAMED}){{1,3}}[,!]|[,!]?\n(?:{_NAMED}[\s,]*){{1,3}}|,\s(?:{_NAMED}\s?){{1,3}})"
)
"""Of a mail, with the name that it is said to or by."""


@dataclass(frozen=True)
class Candidate:
    """`hits[marker - 1].chunk.text[start:end] == text`.

    `context` is what a reader would see above it: headings, the header of its table, the question that it answers.
    `header`: that of its table, once more by itself.
    """

    marker: int
    start: int
    end: int
    text: str
    context: str
    header: str = ""


_ENOUGH = 20
"""Characters that hold the last ones."""
_ASKS = re.compile(r"[?？؟\u037e⸮﹖][\s*_]*\Z")
_ALL_INSIDE = re.compile(r"[\s*_]*[(（\[「『\"“„«'‘]")
_CLOSERS = " *_)）]」』\"”“»'’"


def asks(text: str) -> bool:
    """Whether a sentence is a question, in bold, in quotes, in brackets or not; no statement that ends with one."""
    bare = text.rstrip(_CLOSERS) if _ALL_INSIDE.match(text) else text
    return _ASKS.search(bare[-_ENOUGH:]) is not None


def candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """In reading order, without headings, names of columns, questions, greetings and lines that hold no word."""
    return [one for marker, hit in enumerate(hits, start=1) for one in _of_passage(marker, hit)]


def header_at(hit: Hit, start: int) -> str:
    """The names of the columns of the table that a character of the passage stands in, "" where it stands in none."""
    within = (one.header for one in _of_passage(1, hit) if one.start <= start < one.end)
    return next(within, "") if "|" in hit.chunk.text else ""


def _of_passage(marker: int, hit: Hit) -> Iterator[Candidate]:
    chunk = hit.chunk
    found = _tables(chunk)
    asked = ""
    for sentence in sentences(chunk.text, chunk.headings):
        text = chunk.text[sentence.start : sentence.end]
        if asks(text):
            asked = text
            continue
        table = _table(found, sentence)
        header = table.header if table else ""
        names_columns = text == header and not holds_values(text)
        if text in chunk.headings or names_columns or not any(map(str.isalnum, text)) or _COURTESY.fullmatch(text):
            continue
        shown = header if text != header else ""
        context = "\n".join(filter(None, (chunk.context, shown, asked)))
        of_table = shown or (_header_above(chunk) if table else "")
        yield Candidate(marker, sentence.start, sentence.end, text, context, of_table)
        asked = ""


def _tables(chunk: Chunk) -> list[Table]:
    """Those of the chunk; one that began in an earlier chunk has its header in the second line of the context."""
    found = tables(chunk.text)
    goes_on = bool(found) and "\n" in chunk.context and "\n\n" not in chunk.text[: found[0].start]
    return [replace(found[0], header=""), *found[1:]] if goes_on else found


def _header_above(chunk: Chunk) -> str:
    """Of a table that began in an earlier chunk: below title and headings, which may hold "|" themselves."""
    return chunk.context.partition("\n")[2]


def _table(found: Sequence[Table], sentence: Sentence) -> Table | None:
    return next((table for table in found if table.start <= sentence.start < table.end), None)
