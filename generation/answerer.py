"""A question becomes a checked answer: search -> evidence -> generate -> cite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import TypeVar

from generation.citations import line_boxes, resolve
from generation.ports import EvidenceScorer, Generator, SectionReader
from generation.types import Answer, Citation, Prompt, Quote
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_T = TypeVar("_T")

REFUSAL = "I don't know: the indexed documents do not seem to answer this."
NOTHING_FOUND = "I don't know: no indexed document that you may read matches this question."


class RagAnswerer:
    """Port `Answerer`.

    Args:
        min_confidence: below it the answer is a refusal, and the generator is not asked.
        new_trace_id: names an answer; injected so that tests can fix it.
    """

    def __init__(
        self,
        searcher: Searcher,
        evidence: EvidenceScorer,
        generator: Generator,
        sections: SectionReader,
        min_confidence: float,
        new_trace_id: Callable[[], str],
    ) -> None:
        self._searcher, self._evidence, self._generator = searcher, evidence, generator
        self._sections, self._min_confidence, self._new_trace_id = sections, min_confidence, new_trace_id

    async def answer(self, query: Query) -> AsyncIterator[str | Answer]:
        timings: dict[str, float] = {}
        hits = await _timed(timings, "search_ms", asyncio.to_thread(self._searcher.search, query))
        evidence = await _timed(timings, "evidence_ms", asyncio.to_thread(self._evidence.weigh, query, hits))
        quotes, confidence = evidence.quotes, evidence.confidence
        if not quotes or confidence < self._min_confidence:
            yield self._refusal(hits, confidence, timings)
            return
        started = perf_counter()
        text = ""
        async with aclosing(self._generator.stream(Prompt(query.text, tuple(hits), quotes))) as pieces:
            async for piece in pieces:
                text += piece
                yield piece
        timings["generate_ms"] = _milliseconds(started)
        citations = await _timed(timings, "cite_ms", asyncio.to_thread(self._cite, text, hits, quotes))
        yield self._answer(text, citations, hits, confidence, timings)

    def _cite(self, text: str, hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Citation]:
        citations = resolve(text, hits, quotes)
        sections = {key: self._sections.sections(key) for key in {one.document_id for one in citations if one.page}}
        return [
            replace(one, boxes=line_boxes(sections.get(one.document_id, ()), one.char_start, one.char_end))
            for one in citations
        ]

    def _refusal(self, hits: Sequence[Hit], confidence: float, timings: dict[str, float]) -> Answer:
        text = REFUSAL if hits else NOTHING_FOUND
        return replace(self._answer(text, (), hits, confidence, timings), refused=True)

    def _answer(
        self,
        text: str,
        citations: Sequence[Citation],
        hits: Sequence[Hit],
        confidence: float,
        timings: dict[str, float],
    ) -> Answer:
        return Answer(
            text=text,
            citations=tuple(citations),
            hits=tuple(hits),
            confidence=confidence,
            refused=False,
            trace_id=self._new_trace_id(),
            model=self._generator.name,
            timings=dict(timings),
        )


async def drain(answerer_output: AsyncIterator[str | Answer]) -> Answer:
    """The Answer at the end of a stream."""
    async for item in answerer_output:
        if isinstance(item, Answer):
            return item
    raise AssertionError("an answerer ended without an Answer")


async def _timed(timings: dict[str, float], name: str, work: Awaitable[_T]) -> _T:
    started = perf_counter()
    result = await work
    timings[name] = _milliseconds(started)
    return result


def _milliseconds(started: float) -> float:
    return round((perf_counter() - started) * 1000, 2)
