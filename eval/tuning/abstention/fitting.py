"""Fits the confidence and its threshold, and tells on questions that neither was fitted to what they bring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.metrics.calibration import area_under_risk_coverage, expected_calibration_error
from eval.statistics import Difference, Estimate, differences, resampled, share
from eval.tuning.abstention.goals import Cost, Flags, Goal, Numbers, Precision, precision
from generation.confidence import NAMES, Confidence
from ingest.errors import InvalidError

FOLDS = 5
FEWEST = 20
"""Questions with an answer in the documents, and as many without."""
FEWEST_OF_EACH = 10
"""Right answers and wrong ones among those that a threshold decides about."""
_STRENGTH = 0.3
"""Inverse of the L2 penalty on standardised traits: there are few questions."""
_CHOICES = ((NAMES[0],), NAMES)
"""Traits that count: the confidence that there is already, put on a new scale, or all."""


@dataclass(frozen=True)
class Questions:
    """`traits`: shape (questions, traits), in the order of `NAMES`. `right`: the answer, were it served, is right.
    `confidence`: the one in use until now. `refused`: there is no answer whatever the threshold, for the generator
    does not know, or nothing can be quoted."""

    traits: Numbers
    answerable: Flags
    right: Flags
    confidence: Numbers
    refused: Flags

    def part(self, which: Sequence[int] | NDArray[np.intp]) -> "Questions":
        return Questions(*(of[which] for of in vars(self).values()))


@dataclass(frozen=True)
class Operation:
    """What is served and refused, means with 95 % intervals. `risk`: share of wrong answers among those served. `area`:
    under the risk-coverage curve; with `calibration_error` it tells how good the confidence is whatever the
    threshold, on the questions that a threshold decides about."""

    coverage: Estimate
    risk: Estimate
    refusal_precision: Estimate
    refusal_recall: Estimate
    refused_answerable: Estimate
    area: Estimate
    calibration_error: float


@dataclass(frozen=True)
class Fitted:
    """`after` and `gain` are honest: each question was judged by a confidence and a threshold that the other folds
    gave. `gain` is that of what a question is worth under `goal`; it is `proven` where chance does not explain it, and
    a precision that is wanted lies within the interval of what was reached."""

    questions: int
    answerable: int
    goal: Goal
    confidence: Confidence
    min_confidence: float
    before: Operation
    after: Operation
    gain: Difference

    @property
    def proven(self) -> bool:
        reached = not isinstance(self.goal, Precision) or 1 - self.after.risk.low >= self.goal.wanted
        return self.gain.mean.low > 0 and self.gain.distinguishable and reached


def check_counts(answerable: Sequence[bool]) -> None:
    """Raises InvalidError where there are too few of either kind; before anything is asked."""
    some = sum(answerable)
    others = len(answerable) - some
    if min(some, others) < FEWEST:
        raise InvalidError(
            f"There are {some} answerable questions and {others} unanswerable ones; at least {FEWEST} of each are "
            f"needed to tell one from the other."
        )


def _check_answers(asked: Questions) -> None:
    answerable, right = int(asked.answerable.sum()), int(asked.right.sum())
    if right < FEWEST_OF_EACH:
        raise InvalidError(
            f"Only {right} of the {answerable} answerable questions would be answered rightly, and at least "
            f"{FEWEST_OF_EACH} are needed; see with `citewell eval run` where the others are lost."
        )
    wrong, refused = int((~asked.right & ~asked.refused).sum()), int(asked.refused.sum())
    if wrong < FEWEST_OF_EACH:
        raise InvalidError(
            f"Only {wrong} of the {len(asked.right)} questions would be answered wrongly ({refused} are refused "
            f"whatever the threshold), and at least {FEWEST_OF_EACH} are needed; give more, or keep the threshold."
        )


def fit(asked: Questions, threshold: float, goal: Goal, seed: int) -> Fitted:
    """
    Args:
        threshold: the one in use until now.

    Raises:
        InvalidError: there are too few questions, too few are answered rightly or wrongly, or no threshold reaches the
            precision that is wanted.
    """
    check_counts(asked.answerable.tolist())
    _check_answers(asked)
    open_ones = np.flatnonzero(~asked.refused)
    confidence, least = _fitted(asked.part(open_ones), goal, seed)
    honest, served = np.zeros(len(asked.right)), np.zeros(len(asked.right), bool)
    honest[open_ones], served[open_ones] = _honest(asked.part(open_ones), goal, seed)
    before = (asked.confidence >= threshold) & ~asked.refused
    return Fitted(
        questions=len(asked.right),
        answerable=int(asked.answerable.sum()),
        goal=goal,
        confidence=confidence,
        min_confidence=least,
        before=_operation(asked, asked.confidence, before, seed),
        after=_operation(asked, honest, served, seed),
        gain=_gain(asked, before, served, goal, seed),
    )


def confidences(model: Confidence, traits: Numbers) -> Numbers:
    """One for each row."""
    weights = np.array([model.weights.get(name, 0.0) for name in NAMES])
    found: Numbers = 1.0 / (1.0 + np.exp(-np.clip(model.bias + traits @ weights, -60, 60)))
    return found


def _honest(asked: Questions, goal: Goal, seed: int) -> tuple[Numbers, Flags]:
    """Confidence of each question, and whether it is served, by what the other folds give."""
    honest, served = np.zeros(len(asked.right)), np.zeros(len(asked.right), bool)
    for rest, fold in _folds(asked.right, seed):
        model, cut = _fitted(asked.part(rest), goal, seed)
        honest[fold] = confidences(model, asked.traits[fold])
        served[fold] = honest[fold] >= cut
    return honest, served


def _fitted(asked: Questions, goal: Goal, seed: int) -> tuple[Confidence, float]:
    """The choice of traits that predicts held-out questions best, and the threshold that is best for these."""
    predicted = {choice: _held_out(asked, choice, seed) for choice in _CHOICES}
    best = min(_CHOICES, key=lambda choice: log_loss(asked.right, predicted[choice]))
    least = goal.threshold(predicted[best], asked.right)
    if isinstance(goal, Precision) and precision(predicted[best] >= least, asked.right) < goal.wanted:
        raise InvalidError(
            f"No threshold reaches a precision of {goal.wanted:g} on these questions; ask for less, or give more."
        )
    return _model(asked, best), round(least, 4)


def _held_out(asked: Questions, choice: Sequence[str], seed: int) -> Numbers:
    found = np.zeros(len(asked.right))
    for rest, fold in _folds(asked.right, seed):
        found[fold] = confidences(_model(asked.part(rest), choice), asked.traits[fold])
    return found


def _model(asked: Questions, choice: Sequence[str]) -> Confidence:
    """Fitted on standardised traits, given in weights of the traits as they are."""
    columns = [NAMES.index(name) for name in choice]
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000))
    fitted.fit(asked.traits[:, columns], asked.right)
    scaler, model = fitted[0], fitted[1]
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - weights @ scaler.mean_)
    return Confidence(bias, dict(zip(choice, map(float, weights), strict=True)))


def _folds(right: Flags, seed: int) -> list[tuple[Sequence[int], Sequence[int]]]:
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(right, right))


def _gain(asked: Questions, before: Flags, after: Flags, goal: Goal, seed: int) -> Difference:
    """Where the precision that is wanted was reached before, the gain is in right answers alone."""
    reached = isinstance(goal, Precision) and precision(before, asked.right) >= goal.wanted
    worth = Cost(0.0).worth if reached else goal.worth
    both = np.column_stack([worth(served, asked.right) for served in (before, after)])
    return differences({"worth": both}, seed)["worth"]


def _operation(asked: Questions, confidence: Numbers, served: Flags, seed: int) -> Operation:
    def mean_of(flags: Flags, among: Flags) -> Estimate:
        return share(flags[among].astype(float).tolist(), seed)

    def area(rows: NDArray[np.intp]) -> float:
        return area_under_risk_coverage(sure[rows].tolist(), right[rows].tolist())

    everything = np.ones(len(served), bool)
    sure, right = confidence[~asked.refused], asked.right[~asked.refused]
    return Operation(
        coverage=mean_of(served, everything),
        risk=mean_of(~asked.right, served),
        refusal_precision=mean_of(~asked.answerable, ~served),
        refusal_recall=mean_of(~served, ~asked.answerable),
        refused_answerable=mean_of(~served, asked.answerable),
        area=resampled(area, len(right), seed),
        calibration_error=expected_calibration_error(sure.tolist(), right.tolist()),
    )
