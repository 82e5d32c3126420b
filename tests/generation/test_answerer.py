"""From a question to a checked answer."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np
import pytest

from generation.answerer import NOTHING_FOUND, REFUSAL, RagAnswerer, drain
from generation.citations import Statement
from generation.context import Unlimited
from generation.errors import GenerationError
from generation.ports import Verifier
from generation.types import Answer, Evidence, Ground, Packed, Quote, Short, Usage, Verdict
from ingest.errors import UnavailableError
from ingest.types import Section
from retrieval.types import Hit, Query
from tests.fakes import ScriptedGenerator
from tests.generation.passages import hit, hits

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


def answerer(
    shelf: Shelf, generator: ScriptedGenerator, min_confidence: float = 0.5, verifier: Verifier | None = None
) -> RagAnswerer:
    return RagAnswerer(shelf, Unlimited(), shelf, generator, verifier, shelf, min_confidence, lambda: "trace-1")


def ask(
    shelf: Shelf, generator: ScriptedGenerator, min_confidence: float = 0.5, verifier: Verifier | None = None
) -> tuple[list[str], Answer]:
    async def run() -> list[str | Answer]:
        return [item async for item in answerer(shelf, generator, min_confidence, verifier).answer(QUESTION)]

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
        async with aclosing(answerer(Shelf([hit(TEXT)], [OPENS]), generator).answer(QUESTION)) as stream:
            async for _ in stream:
                break
        return generator.closed

    assert asyncio.run(leave_early())


def test_drain_gives_the_answer_at_the_end() -> None:
    stream = answerer(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator("a", "b")).answer(QUESTION)
    assert asyncio.run(drain(stream)).text == "ab"


def test_what_an_answer_costs_is_told_with_it() -> None:
    pieces, answer = ask(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator("x", Usage(30, 2)))
    assert (pieces, answer.usage) == (["x"], Usage(30, 2))


@pytest.mark.parametrize(
    "said",
    [
        "I don't know.",
        " I don’t know",
        "I DON'T KNOW, the passages are silent.",
        "**I do not know.**",
        "Ich weiß es nicht.",
    ],
)
def test_a_model_that_does_not_know_refuses(said: str) -> None:
    _, answer = ask(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator(said))
    assert (answer.refused, answer.citations, answer.text) == (True, (), said)
    _, cited = ask(Shelf([hit(TEXT)], [OPENS]), ScriptedGenerator(f"{said} But it opens at nine. [1]"))
    assert not cited.refused


@dataclass
class Backwards:
    """Port `ContextPacker` that leaves out the best and turns the others round."""

    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        return Packed(tuple(reversed(hits[1:])), 1)


def test_evidence_generator_and_citations_read_what_was_packed() -> None:
    found, weighed, generator = hits("best", TEXT, "other"), [], ScriptedGenerator("The office opens at nine. [2]")

    class Scale(Shelf):
        def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
            weighed.append(tuple(hits))
            return Evidence((replace(OPENS, marker=2),), 0.9)

    shelf = Scale(found)
    answer = asyncio.run(
        drain(RagAnswerer(shelf, Backwards(), shelf, generator, None, shelf, 0.5, lambda: "t").answer(QUESTION))
    )
    packed = (found[2], found[1])
    assert (weighed, generator.prompts[0].hits, answer.hits, answer.omitted) == ([packed], packed, packed, 1)
    (citation,) = answer.citations
    assert (citation.chunk_id, citation.quote, citation.char_start) == ("chunk-2", "The office opens at nine.", 200)
    refused = RagAnswerer(shelf, Backwards(), shelf, generator, None, shelf, 0.95, lambda: "t").answer(QUESTION)
    assert asyncio.run(drain(refused)).hits == tuple(found)


@pytest.mark.parametrize("before", [(), ("The office ",)])
def test_where_the_generator_fails_what_was_found_is_kept(before: tuple[str, ...]) -> None:
    found, down = [hit(TEXT)], UnavailableError("The language model is down; start it.")
    with pytest.raises(GenerationError, match="is down; start it") as told:
        ask(
            Shelf(found, [OPENS, replace(OPENS, text="It closes at six.", start=26, end=43, support=0.85)]),
            ScriptedGenerator(*before, down),
        )
    assert told.value.__cause__ is down
    assert told.value.hits == tuple(found)
    assert [one.quote for one in told.value.citations] == ["The office opens at nine.", "It closes at six."]


class Doubting:
    """Port `Verifier` that believes nothing."""

    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        return Verdict(False, "No.", ())


LISTED = "Visitors must bring:\n\n- a badge\n- a coat"


def shelf_of(*sentences: str, text: str = LISTED) -> Shelf:
    starts = [text.index(one) for one in sentences]
    quotes = [Quote(1, one, at, at + len(one), 0.6) for one, at in zip(sentences, starts, strict=True)]
    return Shelf([hit(text)], quotes)


def test_quotes_in_place_of_an_answer_have_their_lists() -> None:
    shelf = shelf_of("Visitors must bring:")
    _, answer = ask(shelf, ScriptedGenerator("It rains. [1]"), verifier=Doubting())
    assert answer.text == f"{LISTED} [1]"
    assert [one.quote for one in answer.citations] == [LISTED]
    with pytest.raises(GenerationError) as told:
        ask(shelf, ScriptedGenerator(UnavailableError("down")), verifier=Doubting())
    assert [one.quote for one in told.value.citations] == [LISTED]


def test_so_many_quotes_take_the_place_of_an_answer_as_the_settings_allow() -> None:
    shelf = shelf_of("The office opens at nine.", "It closes at six.", text=TEXT)
    generator = ScriptedGenerator("It rains. [1]")
    asked = RagAnswerer(shelf, Unlimited(), shelf, generator, Doubting(), shelf, 0.5, lambda: "t", max_sentences=1)
    assert asyncio.run(drain(asked.answer(QUESTION))).text == "The office opens at nine. [1]"


def test_where_no_quote_can_be_shown_the_answer_is_a_refusal() -> None:
    shelf = shelf_of("- lend a badge", text="Staff may not:\n\n- share [4]\n- lend a badge")
    _, answer = ask(shelf, ScriptedGenerator("It rains. [1]"), verifier=Doubting())
    assert (answer.refused, answer.citations) == (True, ())


class Believing:
    """Port `Verifier` that takes every sentence for the first passage's first."""

    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        return Verdict(True, "", (Ground(1, OPENS.start, OPENS.end, 0.9),))


@pytest.mark.parametrize("verifier", [None, Believing()])
def test_a_short_answer_is_taken_from_a_quote_and_never_from_what_a_model_wrote(verifier: Verifier | None) -> None:
    text = TEXT.replace("nine", "9:30")
    found, quote = [hit(text)], replace(OPENS, text=text[: OPENS.end])
    _, answer = ask(Shelf(found, [quote]), ScriptedGenerator(f"{quote.text} [1]"), verifier=verifier)
    assert answer.citations[0].quote == quote.text
    assert answer.short == (None if verifier else Short("9:30", 1, "doc-1", 20, 24))
