"""A question becomes a checked answer: search -> context -> evidence -> generate -> verify -> cite."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TypeVar

from generation.checking import CUT, SentenceCheck
from generation.citations import citation_at, line_boxes, resolve
from generation.conflicts.wording import said
from generation.errors import GenerationError
from generation.generators.extractive import best, quoted
from generation.lookup import shortened
from generation.ports import Conflicts, ContextPacker, EvidenceScorer, Generator, SectionReader, Verifier
from generation.refusals import says_unknown
from generation.streaming import Draft, DraftReader, ends_whole
from generation.types import Answer, Citation, Conflict, Packed, Prompt, Provenance, Quote, Usage
from ingest.errors import UnavailableError
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_T = TypeVar("_T")

REFUSAL = "I don't know: the indexed documents do not seem to answer this."
NOTHING_FOUND = "I don't know: no indexed document that you may read matches this question."


@dataclass
class _Course:
    """What has come of one question so far. `written` is what the generator wrote, `text` what was shown of it."""

    query: Query
    timings: dict[str, float] = field(default_factory=dict)
    found: Sequence[Hit] = ()
    packed: Packed = field(default_factory=lambda: Packed(()))
    quotes: tuple[Quote, ...] = ()
    confidence: float = 0.0
    prompt: Prompt | None = None
    written: str = ""
    text: str = ""
    check: SentenceCheck | None = None
    usage: Usage = field(default_factory=Usage)
    conflicts: tuple[Conflict, ...] = ()

    async def timed(self, name: str, work: Awaitable[_T]) -> _T:
        started = perf_counter()
        result = await work
        self.took(name, started)
        return result

    def took(self, name: str, started: float) -> None:
        """Added to what the stage took before."""
        self.timings[name] = round(self.timings.get(name, 0.0) + (perf_counter() - started) * 1000, 2)


class RagAnswerer:
    """Port `Answerer`.

    Args:
        verifier: without it the generator's pieces are shown as they come: for one that can only quote. With it a
            sentence is shown once it is verified, and what does not hold never is.
        min_confidence: below it the answer is a refusal, and the generator is not asked.
        new_trace_id: names an answer; injected so that tests can fix it.
        conflicts: finds quotes that contradict each other in a value, to be told at the end; None: nobody looks.
        max_sentences: how many are quoted at most in place of an answer that could not be written or does not hold.
    """

    def __init__(
        self,
        searcher: Searcher,
        packer: ContextPacker,
        evidence: EvidenceScorer,
        generator: Generator,
        verifier: Verifier | None,
        sections: SectionReader,
        min_confidence: float,
        new_trace_id: Callable[[], str],
        conflicts: Conflicts | None = None,
        max_sentences: int = 3,
    ) -> None:
        self._searcher, self._packer, self._evidence, self._generator = searcher, packer, evidence, generator
        self._verifier, self._sections, self._min_confidence, self._new_trace_id = (
            verifier,
            sections,
            min_confidence,
            new_trace_id,
        )
        self._conflicts, self._max_sentences = conflicts, max_sentences

    async def answer(self, query: Query) -> AsyncGenerator[str | Answer, None]:
        """Raises GenerationError where the generator fails."""
        course = _Course(query)
        await self._read(course)
        if not course.quotes or course.confidence < self._min_confidence:
            yield self._refusal(course)
            return
        async with aclosing(self._shown(course)) as pieces:
            async for piece in pieces:
                course.text += piece
                yield piece
        if not course.text and says_unknown(course.written):
            yield self._refusal(course)
            return
        citations = await course.timed("cite_ms", asyncio.to_thread(self._cite, course))
        if note := said(course.conflicts):
            course.text += note
            yield note
        yield await asyncio.to_thread(self._answer, course, citations)

    def _shown(self, course: _Course) -> AsyncGenerator[str, None]:
        return self._verified(course, self._verifier) if self._verifier else self._written(course)

    async def _verified(self, course: _Course, verifier: Verifier) -> AsyncGenerator[str, None]:
        """Sentences that hold; where the generator wrote something and none does, the best quotes."""
        check = course.check = SentenceCheck(verifier, course.packed.hits, course.query.text, course.quotes)
        reader = DraftReader(hit.chunk.text for hit in course.packed.hits)
        async with aclosing(self._written(course)) as pieces:
            async for piece in pieces:
                for draft in reader.feed(piece):
                    if text := await course.timed("verify_ms", asyncio.to_thread(check.passed, draft)):
                        yield text
                if check.goes_round:
                    break  # which stops the generator; what it counts comes at its end, and is not known
        for draft in () if check.goes_round else self._last(course, check, reader):
            if text := await course.timed("verify_ms", asyncio.to_thread(check.passed, draft)):
                yield text
        if course.prompt and not check.result.kept and not says_unknown(course.written):
            check.result = replace(check.result, quoted=True)
            for piece in quoted(course.prompt, self._max_sentences):
                yield piece

    def _last(self, course: _Course, check: SentenceCheck, reader: DraftReader) -> list[Draft]:
        """Without the one that the limit of tokens cut off: half a sentence may say what the whole does not."""
        drafts = reader.end()
        if drafts and course.usage.cut and not ends_whole(course.written):
            check.remove(drafts.pop(), CUT)
        return drafts

    async def _read(self, course: _Course) -> None:
        """Search, make the passages that the generator can read of it, and weigh their sentences."""
        query = course.query
        course.found = await course.timed("search_ms", asyncio.to_thread(self._searcher.search, query))
        course.packed = await course.timed("pack_ms", asyncio.to_thread(self._packer.pack, query.text, course.found))
        weighed = asyncio.to_thread(self._evidence.weigh, query, course.packed.hits)
        evidence = await course.timed("evidence_ms", weighed)
        course.quotes, course.confidence = evidence.quotes, evidence.confidence

    async def _written(self, course: _Course) -> AsyncGenerator[str, None]:
        """The generator's pieces; together they are what `course` was `written`."""
        prompt = course.prompt = Prompt(course.query.text, course.packed.hits, course.quotes)
        started = perf_counter()
        try:
            async with aclosing(self._generator.stream(prompt)) as pieces:
                async for piece in pieces:
                    course.took("generate_ms", started)
                    if isinstance(piece, Usage):
                        course.usage = piece
                    else:
                        course.written += piece
                        yield piece
                    started = perf_counter()  # what is done with a piece is no part of writing
        except UnavailableError as error:
            raise await asyncio.to_thread(self._lost, course, error) from error
        course.took("generate_ms", started)

    def _lost(self, course: _Course, error: UnavailableError) -> GenerationError:
        hits = course.packed.hits
        quotes = best(course.prompt, self._max_sentences) if course.prompt else ()
        citations = self._boxed(
            [citation_at(one.marker, hits[one.marker - 1], one.start, one.end, one.support) for one in quotes]
        )
        return GenerationError(str(error), hits, citations, self._answer(course, citations))

    def _cite(self, course: _Course) -> list[Citation]:
        """What the answer cites, and what contradicts it."""
        if course.check and not course.check.result.quoted:
            cited = course.check.citations
        else:
            cited = resolve(course.text, course.packed.hits, course.quotes)
        if self._conflicts and cited:
            course.conflicts = self._conflicts.find(course.packed.hits, course.quotes, cited)
        return self._boxed([*cited, *_uncited(course.conflicts, cited)])

    def _boxed(self, citations: Sequence[Citation]) -> list[Citation]:
        sections = {key: self._sections.sections(key) for key in {one.document_id for one in citations if one.page}}
        return [
            replace(one, boxes=line_boxes(sections.get(one.document_id, ()), one.char_start, one.char_end))
            for one in citations
        ]

    def _refusal(self, course: _Course) -> Answer:
        """Its hits are in the order of the search."""
        text = REFUSAL if course.found else NOTHING_FOUND
        return replace(self._answer(course, ()), text=text, hits=tuple(course.found), refused=True)

    def _answer(self, course: _Course, citations: Sequence[Citation]) -> Answer:
        quotes = not course.check or course.check.result.quoted
        return Answer(
            text=course.text,
            citations=tuple(citations),
            hits=course.packed.hits,
            confidence=course.confidence,
            refused=not citations and says_unknown(course.text),
            trace_id=self._new_trace_id(),
            model=self._generator.name,
            usage=course.usage,
            timings=dict(course.timings),
            omitted=course.packed.omitted,
            verification=course.check.result if course.check else None,
            short=shortened(course.query.text, citations[0]) if quotes and citations else None,
            provenance=Provenance(tuple(course.found), course.quotes, course.prompt, course.written),
            conflicts=course.conflicts,
        )


def _uncited(conflicts: Sequence[Conflict], cited: Sequence[Citation]) -> list[Citation]:
    there = {(one.chunk_id, one.char_start, one.char_end) for one in cited}
    told = [stated.citation for conflict in conflicts for stated in conflict.statements]
    return [one for one in told if (one.chunk_id, one.char_start, one.char_end) not in there]


async def drain(answerer_output: AsyncIterator[str | Answer]) -> Answer:
    """The Answer at the end of a stream."""
    async for item in answerer_output:
        if isinstance(item, Answer):
            return item
    raise AssertionError("an answerer ended without an Answer")
