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
        self._model = load_cross_encoder(model, device, precision, "reranker", "retrieval.reranker", max_tokens)
        if self._model.num_labels != 1:
            raise UnavailableError(
                f"The reranker {model!r} has {self._model.num_labels} outputs; choose one that gives one score."
            )

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


def load_cross_encoder(
    model: str, device: str, precision: Precision, kind: str, setting: str, max_tokens: int | None = None
) -> CrossEncoder:
    """Raises UnavailableError, which calls the model `kind` and names the `setting` that it comes from."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]
    device = choose_device(device)
    dtype = getattr(torch, choose_precision(precision, device))
    try:
        loaded: CrossEncoder = CrossEncoder(model, device=device, max_length=max_tokens, model_kwargs={"dtype": dtype})
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UnavailableError(
            f"The {kind} {model!r} cannot be loaded ({type(error).__name__}); set {setting} to a folder or a hub name "
            f"of a cross-encoder that this machine can reach, or to null."
        ) from error
    return loaded
