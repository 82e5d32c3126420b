"""Conversations that are remembered: REST routes and the command line both call these."""

import asyncio
from collections.abc import AsyncGenerator, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from api.bootstrap import Services
from api.schemas import AnswerIn, TurnIn
from api.schemas_sessions import SessionIn, SessionOut, SessionsOut, SessionTurnOut, SessionTurnsOut
from generation.conversation.types import Exchange
from generation.conversation.withholding import blank, blanked, cited, without
from generation.types import Answer
from ingest.errors import InvalidError
from ingest.library.pages import PageOf, following
from retrieval.types import Access

LOOKED_BACK = 25
"""Exchanges, two turns each; of these as many as fit into `rewriting.history_tokens` are read."""
LONGEST = 20_000
"""Characters of a turn, as of those that clients send."""


def create(services: Services, body: SessionIn, access: Access) -> SessionOut:
    """Raises NotFoundError where there is no such collection."""
    services.require(body.collection)
    return SessionOut.model_validate(services.sessions.add(access, body.collection, body.title))


def listed(services: Services, access: Access, limit: int, after: str | None = None) -> SessionsOut:
    found, more = services.sessions.page(access, PageOf(limit, after=after or None))
    return SessionsOut(sessions=[SessionOut.model_validate(one) for one in found], next=following(found, more))


def shown(services: Services, session_id: str, access: Access) -> SessionTurnsOut:
    session = SessionOut.model_validate(services.sessions.get(session_id, access))
    exchanges = services.sessions.exchanges(session_id)
    hidden = _hidden(services, access, exchanges)
    turns = [_turn(*one) for one in zip(without(exchanges, hidden), hidden, strict=True)]
    return SessionTurnsOut(**session.model_dump(), turns=turns)


def renamed(services: Services, session_id: str, title: str, access: Access) -> SessionOut:
    session = services.sessions.get(session_id, access)
    return SessionOut.model_validate(services.sessions.rename(session, title))


def deleted(services: Services, session_id: str, access: Access) -> SessionOut:
    session = services.sessions.get(session_id, access)
    services.sessions.remove(session_id)
    return SessionOut.model_validate(session)


@dataclass(frozen=True)
class Recalled:
    """A question by itself, and the documents that the answers in its history cite; None: nobody knows."""

    asked: AnswerIn
    cited: tuple[str, ...] | None = None


async def recalled(services: Services, body: AnswerIn, access: Access) -> Recalled:
    """A question by itself: one in a session with the session's collection and what was said in it before, as far as
    the reader may still read it.

    Raises:
        NotFoundError: the reader has no such session.
        InvalidError: the session is about another collection.
    """
    if body.session is None:
        return Recalled(body)
    session = await asyncio.to_thread(services.sessions.get, body.session, access)
    if "collection" in body.model_fields_set and body.collection != session.collection:
        raise InvalidError(
            f"The session is about the collection {session.collection!r}; leave collection out, or make a new session."
        )
    exchanges: list[Exchange] = []
    if services.reads_history:
        exchanges = await asyncio.to_thread(_exchanges, services, session.id, access)
    asked = body.model_copy(
        update={
            "session": None,
            "collection": session.collection,
            "history": [turn for one in exchanges for turn in _turns(one)],
        }
    )
    read = cited(one for one in exchanges if one.answer)  # of what is withheld nothing is recalled
    return Recalled(asked, tuple(sorted(read)))


async def kept(
    services: Services, asked: AnswerIn, access: Access, standalone: str, pieces: AsyncGenerator[str | Answer, None]
) -> AsyncGenerator[str | Answer, None]:
    """The same pieces. The answer is stored before it is passed on: whoever has it finds it in the session. What was
    given up or failed is not stored."""
    since = datetime.now(UTC)
    async with aclosing(pieces):
        async for item in pieces:
            if isinstance(item, Answer) and asked.session is not None:
                await asyncio.to_thread(_keep, services, asked, access, standalone, item, since)
            yield item


def _keep(
    services: Services, asked: AnswerIn, access: Access, standalone: str, answer: Answer, since: datetime
) -> None:
    """What is deleted while the answer is written is in it for its reader, but not remembered."""
    assert asked.session is not None
    gone = services.catalog.withheld([one.document_id for one in answer.citations], access.tenant, access.groups, since)
    if gone:
        answer = replace(answer, text="", citations=tuple(blank(one, gone) for one in answer.citations))
    services.sessions.append(asked.session, asked.query, standalone, answer)


def _exchanges(services: Services, session_id: str, access: Access) -> list[Exchange]:
    """The last ones."""
    exchanges = services.sessions.exchanges(session_id, LOOKED_BACK)
    return list(without(exchanges, _hidden(services, access, exchanges)))


def _hidden(services: Services, access: Access, exchanges: Sequence[Exchange]) -> list[frozenset[str]]:
    """Of each, the documents whose text this reader may not read any more."""
    return [
        services.catalog.withheld(cited([one]), access.tenant, access.groups, one.created_at) | blanked(one)
        for one in exchanges
    ]


def _turn(exchange: Exchange, withheld: Set[str]) -> SessionTurnOut:
    return SessionTurnOut.model_validate(exchange).model_copy(update={"withheld": sorted(withheld)})


def _turns(exchange: Exchange) -> list[TurnIn]:
    """Those that say something. The question as it was understood: by itself "And in Leeds?" would say little once the
    exchanges before it are too many to be read. A language model may have written more than clients may send."""
    question, answer = (exchange.standalone or exchange.question)[:LONGEST], exchange.answer[:LONGEST]
    asked = [TurnIn(role="user", content=question)] if question else []
    return [*asked, TurnIn(role="assistant", content=answer)] if answer else asked
