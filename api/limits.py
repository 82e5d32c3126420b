"""The size limit of request bodies, as ASGI middleware: it counts what arrives, whatever the headers say."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import response


class BodyLimit:
    """Answers 413 as soon as a body is over `max_bytes`."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _declared_length(scope) > self._max_bytes:
            await self._refuse(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                # The one error that FastAPI lets through while it reads a form.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._sentence())
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Without closing, the client would go on sending a body that nobody reads.
        headers = {"Connection": "close"}
        refusal = response(scope["path"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._sentence(), headers)
        await refusal(scope, receive, send)

    def _sentence(self) -> str:
        return f"The request is over {self._max_bytes / 2**20:g} MiB; send less, or raise api.max_upload_mb."


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
