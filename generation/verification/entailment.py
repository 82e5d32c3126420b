"""Models of natural language inference: the one that ships with Citewell, and those of sentence-transformers."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ingest.errors import UnavailableError
from retrieval.hardware import Precision
from retrieval.ports import PairScorer
from retrieval.rerankers import load_cross_encoder


class PairEntailment:
    """Port `Entailment` for a scorer that reads a statement and a premise, and scores the log-odds of "implied"."""

    def __init__(self, scorer: PairScorer) -> None:
        self._scorer = scorer

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        scores = [float(self._scorer.score(statement, [premise])[0]) for premise, statement in pairs]
        return (1.0 / (1.0 + np.exp(-np.asarray(scores, np.float32)))).astype(np.float32)


class CrossEncoderEntailment:
    """Port `Entailment` for any cross-encoder whose configuration names an output "entailment", such as
    cross-encoder/nli-deberta-v3-base.

    Args:
        model: a folder or a hub name.
        device, precision: as `retrieval.hardware` chooses.
    """

    def __init__(self, model: str, device: str = "auto", precision: Precision = "auto", batch_size: int = 16) -> None:
        self._batch_size = batch_size
        self._model = load_cross_encoder(model, device, precision, "model", "answers.nli_model")
        labels: dict[int, str] = getattr(self._model.config, "id2label", None) or {}
        self._index = entailment_index(labels, model)

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Softmax over the outputs of the model, of which entailment is given."""
        if not pairs:
            return np.zeros(0, np.float32)
        scores = self._model.predict(
            list(pairs), batch_size=self._batch_size, activation_fn=torch.nn.Softmax(dim=-1), show_progress_bar=False
        )
        return np.asarray(scores, np.float32)[:, self._index]


def entailment_index(labels: Mapping[int, str], model: str) -> int:
    """The output that means entailment. Raises UnavailableError where none, or more than one, is named so."""
    found = [index for index, label in labels.items() if label.casefold() in ("entailment", "entail", "entailed")]
    if len(labels) < 2 or len(found) != 1:
        raise UnavailableError(
            f"The model {model!r} has no output named entailment (only {', '.join(map(str, labels.values()))}); set "
            f"answers.nli_model to a model of natural language inference, or to null."
        )
    return found[0]
