"""From a question to a checked answer."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
import pytest

from generation.answerer import NOTHING_FOUND, REFUSAL, RagAnswerer, drain
from generation.context import Unlimited
from generation.types import Answer, Evidence, Quote
from ingest.types import Section
from retrieval.types import Hit, Query
from tests.fakes import ScriptedGenerator
from tests.generation.passages import hit

QUESTION = Query("When does the office open?", "default", "acme")
TEXT = "The office opens at nine. It closes at six."
OPENS = Quote(1, "The office opens at nine.", 0, 25, 0.9)


@dataclass
class Shelf:
    """Ports `Searcher`, `EvidenceScorer` and `SectionReader` over what is given."""

    hits: Sequence[Hit] = ()
    found: Sequence[Quote] = ()
    pages: tuple[Section, ...] = ()

    def search(self, query: Query) -> list[Hit]:
        return list(self.hits)

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        return Evidence(tuple(self.found), max((quote.support for quote in self.found), default=0.0))

    def sections(self, document_id: str) -> tuple[Section, ...]:
        return self.pages


def answerer(shelf: Shelf, generator: ScriptedGenerator, min_confidence: float = 0.5) -> RagAnswerer:
    return RagAnswerer(shelf, Unlimited(), shelf, generator, shelf, min_confidence, lambda: "trace-1")


def ask(shelf: Shelf, generator: ScriptedGenerator, min_confidence: float = 0.5) -> tuple[list[str], Answer]:
    async def run() -> list[str | Answer]:
        return [item async for item in answerer(shelf, generator, min_confidence).answer(QUESTION)]

    *pieces, answer = asyncio.run(run())
    assert isinstance(answer, Answer)
    return [str(piece) for piece in pieces], answer


def test_an_answer_is_streamed_then_given_whole_with_its_citations() -> None:
    generator = ScriptedGenerator("The office ", "opens at nine.", " [1]")
    pieces, answer = ask(Shelf([hit(TEXT)], [OPENS]), generator)
    assert "".join(pieces) == answer.text == "The office opens at nine. [1]"
    assert pieces == ["The office ", "opens at nine.", " [1]"]
    assert [one.quote for one in answer.citations] == ["The office opens at nine."]
    assert (answer.refused, answer.confidence, answer.model, answer.trace_id) == (False, 0.9, "scripted", "trace-1")


def test_the_generator_reads_question_passages_and_quotes() -> None:
    generator = ScriptedGenerator("x")
    found = [hit(TEXT)]
    ask(Shelf(found, [OPENS]), generator)
    (prompt,) = generator.prompts
    assert (prompt.question, prompt.hits, prompt.quotes) == (QUESTION.text, tuple(found), (OPENS,))


def test_too_little_support_is_refused_without_asking_the_generator() -> None:
    generator = ScriptedGenerator("never said")
    pieces, answer = ask(Shelf([hit(TEXT)], [OPENS]), generator, min_confidence=0.95)
    assert (pieces, generator.prompts) == ([], [])
    assert (answer.text, answer.refused, answer.citations, answer.confidence) == (REFUSAL, True, (), 0.9)
    assert len(answer.hits) == 1
    assert set(answer.timings) == {"search_ms", "pack_ms", "evidence_ms"}


@pytest.mark.parametrize("min_confidence", [0.0, 0.5])
def test_nothing_found_is_refused_whatever_the_threshold(min_confidence: float) -> None:
    _, answer = ask(Shelf(), ScriptedGenerator("never said"), min_confidence)
    assert (answer.text, answer.refused, answer.hits, answer.confidence) == (NOTHING_FOUND, True, (), 0.0)


def test_passages_without_a_sentence_are_refused_whatever_the_threshold() -> None:
    _, answer = ask(Shelf([hit("---")], []), ScriptedGenerator("never said"), min_confidence=0.0)
    assert (answer.text, answer.refused) == (REFUSAL, True)


def test_a_threshold_is_met_by_equal_support() -> None:
    _, answer = ask(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator("x"), min_confidence=0.9)
    assert not answer.refused


def test_each_stage_is_timed() -> None:
    _, answer = ask(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator("x [1]"))
    assert set(answer.timings) == {"search_ms", "pack_ms", "evidence_ms", "generate_ms", "cite_ms"}
    assert all(value >= 0 for value in answer.timings.values())


def test_citations_of_pages_have_rectangles() -> None:
    row = [[5.0 * index, 10.0, 5.0 * index + 5, 20.0] for index in range(len(TEXT))]
    page = Section(TEXT, 1, boxes=np.array(row, np.float32))
    generator = ScriptedGenerator("The office opens at nine. [1]")
    _, paged = ask(Shelf([hit(TEXT, page=1)], [OPENS], (page,)), generator)
    assert paged.citations[0].boxes == ((0.0, 10.0, 125.0, 20.0),)
    _, plain = ask(Shelf([hit(TEXT)], [OPENS], (page,)), generator)
    assert plain.citations[0].boxes == ()


def test_who_stops_listening_stops_the_generator() -> None:
    generator = ScriptedGenerator("one", "two", "three")

    async def leave_early() -> bool:
        async with aclosing(answerer(Shelf([hit(TEXT)], [OPENS]), generator).answer(QUESTION)) as stream:  # type: ignore[type-var]
            async for _ in stream:
                break
        return generator.closed

    assert asyncio.run(leave_early())


def test_drain_gives_the_answer_at_the_end() -> None:
    stream = answerer(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator("a", "b")).answer(QUESTION)
    assert asyncio.run(drain(stream)).text == "ab"
