"""Cross-encoders that rank passages, through sentence-transformers."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from ingest.errors import UnavailableError
from retrieval.hardware import Precision, choose_device, choose_precision


class SentenceTransformersReranker:
    """Port `PairScorer` for any cross-encoder of sentence-transformers with one output: bge-reranker, ms-marco-MiniLM.

    Args:
        model: a folder or a hub name.
        device, precision: as `retrieval.hardware` chooses.
        max_tokens: of question and passage together; None leaves the model's own limit.
    """

    def __init__(
        self,
        model: str,
        device: str = "auto",
        precision: Precision = "auto",
        max_tokens: int | None = None,
        batch_size: int = 16,
    ) -> None:
        self._batch_size = batch_size
        self._model = _load(model, device, precision, max_tokens)

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raw outputs of the model, before any activation."""
        if not texts:
            return np.zeros(0, np.float32)
        scores = self._model.predict(
            [(question, text) for text in texts],
            batch_size=self._batch_size,
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
        return np.asarray(scores, np.float32)


def _load(model: str, device: str, precision: Precision, max_tokens: int | None) -> CrossEncoder:
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]
    device = choose_device(device)
    dtype = getattr(torch, choose_precision(precision, device))
    try:
        loaded: CrossEncoder = CrossEncoder(model, device=device, max_length=max_tokens, model_kwargs={"dtype": dtype})
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UnavailableError(
            f"The reranker {model!r} cannot be loaded ({type(error).__name__}); set retrieval.reranker to a folder "
            f"or a hub name of a cross-encoder that this machine can reach, or to null."
        ) from error
    if loaded.num_labels != 1:
        raise UnavailableError(
            f"The reranker {model!r} has {loaded.num_labels} outputs; choose one that gives one score."
        )
    return loaded
