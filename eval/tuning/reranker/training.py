"""A cross-encoder learns what hybrid search gets wrong: its score is added to the one that search gave."""

import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers.utils.logging import disable_progress_bar

from eval.tuning.reranker.mining import Listed
from ingest.errors import PermanentError, UnavailableError
from retrieval.embedders.weights import model_path
from retrieval.hardware import choose_precision

BATCH = 16
CHECKPOINT = "checkpoint.pt"
WARM_UP = 50
_STATE = ("step", "spent", "best", "unimproved", "kept")
"""Fields of a trainer that its checkpoint holds."""


@dataclass(frozen=True)
class TrainingOptions:
    """
    Args:
        negatives: drawn anew for each question and epoch from those that were mined.
        max_tokens: of question and text together.
        weight: share of the cross-encoder in the final score; the same as `retrieval.rerank_weight` when it serves.
        patience: evaluations without gain before it stops.
    """

    minutes: float = 60.0
    learning_rate: float = 5e-5
    negatives: int = 7
    max_tokens: int = 192
    weight: float = 0.5
    patience: int = 5
    seed: int = 7


def new_model(encoder: str, max_tokens: int) -> CrossEncoder:
    """The encoder with mean pooling and a head that starts at zero: before training it changes nothing.

    Raises:
        UnavailableError: the encoder cannot be loaded.
    """
    transformer = _transformer(encoder, max_tokens)
    size = transformer.get_embedding_dimension()
    head = Dense(
        size,
        1,
        activation_function=torch.nn.Identity(),
        init_weight=torch.zeros(1, size),
        init_bias=torch.zeros(1),
        module_output_name="scores",
    )
    model: CrossEncoder = CrossEncoder(
        modules=[transformer, Pooling(size, "mean"), head], device="cpu", max_length=max_tokens
    )
    return model


def _transformer(encoder: str, max_tokens: int) -> Transformer:
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        kinds = {"dtype": torch.float32}  # a file may hold halves, with which small steps are lost
        loaded: Transformer = Transformer(model_path(encoder), max_seq_length=max_tokens, model_kwargs=kinds)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UnavailableError(
            f"The model {encoder!r} that training starts from cannot be loaded ({type(error).__name__}); set "
            f"embedding.model to a folder, an installed model package or a hub name that this machine can reach."
        ) from error
    return loaded


def reciprocal_rank(scores: Sequence[float], right: int) -> float:
    """Of the best of the first `right` scores; among equals, and where one is not a number, it comes last. 0 where
    there is none."""
    if not right:
        return 0.0
    best = max(scores[:right], key=lambda score: math.inf if math.isnan(score) else score)
    return 1 / (1 + sum(not score < best for score in scores[right:]))


class Trainer:
    """Trains, stops early, and goes on where it was interrupted.

    Args:
        folder: holds the checkpoint and beside it the best weights, loadable as any cross-encoder.
        now: seconds; injected so that tests can make time pass.
        evaluate_every: steps between two looks at the questions that it stops by, each of which leaves a checkpoint.
    """

    def __init__(
        self,
        model: CrossEncoder,
        folder: Path,
        options: TrainingOptions,
        now: Callable[[], float] = time.monotonic,
        evaluate_every: int = 200,
    ) -> None:
        self._evaluate_every = evaluate_every
        self._model, self._folder, self._options, self._now = model, folder, options, now
        self._scale = torch.nn.Parameter(torch.tensor(8.0))
        self._weights = [*model.parameters(), self._scale]
        self._optimizer = torch.optim.AdamW(self._weights, lr=options.learning_rate, weight_decay=0.01)
        self._step, self._spent = 0, 0.0
        self._best, self._unimproved, self._kept = -1.0, 0, ""

    @property
    def best(self) -> Path:
        """Folder of the weights that are best so far."""
        return self._folder / self._kept

    @classmethod
    def kept(cls, folder: Path, options: TrainingOptions) -> "Trainer":
        """With the weights that a training left in `folder`."""
        return cls(CrossEncoder(str(folder), device="cpu"), folder / "unused", options)

    def run(self, train: Sequence[Listed], stop: Sequence[Listed], on_step: Callable[[int, float], None]) -> None:
        """Leaves in the folder the weights that rank the questions of `stop` best.

        Args:
            on_step: told the step and the loss.

        Raises:
            PermanentError: the loss is not a number any more.
        """
        if not self._resumed():
            torch.manual_seed(self._options.seed)
            self._keep(self._evaluated(stop))  # what is not better than no training is not kept
        started = self._now() - self._spent
        for batch in self._batches(train):
            self._spent = self._now() - started
            share = self._spent / (60 * self._options.minutes)
            if share >= 1 or self._unimproved >= self._options.patience:
                break
            on_step(self._step, self._learn(batch, share))
            if self._step % self._evaluate_every == 0:
                self._keep(self._evaluated(stop))
        self._keep(self._evaluated(stop))

    def reciprocal_ranks(self, asked: Sequence[Listed]) -> list[float]:
        """Of each question's first right text; among equals it comes last."""
        self._model.eval()
        with torch.inference_mode():
            return [reciprocal_rank(self._scores([one])[0].tolist() if one.right else (), one.right) for one in asked]

    def _evaluated(self, asked: Sequence[Listed]) -> float:
        return float(np.mean(self.reciprocal_ranks(asked)))

    def _learn(self, batch: Sequence[Listed], share: float) -> float:
        self._model.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self._options.learning_rate * min((self._step + 1) / WARM_UP, 1.0) * (1 - share)
        scores = self._scores(batch)
        loss = torch.stack([-one.log_softmax(0)[0] for one in scores]).mean()
        if not torch.isfinite(loss):
            raise PermanentError(
                f"The loss became {loss.item()} at step {self._step}, so nothing can be learnt any more; train into "
                f"another folder with another --seed, or start from another embedding.model."
            )
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimizer.step()
        self._step += 1
        return float(loss.detach())

    def _scores(self, batch: Sequence[Listed]) -> list[torch.Tensor]:
        """For each question a tensor of shape (texts,): what `RerankingSearcher` ranks by, on a learnt scale."""
        pairs = [(one.query, text) for one in batch for text in one.texts]
        with torch.autocast("cpu", torch.bfloat16, enabled=choose_precision("auto", "cpu") == "bfloat16"):
            read = self._model(self._model.preprocess(pairs))["scores"].float().squeeze(-1)
        fused = torch.tensor([score for one in batch for score in one.fused])
        mixed = self._options.weight * torch.sigmoid(read) + (1 - self._options.weight) * fused
        return list(torch.split(self._scale * mixed, [len(one.texts) for one in batch]))

    def _batches(self, train: Sequence[Listed]) -> Iterator[list[Listed]]:
        """Epoch after epoch in an order that hangs on the seed alone, from the step on that was reached."""
        per_epoch = max(1, len(train) // BATCH)
        epoch, first = divmod(self._step, per_epoch)
        while True:
            chance = random.Random(self._options.seed + epoch)
            order = chance.sample(range(len(train)), len(train))
            for number in range(per_epoch):
                drawn = [self._drawn(train[row], chance) for row in order[number * BATCH : (number + 1) * BATCH]]
                if number >= first:
                    yield drawn
            epoch, first = epoch + 1, 0

    def _drawn(self, one: Listed, chance: random.Random) -> Listed:
        """One of the right texts first, then some of the others."""
        others = range(one.right, len(one.texts))
        rows = [chance.randrange(one.right), *chance.sample(others, min(self._options.negatives, len(others)))]
        return Listed(one.query, tuple(one.texts[row] for row in rows), tuple(one.fused[row] for row in rows))

    def _keep(self, reached: float) -> None:
        """The weights if they are the best so far, and in any case all that a resumed run needs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._unimproved = 0 if reached > self._best else self._unimproved + 1
        if reached > self._best:
            self._best, self._kept = reached, f"best-{self._step}"
            self._save_weights()
        state = {
            "model": self._model.state_dict(),
            "scale": self._scale.detach(),
            "optimizer": self._optimizer.state_dict(),
            "chance": torch.get_rng_state(),
            **{name: getattr(self, f"_{name}") for name in _STATE},
        }
        draft = self._folder / f"{CHECKPOINT}.new"
        torch.save(state, draft)
        draft.replace(self._folder / CHECKPOINT)
        for outdated in self._folder.glob("best-*"):
            if outdated.name != self._kept:
                shutil.rmtree(outdated)

    def _save_weights(self) -> None:
        """Whole or not at all."""
        draft = self._folder / "draft"
        for leftover in (draft, self.best):
            shutil.rmtree(leftover, ignore_errors=True)
        self._model.save_pretrained(str(draft), create_model_card=False)
        draft.rename(self.best)

    def _resumed(self) -> bool:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        with torch.no_grad():
            self._scale.copy_(state["scale"])
        torch.set_rng_state(state["chance"])
        for name in _STATE:
            setattr(self, f"_{name}", state[name])
        return True
