"""Of a conversation, what must not be read any more: answers that quote documents which were deleted since, or which
the reader may no longer read. Pure functions."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from generation.conversation.types import Exchange
from generation.types import Citation


def cited(exchanges: Iterable[Exchange]) -> set[str]:
    """Ids of documents."""
    return {one.document_id for exchange in exchanges for one in exchange.citations}


def without(exchanges: Iterable[Exchange], hidden: Iterable[Set[str]]) -> Iterator[Exchange]:
    """The same exchanges, oldest first.

    Args:
        hidden: of each exchange, the documents whose text it must not hold. How a later question was understood may
            have been taken from it, too.
    """
    tainted = False
    for exchange, gone in zip(exchanges, hidden, strict=True):
        shown = replace(exchange, standalone=exchange.question) if tainted else exchange
        if gone & cited([exchange]):
            tainted = True
            shown = replace(shown, answer="", citations=tuple(blank(one, gone) for one in exchange.citations))
        yield shown


def blank(one: Citation, gone: Set[str]) -> Citation:
    """Without text, where it is of one of these documents."""
    if one.document_id not in gone:
        return one
    return replace(one, title="", source="", headings=(), quote="", boxes=(), table_header="")


def blanked(exchange: Exchange) -> frozenset[str]:
    """Documents whose text has been taken out of it."""
    return frozenset(one.document_id for one in exchange.citations if not one.quote)
