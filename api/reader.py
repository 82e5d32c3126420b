"""A knowledge base as one reader sees it, wherever it is: what MCP and LlamaIndex stand on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from api import operations
from api.bootstrap import Services
from api.client import RestClient
from api.schemas import AnswerIn, DocumentTextOut, SearchIn, SearchOut
from api.schemas_answers import AnswerOut
from api.settings import Settings
from retrieval.types import Access


class Reader(Protocol):
    """Every method raises CitewellError, with a message that says what to do."""

    async def search(self, body: SearchIn) -> SearchOut: ...

    async def answer(self, body: AnswerIn) -> AnswerOut: ...

    async def document(self, document_id: str) -> DocumentTextOut:
        """Raises InvalidError where there is none that the reader may see."""
        ...


class LocalReader:
    """Port `Reader` over services of this process, on behalf of `access`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services, self._access = services, access

    async def search(self, body: SearchIn) -> SearchOut:
        return await operations.search(self._services, body, self._access)

    async def answer(self, body: AnswerIn) -> AnswerOut:
        return await operations.answer(self._services, body, self._access)

    async def document(self, document_id: str) -> DocumentTextOut:
        return await asyncio.to_thread(operations.document, self._services, document_id, self._access)


class RemoteReader:
    """Port `Reader` over a running server, which knows by itself who is asking."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    async def search(self, body: SearchIn) -> SearchOut:
        return await asyncio.to_thread(self._client.search, body)

    async def answer(self, body: AnswerIn) -> AnswerOut:
        return await asyncio.to_thread(self._client.answer, body)

    async def document(self, document_id: str) -> DocumentTextOut:
        return await asyncio.to_thread(self._client.document, document_id)


@contextmanager
def open_reader(settings: Settings, access: Access, server: str | None, warm: bool) -> Iterator[Reader]:
    """The server's reader, or else one of the data folder.

    Args:
        warm: load models and open the collections of the data folder now rather than with the first question.

    Raises:
        InvalidError: `server` is no URL.
        IndexLockedError: with `warm`, another process owns the data folder.
    """
    if server:
        with RestClient(server) as client:
            yield RemoteReader(client)
        return
    with Services(settings) as services:
        if warm:
            services.warm_up()
        yield LocalReader(services, access)
