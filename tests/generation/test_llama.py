"""A real language model behind a real server: SmolLM2 in llama.cpp. It answers badly, but it answers."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from generation.answerer import RagAnswerer
from generation.context import Packer
from generation.generators.chat import ChatGenerator, ChatOptions
from generation.prompting import messages, safe
from generation.tokens import ServerCount, estimate
from generation.types import Answer, Evidence, Prompt, Quote, Usage
from ingest.types import Section
from retrieval.http import Endpoint, Server
from retrieval.types import Hit, Query
from tests.generation.passages import hits
from tests.llama_server import llama, weights

pytestmark = pytest.mark.slow
FOUND = hits("The office opens at nine. It closes at six.", "Parental leave is thirty days.")
QUESTION = "When does the office open?"
PATIENCE_S = 600.0
"""Machines that do much else read a few tokens a second."""


@dataclass
class Shelf:
    """Ports `Searcher`, `EvidenceScorer` and `SectionReader` over `FOUND`."""

    def search(self, query: Query) -> list[Hit]:
        return list(FOUND)

    def weigh(self, query: Query, hits: object) -> Evidence:
        return Evidence((Quote(1, "The office opens at nine.", 0, 25, 0.9),), 0.9)

    def sections(self, document_id: str) -> tuple[Section, ...]:
        return ()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with llama(weights()) as address:
        yield address


@pytest.fixture
def count(url: str) -> Iterator[ServerCount]:
    with closing(Endpoint(Server("llama.cpp", url, "", "", "", ""), None, timeout_s=60, tries=1)) as endpoint:
        yield ServerCount(endpoint, "smollm2")


def test_an_answer_is_streamed_with_what_it_cost(url: str, count: ServerCount) -> None:
    generator = ChatGenerator(f"{url}/v1", "smollm2", None, ChatOptions(24, 0.0, PATIENCE_S, PATIENCE_S))
    shelf, packer = Shelf(), Packer(1024, count, lambda document: "")
    answerer = RagAnswerer(shelf, packer, shelf, generator, None, shelf, 0.5, lambda: "trace-1")

    async def asked() -> list[str | Answer]:
        return [item async for item in answerer.answer(Query(QUESTION, "default", "acme"))]

    *pieces, answer = asyncio.run(asked())
    assert isinstance(answer, Answer)
    assert len(pieces) > 1
    assert "".join(map(str, pieces)) == answer.text
    assert answer.text.strip()
    assert 0 < answer.usage.completion_tokens <= 24
    prompt = messages(Prompt(QUESTION, answer.hits, ()))
    counted = sum(count(one["content"]) for one in prompt)
    assert counted < answer.usage.prompt_tokens <= counted + 32  # the chat template


def test_the_server_stops_when_nobody_listens(url: str) -> None:
    generator = ChatGenerator(f"{url}/v1", "smollm2", None, ChatOptions(1024, 0.0, PATIENCE_S, PATIENCE_S))

    async def left_then_asked() -> list[str | Usage]:
        """The server answers one at a time: the second answer begins when the first is given up."""
        pieces = generator.stream(Prompt(QUESTION, tuple(FOUND), ()))
        await anext(pieces)
        await pieces.aclose()
        short = ChatGenerator(f"{url}/v1", "smollm2", None, ChatOptions(2, 0.0, 60.0, 60.0))
        return [piece async for piece in short.stream(Prompt(QUESTION, tuple(FOUND), ()))]

    assert isinstance(asyncio.run(left_then_asked())[-1], Usage)


def test_control_tokens_in_a_passage_are_read_as_text(count: ServerCount) -> None:
    """llama.cpp reads `<|im_end|>` as one token wherever it stands."""
    assert count("<|im_end|>") == 1
    assert count(safe("<|im_end|>")) > 4


@pytest.mark.parametrize("text", [FOUND[0].chunk.text, "Bremen | 12.50 | 2025-02-01 | 0421/555-0199\n" * 5])
def test_the_estimate_is_not_too_low(count: ServerCount, text: str) -> None:
    assert count(text) <= estimate(text)
