"""The generator that cannot make anything up: it quotes the best-supported sentences word for word."""

from collections.abc import AsyncGenerator, Iterator, Sequence

from generation.types import Prompt, Quote, Usage

# A further sentence must be supported at least this well in relation to the best one.
RELATIVE_SUPPORT = 0.5


class ExtractiveGenerator:
    """Port `Generator`, without a model.

    Args:
        max_sentences: how many sentences an answer quotes at most.
    """

    name = "extractive"

    def __init__(self, max_sentences: int = 3) -> None:
        self._max_sentences = max_sentences

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        for piece in quoted(prompt.quotes, self._max_sentences):
            yield piece


def quoted(quotes: Sequence[Quote], limit: int) -> Iterator[str]:
    """The best quotes with their markers, a line each."""
    for position, quote in enumerate(select(quotes, limit)):
        separator = "\n" if position else ""
        yield f"{separator}{quote.text} [{quote.marker}]"


def select(quotes: Sequence[Quote], limit: int) -> list[Quote]:
    """The best quotes, none twice, none far less supported than the best."""
    chosen: dict[str, Quote] = {}
    for quote in quotes:
        if len(chosen) == limit or quote.support < RELATIVE_SUPPORT * quotes[0].support:
            break
        chosen.setdefault(" ".join(quote.text.casefold().split()), quote)
    return list(chosen.values())
