"""What generation takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ingest.types import Box
from retrieval.types import Hit


@dataclass(frozen=True)
class Quote:
    """A sentence of a passage: `hits[marker - 1].chunk.text[start:end] == text`.

    `support` in [0, 1] estimates the probability that the sentence answers the question.
    """

    marker: int
    text: str
    start: int
    end: int
    support: float


@dataclass(frozen=True)
class Evidence:
    """What the passages hold on a question: `quotes`, best supported first, and the `confidence` in [0, 1] that
    they answer it."""

    quotes: tuple[Quote, ...]
    confidence: float


@dataclass(frozen=True)
class Prompt:
    """What a generator reads: passages are cited as [1], [2] ... in their order.

    `quotes` are the passages' sentences, best supported first.
    """

    question: str
    hits: tuple[Hit, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Packed:
    """What a generator gets to read. `omitted`: hits that did not fit."""

    hits: tuple[Hit, ...]
    omitted: int = 0


@dataclass(frozen=True)
class Citation:
    """Where a sentence of the answer stands: `document.text[char_start:char_end] == quote`.

    `boxes` are rectangles (left, top, right, bottom; points from the page's top left corner), one a line, for
    documents with a fixed layout. `table_header`: of a row of a table, the row with the names of its columns.
    """

    marker: int
    document_id: str
    chunk_id: str
    title: str
    source: str
    page: int | None
    headings: tuple[str, ...]
    char_start: int
    char_end: int
    quote: str
    support: float
    boxes: tuple[Box, ...] = ()
    table_header: str = ""


@dataclass(frozen=True)
class Short:
    """The exact words of the first citation's quote that answer a question for a number, a date, a person or an
    address: `document.text[char_start:char_end] == text`."""

    text: str
    marker: int
    document_id: str
    char_start: int
    char_end: int


@dataclass(frozen=True)
class Ground:
    """What a statement rests on: `hits[marker - 1].chunk.text[start:end]`.

    `support` in [0, 1]: the share of the statement's words that stand there, or the probability that a model gives.
    """

    marker: int
    start: int
    end: int
    support: float


@dataclass(frozen=True)
class Verdict:
    """Whether a statement is supported by the passages that it cites; `reason` says to people why not, else empty.
    `likely`: the probability, by a model of entailment, that they imply it; 1 where none was asked."""

    supported: bool
    reason: str
    grounds: tuple[Ground, ...]
    likely: float = 1.0


@dataclass(frozen=True)
class Usage:
    """`cut`: the answer was ended by the limit of tokens, or by a filter of the model's server."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: bool = False


@dataclass(frozen=True)
class Removed:
    """A sentence that a generator wrote and nobody was shown; `reason` says why."""

    text: str
    reason: str


@dataclass(frozen=True)
class Verification:
    """What came of the sentences that a generator wrote: `kept` were shown, `recited` of these with the marker of
    another passage than the one that the generator named. `quoted`: none held, and quotes stand in their place."""

    kept: int = 0
    recited: int = 0
    removed: tuple[Removed, ...] = ()
    quoted: bool = False


@dataclass(frozen=True)
class Provenance:
    """How an answer came about: the hits in the order of the search, the sentences that were weighed, the prompt (None
    where the generator was not asked) and what the generator wrote to it, all of it."""

    found: tuple[Hit, ...]
    quotes: tuple[Quote, ...]
    prompt: Prompt | None
    written: str


@dataclass(frozen=True)
class Stated:
    """A quote with the value that it states; since when its document is in force and when it was written, where
    the document says so."""

    citation: Citation
    value: str
    valid_from: date | None
    dated: date | None


@dataclass(frozen=True)
class Conflict:
    """Two or more documents that state different values for the same thing, best supported first."""

    statements: tuple[Stated, ...]


@dataclass(frozen=True)
class Answer:
    """`confidence` in [0, 1] estimates the probability that the passages answer the question.

    A refusal has no citations; its `hits` are the nearest passages. `omitted`: so many hits the generator could not
    read, because they did not fit into its context. `verification` is None where the generator can only quote.
    `short` is None where a quote holds no such words, or not surely. `timings` are milliseconds a stage.
    `conflicts` are told at the end of `text` too, and all their quotes are cited.
    """

    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    confidence: float
    refused: bool
    trace_id: str
    model: str
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)
    omitted: int = 0
    verification: Verification | None = None
    conflicts: tuple[Conflict, ...] = ()
    short: Short | None = None
    provenance: Provenance | None = field(default=None, repr=False)
