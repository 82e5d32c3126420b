"""A small cross-encoder on top of a sentence-embedding model's weights."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 192


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
        self.encoder.embeddings.word_embeddings.weight.requires_grad = False

    def state(self) -> dict[str, torch.Tensor]:
        """What differs from the encoder that it was made from."""
        return {
            name: tensor.detach().contiguous()
            for name, tensor in self.state_dict().items()
            if "word_embeddings" not in name
        }


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
