"""Conversations that the server remembers."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from api import memory
from api.dependencies import AccessOf, ServicesOf
from api.schemas_sessions import SessionIn, SessionOut, SessionsOut, SessionTurnsOut, TitleIn

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post("", status_code=201)
async def create(body: SessionIn, services: ServicesOf, access: AccessOf) -> SessionOut:
    """Begin a conversation. Its id goes into `session` of `POST /v1/answers` and `/v1/chat/completions`."""
    return await asyncio.to_thread(memory.create, services, body, access)


@router.get("")
async def sessions(
    services: ServicesOf,
    access: AccessOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=128, description="`next` of the page before.")] = "",
) -> SessionsOut:
    """The reader's conversations, newest first, a page at a time."""
    return await asyncio.to_thread(memory.listed, services, access, limit, after)


@router.get("/{session_id}")
async def session(session_id: str, services: ServicesOf, access: AccessOf) -> SessionTurnsOut:
    """One conversation with all that was said in it."""
    return await asyncio.to_thread(memory.shown, services, session_id, access)


@router.patch("/{session_id}")
async def rename(session_id: str, body: TitleIn, services: ServicesOf, access: AccessOf) -> SessionOut:
    """Give it another title."""
    return await asyncio.to_thread(memory.renamed, services, session_id, body.title, access)


@router.delete("/{session_id}")
async def delete(session_id: str, services: ServicesOf, access: AccessOf) -> SessionOut:
    """Forget a conversation with all that was said in it."""
    return await asyncio.to_thread(memory.deleted, services, session_id, access)
