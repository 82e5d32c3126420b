"""The training of a reranker: what it changes, when it ends, and that an interruption costs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from eval.tuning.reranker.mining import Listed
from eval.tuning.reranker.training import CHECKPOINT, Trainer, new_model, reciprocal_rank
from ingest.errors import PermanentError, UnavailableError
from retrieval.rerankers import SentenceTransformersReranker
from tests.eval.plans import ENCODER, OPTIONS, made

pytestmark = pytest.mark.usefixtures("one_thread")


class Clock:
    """A second passes at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.mark.parametrize(
    ("scores", "right", "rank"),
    [
        ((0.9, 0.5, 0.1), 1, 1),
        ((0.5, 0.5, 0.1), 1, 2),
        ((0.1, 0.9, 0.5), 2, 1),
        ((float("nan"), 0.5, 0.1), 1, 3),
        ((float("nan"),) * 3, 1, 3),
        ((0.5, float("nan"), 0.1), 1, 2),
        ((0.9, float("nan"), 0.1), 2, 2),
    ],
)
def test_ranks_count_against_the_right_text_in_doubt(scores: Sequence[float], right: int, rank: int) -> None:
    assert reciprocal_rank(scores, right) == 1 / rank


def test_what_was_not_found_has_no_rank() -> None:
    assert reciprocal_rank((0.9, 0.5), 0) == 0.0


def test_before_training_it_changes_nothing(tmp_path: Path, tiny_model: Path) -> None:
    trainer = Trainer(new_model(str(tiny_model), 16), tmp_path, OPTIONS)
    assert trainer.reciprocal_ranks(made(3)) == [1 / 3] * 3
    easy = [replace(one, fused=(0.9, 0.6, 0.5)) for one in made(2)]
    assert trainer.reciprocal_ranks(easy) == [1.0, 1.0]
    assert trainer.reciprocal_ranks([Listed("q", (), (), 0)]) == [0.0]


def test_a_loss_that_is_no_number_ends_it(tmp_path: Path, tiny_model: Path) -> None:
    model = new_model(str(tiny_model), 16)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(PermanentError, match="The loss became nan at step 0"):
        Trainer(model, tmp_path, OPTIONS).run(made(16), made(1), lambda step, loss: None)


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"training starts from cannot be loaded \(\w+\); set embedding\.model"):
        new_model(str(tmp_path / "absent"), 32)


@pytest.mark.slow
def test_it_learns_and_what_it_leaves_serves(tmp_path: Path) -> None:
    options = replace(OPTIONS, minutes=0.75, learning_rate=1e-3, negatives=1, max_tokens=24)
    trainer = Trainer(new_model(ENCODER, options.max_tokens), tmp_path, options, Clock())
    losses: list[float] = []
    trainer.run(made(64), made(8), lambda step, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2
    assert Trainer.kept(trainer.best, options).reciprocal_ranks(made(8)) == [1.0] * 8
    served = SentenceTransformersReranker(str(trainer.best), device="cpu", max_tokens=32)
    agreed, refused = served.score("Was plan 3 agreed?", ["Plan 3 was agreed.", "Plan 3 was refused."])
    assert agreed > refused


def test_an_interrupted_training_ends_where_an_undisturbed_one_does(tmp_path: Path, tiny_model: Path) -> None:
    class StopError(Exception):
        pass

    def stop_at(step: int, _loss: float) -> None:
        if step == 6:
            raise StopError

    def trained(folder: Path) -> Trainer:
        options = replace(OPTIONS, minutes=0.2, patience=100)
        return Trainer(new_model(str(tiny_model), 16), folder, options, Clock(), evaluate_every=3)

    trained(tmp_path / "whole").run(made(64), made(4), lambda step, loss: None)
    with pytest.raises(StopError):
        trained(tmp_path / "cut").run(made(64), made(4), stop_at)
    torch.manual_seed(99)  # whatever happened to chance in between
    trained(tmp_path / "cut").run(made(64), made(4), lambda step, loss: None)
    whole, cut = (torch.load(tmp_path / name / CHECKPOINT, weights_only=True) for name in ("whole", "cut"))
    assert whole["step"] == cut["step"] > 6
    assert all(torch.equal(tensor, cut["model"][name]) for name, tensor in whole["model"].items())
    assert {path.name for path in (tmp_path / "cut").iterdir()} == {CHECKPOINT, cut["kept"]}
