"""A language model behind an OpenAI-compatible endpoint: rewrites questions, judges answers, makes questions."""

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from ingest.errors import InvalidError
from retrieval.http import Endpoint, RefusedError, Server, is_address

TIMEOUT_S = 120.0
TRIES = 5
_WAIT_S = 1.0
RENAMED = "max_completion_tokens"
"""How OpenAI's reasoning models want `max_tokens` to be called; they take no temperature and no seed, either."""
_CHECK = "check its URL, its model name and its key"


class ChatModel:
    """`POST {url}/chat/completions`, one prompt at a time, until the end of the `with` block.

    Args:
        url: base address, such as https://host/v1.
        key: sent as a bearer token where there is one.
        sleep: waits so many seconds; injected so that tests need not.
        timeout_s: for each try.
        tries: default `TRIES`.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = TIMEOUT_S,
        tries: int | None = None,
    ) -> None:
        if not is_address(url):
            raise InvalidError(f"A language model is named by a URL such as https://host/v1, not {url!r}.")
        self.model = model
        server = Server("The language model", url, _CHECK, _CHECK, _CHECK, _CHECK)
        self._endpoint = Endpoint(server, key, timeout_s, tries or TRIES, _WAIT_S, sleep, transport)
        self._renames = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._endpoint.close()

    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply to one message, drawn without chance; "" where it has no text. Asked again where the endpoint is
        busy or out of reach.

        Raises:
            UnavailableError: the endpoint still does not answer, or with something else.
        """
        reply = self._reply(prompt, max_tokens)
        try:
            content = reply["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise self._endpoint.garbled("something that is no chat completion") from None
        return content.strip() if isinstance(content, str) else ""  # null where a model refuses or runs out of tokens

    def _reply(self, prompt: str, max_tokens: int) -> Any:
        limits = {RENAMED: max_tokens} if self._renames else {"max_tokens": max_tokens, "temperature": 0}
        body = {"model": self.model, "messages": [{"role": "user", "content": prompt}], **limits}
        try:
            return self._endpoint.post("/chat/completions", body)
        except RefusedError as error:
            if RENAMED in body or RENAMED not in error.said:
                raise
        self._renames = True
        return self._reply(prompt, max_tokens)


def key_from(variable: str | None) -> str | None:
    """The key in an environment variable. Raises InvalidError where it is named but not set."""
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise InvalidError(f"The environment variable {variable} holds no key; set it.")
    return os.environ[variable]
