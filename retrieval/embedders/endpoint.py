"""One embedding server over HTTP, and whether what it gives are vectors."""

import httpx
import numpy as np
from numpy.typing import NDArray

from retrieval.embedders.vectors import unit_rows
from retrieval.http import Endpoint, Server


def embedding_endpoint(
    url: str,
    key: str | None,
    timeout_s: float,
    wait_s: float = 0.5,
    transport: httpx.BaseTransport | None = None,
) -> Endpoint:
    """`url`: base address, without user and password."""
    server = Server(
        "The embedding server",
        url.rstrip("/"),
        silent="see that it runs and has time, or raise embedding.timeout_s",
        denied="set embedding.api_key to one that may use it",
        refused="check embedding.url, embedding.model, embedding.tokenizer and embedding.max_tokens",
        garbled="see that embedding.url and embedding.runtime fit what runs there",
    )
    return Endpoint(server, key, timeout_s, wait_s=wait_s, transport=transport)


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
