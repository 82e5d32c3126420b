"""Servers over HTTP: asked again where that may help, and told of in sentences that say what to do.

The errors of httpx hold the request, and with it the key; what a server says may repeat the key or the texts that it
was sent. Neither is ever shown.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import (
    AsyncRetrying,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_exception,
    wait_exponential,
    wait_random,
)

from ingest.errors import UnavailableError

TRIES = 3
LONGEST_WAIT_S = 30.0
"""A server that asks for a longer one (Retry-After) is given up."""
_LATER, _DENIED = (408, 429), (401, 403)
_T = TypeVar("_T")


class RefusedError(UnavailableError):
    """A server refuses the key or the request, and would again. Whoever asks Citewell can mend neither, and is never
    told that their own key or request is wrong.

    Attributes:
        said: by the server, as far as it was read. It may repeat the key or a text, and is never shown.
    """

    said = ""


class AgainError(Exception):
    """The same request may succeed, at the earliest in `after_s` seconds."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


@dataclass(frozen=True)
class Server:
    """How messages call a server, and what they advise where it says nothing, refuses the key, refuses the request or
    says what it should not."""

    name: str
    url: str
    silent: str
    denied: str
    refused: str
    garbled: str

    def __str__(self) -> str:
        return f"{self.name} at {without_secrets(self.url)}"

    def silence(self, reason: str) -> UnavailableError:
        return UnavailableError(f"{self} does not answer ({reason}); {self.silent}.")

    def refusal(self, status: int) -> RefusedError:
        if status in _DENIED:
            return RefusedError(f"{self} refuses the key (status {status}); {self.denied}.")
        return RefusedError(f"{self} refuses the request (status {status}); {self.refused}.")

    def nonsense(self, what: str) -> UnavailableError:
        return UnavailableError(f"{self} answered with {what}; {self.garbled}.")


class Endpoint:
    """JSON requests to one server. Safe to use from several threads.

    Args:
        key: sent as a bearer token where there is one; never shown.
        timeout_s: of one try.
        wait_s: before the second try; doubled before each further one, with jitter and Retry-After on top.
    """

    def __init__(
        self,
        server: Server,
        key: str | None,
        timeout_s: float,
        tries: int = TRIES,
        wait_s: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._server, self._url, self._sleep = server, server.url.rstrip("/"), sleep
        self._policy = _policy(tries, wait_s)
        self._http = httpx.Client(headers=bearer(key), timeout=timeout_s, transport=transport)

    def get(self, path: str) -> Any:
        """The body, read as JSON. Raises what `post` raises."""
        return self._asked(lambda: self._http.get(self._url + path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The reply's body, read as JSON.

        Raises:
            RefusedError: the server refuses the key or the request.
            UnavailableError: after all tries it is still busy or out of reach, or it does not speak JSON.
        """
        return self._asked(lambda: self._http.post(self._url + path, json=body))

    def garbled(self, what: str) -> UnavailableError:
        return self._server.nonsense(what)

    def close(self) -> None:
        self._http.close()

    def _asked(self, call: Callable[[], httpx.Response]) -> Any:
        tries = Retrying(sleep=self._sleep, **self._policy)
        try:
            return tries(self._once, call)
        except AgainError as error:
            raise self._server.silence(f"{error}, {_tried(tries.statistics)}") from None

    def _once(self, call: Callable[[], httpx.Response]) -> Any:
        with translated(self._server):
            reply = call()
            try:
                checked(reply, self._server)
            except RefusedError as error:
                error.said = reply.text
                raise
        try:
            return reply.json()
        except ValueError:
            raise self.garbled("something that is not JSON") from None


async def asked_again(
    server: Server, ask: Callable[..., Awaitable[_T]], *arguments: object, wait_s: float, within_s: float
) -> _T:
    """What `ask` gives, after at most `TRIES` tries, none of them begun after `within_s`.

    Raises:
        UnavailableError: the last one said AgainError.
    """
    tries = AsyncRetrying(**_policy(TRIES, wait_s, within_s))
    try:
        return await tries(ask, *arguments)
    except AgainError as error:
        raise server.silence(f"{error}, {_tried(tries.statistics)}") from None


@contextmanager
def translated(server: Server) -> Iterator[None]:
    """Errors of httpx become AgainError or UnavailableError."""
    try:
        yield
    except httpx.TransportError as error:
        raise AgainError(type(error).__name__) from None
    except httpx.DecodingError:
        raise server.nonsense("something that cannot be unpacked") from None
    except httpx.InvalidURL:
        raise UnavailableError(f"{server} has no address that can be read; {server.refused}.") from None


def checked(reply: httpx.Response, server: Server) -> httpx.Response:
    """Raises AgainError for a status that may pass, RefusedError for any other that is no success."""
    if reply.is_success:
        return reply
    if reply.status_code in _LATER or reply.is_server_error:
        raise AgainError(f"status {reply.status_code}", _retry_after(reply))
    raise server.refusal(reply.status_code)


def bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def without_secrets(url: str) -> str:
    """The address without user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def is_address(url: str) -> bool:
    try:
        return httpx.URL(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except (httpx.InvalidURL, ValueError):
        return False


def _policy(tries: int, wait_s: float, within_s: float = float("inf")) -> dict[str, Any]:
    """Of tenacity's Retrying and AsyncRetrying."""
    return {
        "stop": stop_after_attempt(tries) | stop_before_delay(within_s),
        "wait": wait_exponential(multiplier=wait_s) + wait_random(0, wait_s) + wait_exception(_asked_for),
        "retry": retry_if_exception_type(AgainError),
        "reraise": True,
    }


def _asked_for(error: BaseException) -> float:
    """A wait without end is never begun."""
    seconds = error.after_s if isinstance(error, AgainError) else 0.0
    return seconds if seconds <= LONGEST_WAIT_S else float("inf")


def _tried(statistics: dict[str, Any]) -> str:
    number = statistics["attempt_number"]
    return f"{number} tries" if number > 1 else "1 try"


def _retry_after(reply: httpx.Response) -> float:
    """Seconds that the header asks for, as a number or as a date (RFC 9110, 10.2.3); 0 where it cannot be read."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
