"""What every generator must do."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from generation.citations import statements
from generation.generators.breaker import CircuitBreaker
from generation.generators.chat import ChatGenerator, ChatOptions
from generation.generators.extractive import ExtractiveGenerator
from generation.generators.local.generator import TransformersGenerator
from generation.generators.local.weights import Choice, LazyModel, load
from generation.ports import Generator
from generation.types import Prompt, Quote, Usage
from tests.chat_server import KEY, chatting
from tests.fakes import ScriptedGenerator
from tests.generation.passages import hits

FOUND = hits("The office opens at nine.", "It closes at six.")
PROMPT = Prompt(
    "When does the office open?",
    tuple(FOUND),
    (Quote(1, "The office opens at nine.", 0, 25, 0.9), Quote(2, "It closes at six.", 0, 17, 0.6)),
)


@pytest.fixture(params=["extractive", "scripted", "chat", "chat behind a circuit breaker", "transformers"])
def generator(request: pytest.FixtureRequest) -> Iterator[Generator]:
    if request.param == "extractive":
        yield ExtractiveGenerator()
    elif request.param == "transformers":
        folder = request.getfixturevalue("reciting_llm")
        model = LazyModel("reciting", lambda: load(Choice(str(folder), "cpu", "float32")))
        yield TransformersGenerator(model, ChatOptions(64, 0.0, 60.0, 60.0), batch_size=2)
    elif request.param == "scripted":
        yield ScriptedGenerator("At ", "nine. [1]", Usage(3, 4))
    else:
        with chatting() as server:
            chat = ChatGenerator(server.url, "small", KEY, ChatOptions(64, 0.0, 10.0, 10.0))
            yield chat if request.param == "chat" else CircuitBreaker(chat, 2, 30.0, time.monotonic)


async def streamed(generator: Generator, prompt: Prompt = PROMPT) -> list[str | Usage]:
    async with aclosing(generator.stream(prompt)) as pieces:
        return [piece async for piece in pieces]


def test_it_has_a_name(generator: Generator) -> None:
    assert generator.name.strip()


def test_pieces_of_text_then_at_most_one_usage(generator: Generator) -> None:
    said = asyncio.run(streamed(generator))
    text = [piece for piece in said if isinstance(piece, str)]
    usage = [piece for piece in said if isinstance(piece, Usage)]
    assert text
    assert all(text)
    assert len(usage) <= 1
    assert said == text + usage
    assert all(one.prompt_tokens > 0 and one.completion_tokens > 0 for one in usage)


def test_sentences_cite_passages_that_there_are(generator: Generator) -> None:
    text = "".join(str(piece) for piece in asyncio.run(streamed(generator)) if isinstance(piece, str))
    cited = [marker for statement in statements(text, PROMPT.quotes) for marker in statement.markers]
    assert cited
    assert set(cited) <= {1, 2}


def test_asked_again_it_says_the_same(generator: Generator) -> None:
    assert asyncio.run(streamed(generator)) == asyncio.run(streamed(generator))


def test_two_answers_at_once_are_kept_apart(generator: Generator) -> None:
    other = Prompt("When does it close?", PROMPT.hits[1:], (Quote(1, "It closes at six.", 0, 17, 0.9),))

    async def both() -> list[list[str | Usage]]:
        return list(await asyncio.gather(streamed(generator), streamed(generator, other)))

    alone = [asyncio.run(streamed(generator)), asyncio.run(streamed(generator, other))]
    assert asyncio.run(both()) == alone


def test_closing_ends_it(generator: Generator) -> None:
    async def leave() -> list[object]:
        pieces = generator.stream(PROMPT)
        first = await anext(pieces)
        await pieces.aclose()
        return [first, *[piece async for piece in pieces]]

    assert len(asyncio.run(leave())) == 1


def test_nothing_is_asked_before_the_first_piece_is_wanted() -> None:
    async def never(generator: Generator) -> None:
        pieces = generator.stream(PROMPT)
        await asyncio.sleep(0.05)
        await pieces.aclose()

    with chatting() as server:
        chat = ChatGenerator(server.url, "small", KEY, ChatOptions(64, 0.0, 10.0, 10.0))
        for generator in (chat, CircuitBreaker(chat, 2, 30.0, time.monotonic)):
            asyncio.run(never(generator))
        assert server.requests == []
