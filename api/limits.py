"""The size limit of request bodies, as ASGI middleware: it counts what arrives, whatever the headers say."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import response

OTHER_BYTES = 2**20
"""Of bodies that are no uploads: whoever reads them holds up everybody else meanwhile."""


class BodyLimit:
    """Answers 413 as soon as an upload is over `max_bytes`, any other body over OTHER_BYTES (or `max_bytes`, if that is
    less)."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._max_bytes if _is_upload(scope) else min(OTHER_BYTES, self._max_bytes)
        if _declared_length(scope) > limit:
            await self._refuse(limit, scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # The one error that FastAPI lets through while it reads a form.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._sentence(limit))
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        # Without closing, the client would go on sending a body that nobody reads.
        headers = {"Connection": "close"}
        refusal = response(scope["path"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._sentence(limit), headers)
        await refusal(scope, receive, send)

    def _sentence(self, limit: int) -> str:
        instead = "send less, or raise api.max_upload_mb" if limit == self._max_bytes else "only uploads may be larger"
        return f"The request is over {limit / 2**20:g} MiB; {instead}."


def _is_upload(scope: Scope) -> bool:
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return bool(kinds) and kinds[0].lower().startswith(b"multipart/form-data")


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
