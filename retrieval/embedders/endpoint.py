"""One embedding server over HTTP: tries again where that may help, and says what to do where it does not."""

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from ingest.errors import UnavailableError
from retrieval.embedders.vectors import unit_rows

TRIES = 3
_LATER = {408, 429, 500, 502, 503, 504}
_DENIED = {401, 403}


class _AgainError(Exception):
    """The same request may succeed in a moment."""


class Endpoint:
    """JSON requests to one server. Safe to use from several threads.

    Args:
        url: base address, without user and password.
        key: sent as a bearer token where there is one; never shown.
        timeout_s: of one try.
        wait_s: before the second try; doubled before each further one, with jitter on top.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        timeout_s: float,
        wait_s: float = 0.5,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(headers=headers, timeout=timeout_s, transport=transport)
        self._wait = wait_exponential(multiplier=wait_s) + wait_random(0, wait_s)

    def get(self, path: str) -> Any:
        """The body, read as JSON. Raises what `post` raises."""
        return self._asked(lambda: self._http.get(self.url + path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The reply's body, read as JSON.

        Raises:
            UnavailableError: after three tries the server is still busy or out of reach; or it refuses the key or the
                request, or does not speak JSON. Whoever asks Citewell can mend none of it, and is never told that
                their own key or request is wrong.
        """
        return self._asked(lambda: self._http.post(self.url + path, json=body))

    def garbled(self, what: str) -> UnavailableError:
        return UnavailableError(
            f"The embedding server at {self.url} answered with {what}; see that embedding.url and embedding.runtime "
            f"fit what runs there."
        )

    def close(self) -> None:
        self._http.close()

    def _asked(self, call: Callable[[], httpx.Response]) -> Any:
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=self._wait,
            retry=retry_if_exception_type(_AgainError),
            reraise=True,
        )
        try:
            return tries(self._once, call)
        except _AgainError as error:
            raise UnavailableError(
                f"The embedding server at {self.url} does not answer ({error}, {TRIES} tries); see that it runs and "
                f"has time, or raise embedding.timeout_s."
            ) from None  # the errors of httpx hold the request, and with it the key

    def _once(self, call: Callable[[], httpx.Response]) -> Any:
        try:
            reply = call()
        except httpx.TransportError as error:
            raise _AgainError(type(error).__name__) from None
        except httpx.DecodingError:
            raise self.garbled("something that cannot be unpacked") from None
        except httpx.InvalidURL:
            raise UnavailableError(f"{self.url} is no address of an embedding server; set embedding.url.") from None
        if reply.status_code in _LATER:
            raise _AgainError(f"status {reply.status_code}")
        if not reply.is_success:
            raise self._refused(reply.status_code)
        try:
            return reply.json()
        except ValueError:
            raise self.garbled("something that is not JSON") from None

    def _refused(self, status: int) -> UnavailableError:
        """The server's own words are left out: they may repeat the key or the documents."""
        if status in _DENIED:
            return UnavailableError(
                f"The embedding server at {self.url} refuses the key (status {status}); set embedding.api_key to one "
                f"that may use it."
            )
        return UnavailableError(
            f"The embedding server at {self.url} refuses the request (status {status}); check embedding.url, "
            f"embedding.model, embedding.tokenizer and embedding.max_tokens."
        )


def checked(rows: object, count: int, dimension: int | None, endpoint: Endpoint) -> NDArray[np.float32]:
    """What a server gave as vectors, shape (count, dimension), at unit length; any dimension where it is None.

    Raises:
        UnavailableError: it is not that.
    """
    try:
        vectors = np.asarray(rows, np.float64)
    except (ValueError, TypeError):
        raise endpoint.garbled("something that is no list of vectors") from None
    if vectors.ndim != 2 or not vectors.size:
        raise endpoint.garbled("something that is no list of vectors")
    if len(vectors) != count:
        raise endpoint.garbled(f"{len(vectors)} vectors for {count} texts")
    if dimension is not None and vectors.shape[1] != dimension:
        raise endpoint.garbled(f"vectors of {vectors.shape[1]} dimensions after some of {dimension}")
    if not np.isfinite(vectors).all():
        raise endpoint.garbled("vectors that are not numbers throughout")
    return unit_rows(vectors.astype(np.float32))
