"""A language model behind an OpenAI-compatible endpoint: rewrites questions, judges answers, makes questions."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from ingest.errors import InvalidError, UnavailableError

TIMEOUT_S = 120.0
WAITS_S = (1.0, 4.0, 16.0)
"""Before each further try of a request that may succeed later."""
_TRANSIENT = (408, 429, 500, 502, 503, 504)


class ChatModel:
    """`POST {url}/chat/completions`, one prompt at a time, until the end of the `with` block.

    Args:
        url: base address, such as https://host/v1.
        key: sent as a bearer token where there is one.
        sleep: waits so many seconds; injected so that tests need not.
        timeout_s: for each try.
        waits_s: before each further try; default `WAITS_S`.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = TIMEOUT_S,
        waits_s: Sequence[float] | None = None,
    ) -> None:
        if not _is_address(url):
            raise InvalidError(f"A language model is named by a URL such as https://host/v1, not {url!r}.")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self.model = model
        self._url, self._sleep = url.rstrip("/"), sleep
        self._waits_s = waits_s
        self._http = httpx.Client(headers=headers, timeout=timeout_s, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply to one message, drawn without chance. Asked again where the endpoint is busy or out of reach.

        Raises:
            UnavailableError: the endpoint still does not answer, or with something else.
        """
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": max_tokens,
        }
        try:
            reply = self._post(body).raise_for_status().json()
            return str(reply["choices"][0]["message"]["content"]).strip()
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UnavailableError(
                f"The language model at {without_secrets(self._url)} does not answer as an OpenAI-compatible endpoint "
                f"does ({type(error).__name__}: {error}); check its URL, its model name and its key."
            ) from error

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        address = f"{self._url}/chat/completions"
        for wait in WAITS_S if self._waits_s is None else self._waits_s:
            with suppress(httpx.TransportError):
                reply = self._http.post(address, json=body)
                if reply.status_code not in _TRANSIENT:
                    return reply
            self._sleep(wait)
        return self._http.post(address, json=body)


def without_secrets(url: str) -> str:
    """The address without user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def key_from(variable: str | None) -> str | None:
    """The key in an environment variable. Raises InvalidError where it is named but not set."""
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise InvalidError(f"The environment variable {variable} holds no key; set it.")
    return os.environ[variable]


def _is_address(url: str) -> bool:
    try:
        return httpx.URL(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except (httpx.InvalidURL, ValueError):
        return False
