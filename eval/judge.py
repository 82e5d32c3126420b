"""A language model says whether answers are right; how far it agrees with the gold labels is reported beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sklearn.metrics import cohen_kappa_score

from eval.experiment.outcomes import Outcome, Result
from eval.llm import ChatModel

PROMPT_VERSION = "1"
"""Raised with every change of the words below; verdicts of different versions are not compared."""
_PROMPT = """You check answers of a question-answering system.

Question: {question}
Reference answer: {gold}
Answer to check: {answer}

Does the answer to check state the same fact as the reference answer? Extra words do not matter, a different or a
missing fact does. Reply with one word: yes or no."""
METRIC = "judged_right"


@dataclass(frozen=True)
class Agreement:
    """With the label whether gold evidence is cited: share of equal verdicts, and Cohen's kappa (0 is chance)."""

    judged: int
    unclear: int
    share: float
    kappa: float


def judge(outcomes: Sequence[Outcome], model: ChatModel) -> tuple[Outcome, ...]:
    """The outcomes with the metric `judged_right` for those answers that were served and have a gold answer; replies
    that are neither yes nor no give no verdict."""
    return tuple(_judged(one, model) for one in outcomes)


def agreement(result: Result) -> Agreement | None:
    """None where nothing was judged."""
    both = [
        (one.metrics[METRIC] > 0, one.metrics["answered_right"] > 0) for one in result.outcomes if METRIC in one.metrics
    ]
    if not both:
        return None
    unclear = sum(_to_judge(one) and METRIC not in one.metrics for one in result.outcomes)
    said, gold = zip(*both, strict=True)
    kappa = 1.0 if said == gold else float(cohen_kappa_score(said, gold))
    return Agreement(len(both), unclear, sum(a == b for a, b in both) / len(both), kappa)


def _judged(one: Outcome, model: ChatModel) -> Outcome:
    if not _to_judge(one) or one.answer is None:
        return one
    reply = model.complete(_PROMPT.format(question=one.text, gold=" / ".join(one.answers), answer=one.answer.text), 3)
    word = reply.lower().strip(" .!\n\"'*")[:3]
    if word not in ("yes", "no"):
        return one
    return replace(one, metrics={**one.metrics, METRIC: float(word == "yes")})


def _to_judge(one: Outcome) -> bool:
    return bool(one.answerable and one.answers and one.answer and not one.answer.refused)
