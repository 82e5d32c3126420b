"""What a threshold is chosen for."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.errors import InvalidError

Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
NEVER = 1.0
"""A threshold that a confidence below 1 does not reach."""


@dataclass(frozen=True)
class Cost:
    """A right answer is worth 1, a refusal 0, a wrong answer -`wrong` (effective reliability, Whitehead et al. 2022;
    the trade of error and reject is Chow's, 1970)."""

    wrong: float

    def worth(self, served: Flags, right: Flags) -> Numbers:
        """Of each question."""
        return np.where(served, np.where(right, 1.0, -self.wrong), 0.0)

    def threshold(self, confidence: Numbers, right: Flags) -> float:
        """The least one that makes the questions worth most."""
        cuts = thresholds(confidence)
        worth = [float(self.worth(confidence >= cut, right).sum()) for cut in cuts]
        return cuts[int(np.argmax(worth))]


@dataclass(frozen=True)
class Precision:
    """As many answers as can be given so that at least this share of them is right."""

    wanted: float

    def worth(self, served: Flags, right: Flags) -> Numbers:
        """Its sum is not negative where the precision is reached: a wrong answer weighs as much as the right ones that
        make up for it."""
        return Cost(self.wanted / (1.0 - self.wanted)).worth(served, right)

    def threshold(self, confidence: Numbers, right: Flags) -> float:
        """The least one that reaches it; NEVER where none does."""
        cuts = thresholds(confidence)
        return next((cut for cut in cuts if precision(confidence >= cut, right) >= self.wanted), NEVER)


Goal: TypeAlias = Cost | Precision


def goal_of(cost: float | None, wanted: float | None) -> Goal:
    """Without either, a wrong answer costs what a right one is worth. Raises InvalidError for both."""
    if cost is not None and wanted is not None:
        raise InvalidError("--cost and --precision exclude each other; give one of them.")
    return Precision(wanted) if wanted is not None else Cost(1.0 if cost is None else cost)


def precision(served: Flags, right: Flags) -> float:
    """Share of right answers among those that are served; 0 of none."""
    return float(right[served].mean()) if served.any() else 0.0


def thresholds(confidence: Numbers) -> list[float]:
    """From 0, where everything is answered, over the middles between neighbours to NEVER."""
    values = np.unique(confidence)
    return [0.0, *((values[1:] + values[:-1]) / 2).tolist(), NEVER]
