"""Conversations that are remembered: REST routes and the command line both call these."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from api.bootstrap import Services
from api.schemas import AnswerIn, TurnIn
from api.schemas_sessions import SessionIn, SessionOut, SessionsOut, SessionTurnOut, SessionTurnsOut
from generation.conversation.types import Exchange
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
    turns = [SessionTurnOut.model_validate(one) for one in services.sessions.exchanges(session_id)]
    return SessionTurnsOut(**session.model_dump(), turns=turns)


def renamed(services: Services, session_id: str, title: str, access: Access) -> SessionOut:
    session = services.sessions.get(session_id, access)
    return SessionOut.model_validate(services.sessions.rename(session, title))


def deleted(services: Services, session_id: str, access: Access) -> SessionOut:
    session = services.sessions.get(session_id, access)
    services.sessions.remove(session_id)
    return SessionOut.model_validate(session)


async def recalled(services: Services, body: AnswerIn, access: Access) -> AnswerIn:
    """A question by itself: one in a session with the session's collection and what was said in it before.

    Raises:
        NotFoundError: the reader has no such session.
        InvalidError: the session is about another collection.
    """
    if body.session is None:
        return body
    session = await asyncio.to_thread(services.sessions.get, body.session, access)
    if "collection" in body.model_fields_set and body.collection != session.collection:
        raise InvalidError(
            f"The session is about the collection {session.collection!r}; leave collection out, or make a new session."
        )
    exchanges: list[Exchange] = []
    if services.reads_history:
        exchanges = await asyncio.to_thread(services.sessions.exchanges, session.id, LOOKED_BACK)
    return body.model_copy(
        update={
            "session": None,
            "collection": session.collection,
            "history": [turn for one in exchanges for turn in _turns(one)],
        }
    )


async def kept(
    services: Services, asked: AnswerIn, standalone: str, pieces: AsyncGenerator[str | Answer, None]
) -> AsyncGenerator[str | Answer, None]:
    """The same pieces. The answer is stored before it is passed on: whoever has it finds it in the session. What was
    given up or failed is not stored."""
    async with aclosing(pieces):
        async for item in pieces:
            if isinstance(item, Answer) and asked.session is not None:
                await asyncio.to_thread(services.sessions.append, asked.session, asked.query, standalone, item)
            yield item


def _turns(exchange: Exchange) -> list[TurnIn]:
    """Those that say something. The question as it was understood: by itself "And in Leeds?" would say little once the
    exchanges before it are too many to be read. A language model may have written more than clients may send."""
    question, answer = (exchange.standalone or exchange.question)[:LONGEST], exchange.answer[:LONGEST]
    asked = [TurnIn(role="user", content=question)] if question else []
    return [*asked, TurnIn(role="assistant", content=answer)] if answer else asked
