"""Web pages that a browser shows must not reach a server on its machine or behind its firewall: neither under a name of
their own (DNS rebinding) nor by requests to another site, which forms and uploads make without asking first."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import response

_HOST = re.compile(r"(\[[^\[\]]+\]|[^:/@\[\]]+)(?::\d+)?")
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class KnownHosts:
    """Answers 421 to a name that is not the server's, 403 to a web page from elsewhere.

    Args:
        own: the name or address that the server is bound to.
        allowed: further names; pages of theirs may ask, too.
        setting: where they are set.
    """

    def __init__(self, app: ASGIApp, own: str, allowed: Iterable[str], setting: str) -> None:
        self._app, self._setting = app, setting
        self._names = {name.lower() for name in (*_LOCAL, own, *allowed)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await response(scope["path"], *refusal, {"Connection": "close"})(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[HTTPStatus, str] | None:
        """Programs name no origin, and every browser names the host."""
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if host and not (self._is_named(host) or _is_nobodys(host)):
            sentence = f"This server does not go by the name {host!r}; if it should, add the name to {self._setting}."
            return HTTPStatus.MISDIRECTED_REQUEST, sentence
        site = origin.rpartition("://")[2]
        if origin and site != host and not self._is_named(site):
            sentence = (
                f"Pages of {origin!r} may not use this server; if they should, add their host to {self._setting}."
            )
            return HTTPStatus.FORBIDDEN, sentence
        return None

    def _is_named(self, host: str) -> bool:
        """With any port, unless the setting names one."""
        return host in self._names or _without_port(host) in self._names


def _is_nobodys(host: str) -> bool:
    """Nobody outside can make these lead here: an address is looked up nowhere, a name without a dot, such as a
    container's, not with public name servers."""
    name = _without_port(host)
    return bool(name) and ("." not in name or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str:
    """Empty for what is no host."""
    found = _HOST.fullmatch(host)
    return found[1] if found else ""
