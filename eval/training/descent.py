"""Gradient descent for so many minutes, over batches of texts of like length."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import save_file

from retrieval.crossencoder import CrossEncoderNetwork

SAVE_EVERY = 200
_SORTED_TOGETHER = 40
LOG = logging.getLogger("train")
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Schedule:
    """`warm_up`: steps until the learning rate is reached; then it decays linearly until the minutes are over."""

    minutes: float
    learning_rate: float
    warm_up: int


def descend(
    model: torch.nn.Module,
    network: CrossEncoderNetwork,
    parts: Iterable[_Part],
    loss_of: Callable[[_Part], torch.Tensor],
    schedule: Schedule,
    out: Path,
) -> int:
    """AdamW; returns the number of steps. Of `model` all is learnt that needs a gradient, of it `network` is written:
    now and then, and in float16 at the end."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=schedule.learning_rate, weight_decay=0.01)
    started = time.monotonic()
    losses: list[float] = []
    model.train()
    for step, part in enumerate(parts, start=1):
        share = (time.monotonic() - started) / (60 * schedule.minutes)
        if share >= 1:
            break
        for options in optimizer.param_groups:
            options["lr"] = schedule.learning_rate * min(step / schedule.warm_up, 1.0) * (1 - share)
        loss = loss_of(part)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        if step % 25 == 0:
            LOG.info("step %d, %.0f %% of the time, loss %.4f", step, 100 * share, np.mean(losses[-50:]))
        if step % SAVE_EVERY == 0:
            save_file(network.trained(), out)
    save_file(_half(network.trained()), out)
    return len(losses)


def batches(
    drawn: Sequence[_Part], size: int, chance: random.Random, length: Callable[[_Part], int]
) -> list[list[_Part]]:
    """In random order, but with texts of like length side by side, so that little is padded."""
    order = list(drawn)
    chance.shuffle(order)
    made = []
    for start in range(0, len(order), _SORTED_TOGETHER * size):
        part = sorted(order[start : start + _SORTED_TOGETHER * size], key=length)
        made += [part[row : row + size] for row in range(0, len(part), size)]
    chance.shuffle(made)
    return made


def _half(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: one.half() if one.is_floating_point() else one for name, one in weights.items()}
