"""What generation needs from others."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from generation.citations import Statement
from generation.types import Answer, Citation, Conflict, Evidence, Packed, Prompt, Quote, Usage, Verdict
from ingest.types import Section
from retrieval.types import Access, Hit, Query


class Generator(Protocol):
    """Writes an answer whose sentences end with the markers of the passages that they rest on."""

    @property
    def name(self) -> str: ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        """Pieces of the answer in order, then what they cost, if that is known or the answer was cut. Closing the
        iterator stops the work.

        Raises:
            UnavailableError: there is no answer, or no end to it.
        """
        ...


class ContextPacker(Protocol):
    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        """What the generator reads of the hits, which come best first. Raises InvalidError where nothing fits."""
        ...


class Answerer(Protocol):
    def answer(self, query: Query) -> AsyncGenerator[str | Answer, None]:
        """Pieces of text as they are released, then one Answer. Closing it stops the work."""
        ...


class EvidenceScorer(Protocol):
    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        """The sentences of the hits, and how surely they answer the question."""
        ...


class Lexicon(Protocol):
    """Words of texts as the index knows them."""

    def terms(self, text: str) -> frozenset[int]:
        """Ids of the distinct stems of `text`, stop words left out."""
        ...

    def idf(self, terms: Iterable[int], access: Access) -> Mapping[int, float]:
        """Inverse document frequency of each term in the index."""
        ...


class SectionReader(Protocol):
    def sections(self, document_id: str) -> tuple[Section, ...]: ...


class Verifier(Protocol):
    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        """Whether the passages that a sentence of an answer cites say what it says; one that cites none is unsupported.

        `question` is what the answer answers: its words help to find the place.
        """
        ...


class Conflicts(Protocol):
    def find(self, hits: Sequence[Hit], quotes: Sequence[Quote], citations: Sequence[Citation]) -> tuple[Conflict, ...]:
        """Quotes, best supported first, that state other values than what the answer cites, or than one another."""
        ...


class Entailment(Protocol):
    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """For each (premise, hypothesis) the probability, in [0, 1], that the first implies the second."""
        ...
