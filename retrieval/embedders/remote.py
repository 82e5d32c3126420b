"""Embedding models behind a server: OpenAI-compatible ones (OpenAI, vLLM, Ollama, LiteLLM ...) and TEI."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.embedders.endpoint import checked
from retrieval.embedders.tokens import cut, spans
from retrieval.embedders.vectors import batches, no_rows
from retrieval.http import Endpoint

MAX_TOKENS = 512
"""What every embedding model reads, as long as nobody says more."""


class OpenAIEmbedder:
    """Port `Embedder` for `POST {url}/embeddings`. The dimension is asked for when it is first needed.

    Args:
        model: as the server calls it; also its name in an index.
        tokenizer: that of the model, to count tokens with; another one counts roughly.
        max_tokens: longer texts are cut before they are sent, because these servers refuse them.
    """

    def __init__(
        self, endpoint: Endpoint, model: str, tokenizer: Tokenizer, max_tokens: int | None = None, batch_size: int = 16
    ) -> None:
        self._endpoint, self._model, self._tokenizer = endpoint, model, tokenizer
        self._max_tokens, self._batch_size = max_tokens or MAX_TOKENS, batch_size

    @property
    def name(self) -> str:
        return self._model

    @cached_property
    def dimension(self) -> int:
        return int(self._ask(["dimension"], None).shape[1])

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return spans(self._tokenizer, text)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises what `Endpoint.post` raises, and UnavailableError for vectors that are none."""
        parts = [self._ask(part, self.dimension) for part in batches(texts, self._batch_size)]
        return np.concatenate(parts) if parts else no_rows(self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_documents([text])[0]
        return vector

    def _ask(self, texts: list[str], dimension: int | None) -> NDArray[np.float32]:
        """An empty text is refused by some servers, a space is not."""
        sent = [cut(self._tokenizer, text, self._max_tokens) or " " for text in texts]
        reply = self._endpoint.post("/embeddings", {"model": self._model, "input": sent})
        try:
            items = sorted(reply["data"], key=lambda item: item["index"])
            order, rows = [item["index"] for item in items], [item["embedding"] for item in items]
        except (KeyError, TypeError):
            raise self._endpoint.garbled("something that is no list of embeddings") from None
        if len(rows) == len(texts) and order != list(range(len(texts))):
            raise self._endpoint.garbled("embeddings that do not say which text they belong to")
        return checked(rows, len(texts), dimension, self._endpoint)


class TeiEmbedder:
    """Port `Embedder` for a Hugging Face Text Embeddings Inference server, which cuts long texts itself.

    Args:
        tokenizer: that of the model, to count tokens with; another one counts roughly.
        max_tokens: None for what the server says.
    """

    def __init__(
        self, endpoint: Endpoint, tokenizer: Tokenizer, max_tokens: int | None = None, batch_size: int = 16
    ) -> None:
        self._endpoint, self._tokenizer, self._wanted = endpoint, tokenizer, batch_size
        self._chosen_tokens = max_tokens

    @cached_property
    def _info(self) -> dict[str, Any]:
        info = self._endpoint.get("/info")
        sizes = ("max_input_length", "max_client_batch_size")
        try:
            fits = isinstance(info["model_id"], str) and all(int(info[name]) > 0 for name in sizes)
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise self._endpoint.garbled("an /info that names no model or no limits")
        return dict(info)

    @property
    def name(self) -> str:
        return str(self._info["model_id"])

    @cached_property
    def dimension(self) -> int:
        return int(self._ask(["dimension"], None).shape[1])

    @property
    def max_tokens(self) -> int:
        return self._chosen_tokens or int(self._info["max_input_length"])

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return spans(self._tokenizer, text)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises what `Endpoint.post` raises, and UnavailableError for vectors that are none."""
        size = min(self._wanted, int(self._info["max_client_batch_size"]))
        parts = [self._ask(part, self.dimension) for part in batches(texts, size)]
        return np.concatenate(parts) if parts else no_rows(self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_documents([text])[0]
        return vector

    def _ask(self, texts: list[str], dimension: int | None) -> NDArray[np.float32]:
        reply = self._endpoint.post("/embed", {"inputs": [text or " " for text in texts], "truncate": True})
        return checked(reply, len(texts), dimension, self._endpoint)
