"""From pairs to a reranker whose gain is known."""

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.statistics import Difference, differences, pairs
from eval.tuning.reranker.mining import Corpus, Listed
from eval.tuning.reranker.pairs import Pair
from eval.tuning.reranker.training import CHECKPOINT, Trainer, TrainingOptions, new_model
from ingest.errors import InvalidError
from ingest.ports import Embedder

FEWEST = 100
HELD_OUT_SHARE, MOST_HELD_OUT = 0.1, 500
METRIC = "mrr@30"
_MINED, _CORPUS = "mined.jsonl", "corpus"


@dataclass(frozen=True)
class Tuned:
    """`before` and `after`: mean reciprocal rank of the right text, by hybrid search alone and with the reranker, on
    questions that nothing was learnt from."""

    trained_on: int
    held_out: int
    before: float
    after: float
    gain: Difference

    @property
    def proven(self) -> bool:
        return self.gain.mean.low > 0


def tune(
    given: Sequence[Pair],
    embedder: Embedder,
    encoder: str,
    folder: Path,
    options: TrainingOptions,
    say: Callable[[str], None] = lambda line: None,
) -> Tuned:
    """Trains into `folder`; called again with the same arguments after an interruption it goes on where it was.

    Args:
        encoder: name or folder of the model to start from, as for an embedding model.

    Raises:
        InvalidError: there are too few pairs.
    """
    if len(given) < FEWEST:
        raise InvalidError(f"There are {len(given)} pairs; at least {FEWEST} are needed to train anything.")
    mined = _mined(given, embedder, folder, say)
    drawn = random.Random(options.seed).sample(mined, len(mined))
    count = min(MOST_HELD_OUT, max(1, round(HELD_OUT_SHARE * len(drawn))))
    held_out, train = drawn[:count], drawn[count:]
    trainer = Trainer(new_model(encoder, options.max_tokens), folder, options)
    trainer.run(train, held_out, _reporter(say))
    after = Trainer.kept(folder, options).reciprocal_ranks(held_out)
    before = [_reciprocal_rank(one) for one in held_out]
    for leftover in (_MINED, CHECKPOINT):
        (folder / leftover).unlink(missing_ok=True)
    shutil.rmtree(folder / _CORPUS, ignore_errors=True)
    return _tuned(len(train), before, after, options.seed)


def _mined(given: Sequence[Pair], embedder: Embedder, folder: Path, say: Callable[[str], None]) -> list[Listed]:
    path = folder / _MINED
    if path.exists():
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return [Listed(row["query"], tuple(row["texts"]), tuple(row["fused"])) for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    with Corpus(given, embedder, folder / _CORPUS) as corpus:
        corpus.fill(lambda done: say(f"{done} texts embedded"))
        found = list(corpus.listed(given))
    say(f"{len(found)} of {len(given)} pairs have hard negatives")
    draft = path.with_suffix(".draft")
    draft.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found), encoding="utf-8")
    draft.replace(path)
    return found


def _reciprocal_rank(one: Listed) -> float:
    """Of the positive by hybrid search alone; among equals it comes last."""
    return 1 / (1 + sum(score >= one.fused[0] for score in one.fused[1:]))


def _tuned(trained_on: int, before: Sequence[float], after: Sequence[float], seed: int) -> Tuned:
    keys = [str(number) for number in range(len(before))]
    compared = pairs(dict(zip(keys, before, strict=True)), dict(zip(keys, after, strict=True)))
    gain = differences({METRIC: compared}, seed)[METRIC]
    return Tuned(trained_on, len(before), sum(before) / len(before), sum(after) / len(after), gain)


def _reporter(say: Callable[[str], None], every: int = 50) -> Callable[[int, float], None]:
    losses: list[float] = []

    def on_step(step: int, loss: float) -> None:
        losses.append(loss)
        if step % every == 0:
            say(f"step {step}, loss {sum(losses[-every:]) / len(losses[-every:]):.4f}")

    return on_step
