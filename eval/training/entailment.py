"""Train a model that judges whether a passage bears a sentence.

`python -m eval.training.entailment --out FILE [--start FILE] [--minutes 60]` trains the cross-encoder of
`eval.training.train` on the sentences of eval/samples/verification (training and thresholds halves), on sentences as
they stand in the training passages, and on errors planted into both. The loss is the binary cross-entropy, right and
wrong sentences weighing the same. It prints the area under the ROC curve on passages that are kept back of either half,
and of the sentences of `--half second` and `--half held-out` at the end, of which nothing was learnt.

retrieval/models/entailment.safetensors was made so; eval/samples/README.md says what was tried, and what it brought.
"""

import argparse
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from eval.bench.verification_data import Half, Row, load_rows
from eval.training.descent import LOG, Schedule, batches, descend
from eval.training.examples import Example, Premises, judged, quoted, spoiled
from eval.training.passages import load_passages
from eval.training.train import new_network
from retrieval.crossencoder import ENCODER, WEIGHTS, CrossEncoderNetwork, pack
from retrieval.embedders.weights import model_path
from retrieval.hardware import choose_precision
from retrieval.store.bm25 import Bm25Encoder

BATCH = 32
WARM_UP = 60
FROZEN_LAYERS = 1
HELD_BACK = 0.05


def log_odds(network: CrossEncoderNetwork, tokenizer: PreTrainedTokenizerBase, part: Sequence[Example]) -> torch.Tensor:
    """That each is supported; shape (examples,)."""
    with torch.autocast("cpu", torch.bfloat16, enabled=choose_precision("auto", "cpu") == "bfloat16"):
        found: torch.Tensor = network(**pack(tokenizer, [(one.sentence, one.premise) for one in part])).float()
    return found


@torch.no_grad()
def area(network: CrossEncoderNetwork, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]) -> float:
    """Under the ROC curve; 0.5 is chance."""
    network.eval()
    order = sorted(examples, key=lambda one: one.length)
    parts = [log_odds(network, tokenizer, order[row : row + BATCH]).numpy() for row in range(0, len(order), BATCH)]
    network.train()
    found: NDArray[np.float32] = np.concatenate(parts)
    return float(roc_auc_score([one.supported for one in order], found))


def train(
    network: CrossEncoderNetwork,
    tokenizer: PreTrainedTokenizerBase,
    parts: Iterator[list[Example]],
    right: float,
    minutes: float,
    learning_rate: float,
    out: Path,
) -> int:
    """Returns the number of steps. `right`: the share of examples that are supported."""
    schedule = Schedule(minutes, learning_rate, WARM_UP)
    return descend(
        network, network, parts, lambda part: _loss(log_odds(network, tokenizer, part), part, right), schedule, out
    )


def endless(examples: Sequence[Example], seed: int) -> Iterator[list[Example]]:
    chance = random.Random(seed)
    while True:
        yield from batches(examples, BATCH, chance, lambda one: one.length)


def _loss(scores: torch.Tensor, part: Sequence[Example], right: float) -> torch.Tensor:
    wanted = torch.tensor([float(one.supported) for one in part])
    weight = torch.where(wanted > 0, torch.tensor((1 - right) / right), torch.tensor(1.0))
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted, weight)


def _apart(rows: Sequence[Row], chance: random.Random) -> tuple[list[Row], list[Row]]:
    """To train with, and of other passages to look at meanwhile."""
    titles = sorted({row.hit.chunk.title for row in rows})
    back = frozenset(chance.sample(titles, round(HELD_BACK * len(titles))))
    kept = [row for row in rows if row.hit.chunk.title not in back]
    return kept, [row for row in rows if row.hit.chunk.title in back]


def main() -> None:
    asked = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(asked.seed)
    chance, premises = random.Random(asked.seed), Premises(Bm25Encoder().terms)
    halves: tuple[Half, ...] = ("training", "thresholds")
    examples: list[Example] = quoted(load_passages(held_out=False), premises, chance)
    meanwhile: dict[str, list[Example]] = {}
    for name in halves:
        mine, back = _apart(load_rows(name), chance)
        examples += judged(mine, premises) + spoiled(mine, premises, chance)
        meanwhile[f"kept back of {name}"] = judged(back, premises) + spoiled(back, premises, chance)
    right = float(np.mean([one.supported for one in examples]))
    LOG.info("%d examples, of which %.0f %% are supported", len(examples), 100 * right)
    tokenizer, network = AutoTokenizer.from_pretrained(model_path(ENCODER)), new_network(asked.start, FROZEN_LAYERS)
    train(network, tokenizer, endless(examples, asked.seed), right, asked.minutes, asked.learning_rate, asked.out)
    others: tuple[Half, ...] = ("second", "held-out")
    for name in others:
        rows = load_rows(name)
        meanwhile[name] = judged(rows, premises) + spoiled(rows, premises, random.Random(0))
    for shown, known in meanwhile.items():
        LOG.info("%s: %d sentences, area under ROC %.3f", shown, len(known), area(network, tokenizer, known))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.training.entailment", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, default=WEIGHTS, help="weights to begin with; default: answers.safetensors"
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--learning-rate", type=float, default=1.2e-4)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
