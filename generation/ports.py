"""What generation needs from others."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from typing import Protocol

from generation.types import Answer, Evidence, Packed, Prompt, Usage
from ingest.types import Section
from retrieval.types import Access, Hit, Query


class Generator(Protocol):
    """Writes an answer whose sentences end with the markers of the passages that they rest on."""

    @property
    def name(self) -> str: ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        """Pieces of the answer in order, then what they cost, if that is known. Closing the iterator stops the work.

        Raises:
            UnavailableError: there is no answer, or no end to it.
        """
        ...


class ContextPacker(Protocol):
    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        """What the generator reads of the hits, which come best first. Raises InvalidError where nothing fits."""
        ...


class Answerer(Protocol):
    def answer(self, query: Query) -> AsyncIterator[str | Answer]:
        """Pieces of text as they are released, then one Answer."""
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
