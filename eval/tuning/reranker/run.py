"""From pairs to a reranker whose gain is known."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.statistics import Difference, differences, pairs
from eval.tuning.reranker.folder import OutFolder
from eval.tuning.reranker.mining import Corpus, Listed, Serving
from eval.tuning.reranker.pairs import Asked, Pair, by_question
from eval.tuning.reranker.training import Trainer, TrainingOptions, new_model, reciprocal_rank
from ingest.errors import InvalidError
from ingest.ports import Embedder
from retrieval.embedders.local import folder_of
from retrieval.embedders.weights import deciding_files, recipe_key

FEWEST = 100
"""Questions."""
FEWEST_LESSONS = 50
"""Questions to learn from, for which search finds something wrong."""
SHARE, MOST_STOP, MOST_REPORT = 0.1, 200, 500
METRIC = "mrr"
RECIPE = "reranker 2"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Tuned:
    """`before` and `after`: mean reciprocal rank of the first right text among those that the reranker reads, by hybrid
    search alone and with the reranker (0 where search finds none), on questions that nothing was learnt from and no
    choice was made by."""

    trained_on: int
    held_out: int
    before: float
    after: float
    gain: Difference

    @property
    def proven(self) -> bool:
        return self.gain.mean.low > 0 and self.gain.distinguishable


def tune(
    given: Sequence[Pair],
    embedder: Embedder,
    encoder: str,
    folder: Path,
    options: TrainingOptions,
    serving: Serving,
    say: Say = lambda line: None,
) -> Tuned:
    """Trains into `folder`; called again with the same arguments after an interruption it goes on where it was.

    Args:
        encoder: name or folder of the model to start from, as for an embedding model.
        serving: how the collection is searched that the reranker is for.

    Raises:
        InvalidError: there are too few questions, or the folder holds something else.
        UnavailableError: the encoder cannot be loaded.
        PermanentError: the training came to nothing.
    """
    asked = by_question(given)
    if len(asked) < FEWEST:
        raise InvalidError(f"There are {len(asked)} questions; at least {FEWEST} are needed to train anything.")
    model = new_model(encoder, options.max_tokens)
    out = OutFolder(folder, _key(asked, embedder, encoder, options, serving))
    out.begin()
    lists = out.mined() or _mined(asked, embedder, out, options.seed, serving, say)
    lessons = len(lists.get("train", ()))
    if lessons < FEWEST_LESSONS:
        raise InvalidError(
            f"Search finds a wrong text for {lessons} questions; at least {FEWEST_LESSONS} are needed to learn from. "
            f"Give more pairs, about more texts."
        )
    trainer = Trainer(model, out.work, options)
    trainer.run(lists["train"], lists["stop"], _reporter(say))
    after = Trainer.kept(trainer.best, options).reciprocal_ranks(lists["report"])
    before = [reciprocal_rank(one.fused, one.right) for one in lists["report"]]
    out.finish(trainer.best)
    return _tuned(lessons, before, after, options.seed)


def _key(asked: Sequence[Asked], embedder: Embedder, encoder: str, options: TrainingOptions, serving: Serving) -> str:
    known = [RECIPE, [asdict(one) for one in asked], embedder.name, asdict(options), asdict(serving)]
    return recipe_key(deciding_files(folder_of(encoder)), json.dumps(known))


def _mined(
    asked: Sequence[Asked], embedder: Embedder, out: OutFolder, seed: int, serving: Serving, say: Say
) -> Mapping[str, Sequence[Listed]]:
    parts = _parts(asked, seed)
    with Corpus(asked, embedder, out.corpus, serving) as corpus:
        corpus.fill(lambda done: say(f"{done} texts embedded"))
        lists = {name: corpus.served(parts[name]) for name in ("stop", "report")}
        lists["train"] = corpus.lessons(parts["train"])
    say(f"{len(lists['train'])} of {len(parts['train'])} questions have hard negatives")
    out.keep(lists)
    return lists


def _parts(asked: Sequence[Asked], seed: int) -> dict[str, Sequence[Asked]]:
    """Of different questions: to learn from, to stop by, and to report on."""
    drawn = random.Random(seed).sample(asked, len(asked))
    wanted = max(1, round(SHARE * len(drawn)))
    stop, report = min(MOST_STOP, wanted), min(MOST_REPORT, wanted)
    return {"stop": drawn[:stop], "report": drawn[stop : stop + report], "train": drawn[stop + report :]}


def _tuned(trained_on: int, before: Sequence[float], after: Sequence[float], seed: int) -> Tuned:
    keys = [str(number) for number in range(len(before))]
    compared = pairs(dict(zip(keys, before, strict=True)), dict(zip(keys, after, strict=True)))
    gain = differences({METRIC: compared}, seed)[METRIC]
    return Tuned(trained_on, len(before), sum(before) / len(before), sum(after) / len(after), gain)


def _reporter(say: Say, every: int = 50) -> Callable[[int, float], None]:
    losses: list[float] = []

    def on_step(step: int, loss: float) -> None:
        losses.append(loss)
        if step % every == 0:
            say(f"step {step}, loss {sum(losses[-every:]) / len(losses[-every:]):.4f}")

    return on_step
