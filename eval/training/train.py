"""Train the cross-encoder that reads question and sentence together.

`python -m eval.training.train --out FILE [--pairs FILE.jsonl.gz ...] [--start FILE] [--minutes 90]` trains on the
passages beside this file and on more {query, positive} pairs where given. The loss is the cross-entropy of a group's
right sentences against the others and "none of them", whose score is fixed at 0. Cosine and word overlap are added
to the score while training, so that the network learns what they do not tell. Every 200 steps the weights are
written; `--start` takes them up again.
"""

import argparse
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase

from eval.training.descent import LOG, Schedule, batches, descend
from eval.training.groups import Group, Pool, Terms, groups, pool_of_pairs, pool_of_passages
from eval.training.passages import load_passages
from retrieval.crossencoder import ENCODER, CrossEncoderNetwork, pack
from retrieval.embedders.local import SentenceTransformerEmbedder
from retrieval.embedders.weights import model_path
from retrieval.hardware import choose_precision
from retrieval.store.bm25 import Bm25Encoder

BATCH = 16
READ_TOGETHER = 32
FROZEN_LAYERS = 2
"""The lowest layers stay those of the encoder or of `--start`: a third of the time saved."""
WARM_UP = 40
HELD_OUT = 300


class Trained(torch.nn.Module):
    """The network, and how much cosine and overlap weigh beside it (and a bias)."""

    def __init__(self, network: CrossEncoderNetwork) -> None:
        super().__init__()
        self.network = network
        self.hints = torch.nn.Parameter(torch.tensor([3.0, 1.5]))
        self.bias = torch.nn.Parameter(torch.tensor(-2.5))

    def scores(self, tokenizer: PreTrainedTokenizerBase, part: Sequence[Group]) -> list[torch.Tensor]:
        """Per group a tensor of shape (1 + texts,): 0 for "none", then the texts."""
        read = self._read(tokenizer, [(group.question, text) for group in part for text in group.texts])
        hints = torch.from_numpy(np.concatenate([group.hints for group in part]))
        flat = read + hints @ self.hints + self.bias
        return [
            torch.cat([piece.new_zeros(1), piece]) for piece in torch.split(flat, [len(group.texts) for group in part])
        ]

    def _read(self, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """Shape (pairs,); pairs of like length are read together, so that little is padded."""
        order = sorted(range(len(pairs)), key=lambda row: len(pairs[row][0]) + len(pairs[row][1]))
        pieces = []
        with torch.autocast("cpu", torch.bfloat16, enabled=choose_precision("auto", "cpu") == "bfloat16"):
            for start in range(0, len(order), READ_TOGETHER):
                rows = order[start : start + READ_TOGETHER]
                pieces.append(self.network(**pack(tokenizer, [pairs[row] for row in rows])).float())
        read: torch.Tensor = torch.cat(pieces)[torch.tensor(order).argsort()]
        return read


def new_model(start: Path | None) -> Trained:
    """From the encoder's own weights, or from `start` as `train` wrote it."""
    return Trained(new_network(start, FROZEN_LAYERS))


def new_network(start: Path | None, frozen: int) -> CrossEncoderNetwork:
    """Its word embeddings and `frozen` lowest layers are left as they are."""
    encoder = AutoModel.from_pretrained(
        model_path(ENCODER),
        add_pooling_layer=False,
        attention_probs_dropout_prob=0.0,  # with it a CPU has no fast attention
    )
    network = CrossEncoderNetwork(encoder)
    for module in (encoder.embeddings, *encoder.encoder.layer[:frozen]):
        module.requires_grad_(False)
    if start:
        network.load_state_dict(load_file(start), strict=False)
    return network


def train(
    model: Trained,
    tokenizer: PreTrainedTokenizerBase,
    parts: Iterator[list[Group]],
    minutes: float,
    learning_rate: float,
    out: Path,
) -> int:
    """Returns the number of steps."""

    def loss_of(part: list[Group]) -> torch.Tensor:
        return torch.stack([_loss(s, g) for s, g in zip(model.scores(tokenizer, part), part, strict=True)]).mean()

    return descend(model, model.network, parts, loss_of, Schedule(minutes, learning_rate, WARM_UP), out)


def endless(pools: Sequence[Pool], terms: Terms, seed: int) -> Iterator[list[Group]]:
    """Epoch after epoch, each drawn anew."""
    epoch = 0
    while True:
        chance = random.Random(seed + epoch)
        yield from batches([group for pool in pools for group in groups(pool, terms, chance)], BATCH, chance, _longest)
        epoch += 1


@torch.no_grad()
def right_choices(model: Trained, tokenizer: PreTrainedTokenizerBase, held_out: Sequence[Group]) -> float:
    """Share of groups in which a right sentence, or "none" where there is no right one, scores best."""
    model.eval()
    best = [int(model.scores(tokenizer, [group])[0].argmax()) for group in held_out]
    return float(np.mean([row - 1 in (group.gold or (-1,)) for row, group in zip(best, held_out, strict=True)]))


def _longest(group: Group) -> int:
    return max(map(len, group.texts))


def _loss(scores: torch.Tensor, group: Group) -> torch.Tensor:
    wanted = [row + 1 for row in group.gold] or [0]
    return -torch.logsumexp(scores.log_softmax(0)[wanted], 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, action="append", default=[])
    parser.add_argument("--limit", type=int, default=12_000, help="pairs to take of each file")
    parser.add_argument("--start", type=Path)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--learning-rate", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(arguments.seed)
    embedder, terms = SentenceTransformerEmbedder(ENCODER), Bm25Encoder().terms
    pools = [pool_of_passages(load_passages(held_out=False), embedder)]
    pools += [pool_of_pairs(path, arguments.limit, embedder) for path in arguments.pairs]
    held_out = list(groups(pool_of_passages(load_passages(held_out=True), embedder), terms, random.Random(0)))
    tokenizer, model = AutoTokenizer.from_pretrained(model_path(ENCODER)), new_model(arguments.start)
    parts = endless(pools, terms, arguments.seed)
    train(model, tokenizer, parts, arguments.minutes, arguments.learning_rate, arguments.out)
    LOG.info(
        "right choices on %d held-out groups: %.3f", HELD_OUT, right_choices(model, tokenizer, held_out[:HELD_OUT])
    )


if __name__ == "__main__":
    main()
