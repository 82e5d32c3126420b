"""A language model behind an OpenAI-compatible endpoint, for judging answers and making questions."""

import os
from types import TracebackType
from typing import Self

import httpx

from ingest.errors import InvalidError, UnavailableError

TIMEOUT_S = 120.0


class ChatModel:
    """`POST {url}/chat/completions`, one prompt at a time, until the end of the `with` block.

    Args:
        url: base address, such as https://host/v1.
        key: sent as a bearer token where there is one.
    """

    def __init__(self, url: str, model: str, key: str | None, transport: httpx.BaseTransport | None = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidError(f"A language model is named by a URL such as https://host/v1, not {url!r}.")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self.model = model
        self._url = url.rstrip("/")
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply to one message, drawn without chance.

        Raises:
            UnavailableError: the endpoint does not answer, or with something else.
        """
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": max_tokens,
        }
        try:
            reply = self._http.post(f"{self._url}/chat/completions", json=body).raise_for_status().json()
            return str(reply["choices"][0]["message"]["content"]).strip()
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UnavailableError(
                f"The language model at {self._url} does not answer as an OpenAI-compatible endpoint does "
                f"({type(error).__name__}: {error}); check its URL, its model name and its key."
            ) from error


def key_from(variable: str | None) -> str | None:
    """The key in an environment variable. Raises InvalidError where it is named but not set."""
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise InvalidError(f"The environment variable {variable} holds no key; set it.")
    return os.environ[variable]
