"""A language model says whether answers are right; how far it agrees with the gold labels is reported beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sklearn.metrics import cohen_kappa_score

from eval.experiment.outcomes import Outcome, Result
from ingest.errors import UnavailableError
from retrieval.llm import ChatModel

PROMPT_VERSION = "2"
"""Raised with every change of the words below or of how replies are read; verdicts of different versions are not
compared."""
_PROMPT = """You check answers of a question-answering system.

Question: {question}
Reference answer: {gold}
Answer to check: {answer}

Does the answer to check state the same fact as the reference answer? Extra words do not matter, a different or a
missing fact does. Reply with one word: yes or no."""
METRIC = "judged_right"
_REPLY_TOKENS = 5
_SAID = 40
_GIVE_UP = 3
"""So many questions in a row that the endpoint fails on, and it is asked no more."""


@dataclass(frozen=True)
class Agreement:
    """With the label whether gold evidence is cited: share of equal verdicts, and Cohen's kappa (0 is chance).

    `unclear`: answers without a verdict.
    """

    judged: int
    unclear: int
    share: float
    kappa: float


def judge(outcomes: Sequence[Outcome], model: ChatModel) -> tuple[Outcome, ...]:
    """The outcomes with the metric `judged_right` for those answers that were served and have a gold answer. There is
    no verdict where the reply is neither yes nor no, or where the endpoint fails: a run is worth more than its judge.
    """
    judged, failed = [], 0
    for one in outcomes:
        verdict = None
        if _to_judge(one) and failed < _GIVE_UP:
            try:
                verdict, failed = _verdict(one, model), 0
            except UnavailableError:
                failed += 1
        judged.append(one if verdict is None else replace(one, metrics={**one.metrics, METRIC: verdict}))
    return tuple(judged)


def check(model: ChatModel) -> None:
    """Raises UnavailableError where the endpoint cannot judge, or not so that its replies can be read; asked before a
    run, which may take hours."""
    said = model.complete("Reply with one word: yes.", _REPLY_TOKENS)
    if not _read(said):
        raise UnavailableError(
            f"The judge should have said yes, and said {said[:_SAID]!r}; name a model that answers at once, without "
            "thinking aloud first."
        )


def agreement(result: Result) -> Agreement | None:
    """None where nothing was judged."""
    both = [
        (one.metrics[METRIC] > 0, one.metrics["answered_right"] > 0) for one in result.outcomes if METRIC in one.metrics
    ]
    if not both:
        return None
    unclear = unjudged(result.outcomes)
    said, gold = zip(*both, strict=True)
    kappa = 1.0 if said == gold else float(cohen_kappa_score(said, gold))
    return Agreement(len(both), unclear, sum(a == b for a, b in both) / len(both), kappa)


def unjudged(outcomes: Sequence[Outcome]) -> int:
    """Answers that a judge should have a verdict on, and has not."""
    return sum(_to_judge(one) and METRIC not in one.metrics for one in outcomes)


def _verdict(one: Outcome, model: ChatModel) -> float | None:
    assert one.answer
    prompt = _PROMPT.format(question=one.text, gold=" / ".join(one.answers), answer=one.answer.text)
    said = _read(model.complete(prompt, _REPLY_TOKENS))
    return float(said == "yes") if said else None


def _read(reply: str) -> str:
    """`yes`, `no`, or nothing."""
    found = re.match(r"\W*(yes|no)\b", reply.lower())
    return found[1] if found else ""


def _to_judge(one: Outcome) -> bool:
    return bool(one.answerable and one.answers and one.answer and not one.answer.refused)
