"""Is a difference more than chance?"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 5000
_FEWER_RESAMPLES = 1000
"""Where each takes a loop of Python."""
CONFIDENCE = 0.95
_BATCH = 100
_NO_SPREAD = 1e-9
Verdict: TypeAlias = Literal["better", "worse", "not distinguishable", "equal"]
Pairs: TypeAlias = NDArray[np.float64]
"""(questions, 2): before and after."""
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Estimate:
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Difference:
    """A metric after minus before, over the questions that have both.

    `p`: paired randomisation test, two-sided, corrected for the comparisons made beside it. `effect`: Cohen's d of
    the differences, mean / standard deviation (0 where nothing differs, None where all differ by the same).
    """

    mean: Estimate
    p: float
    effect: float | None
    gained: int
    lost: int

    @property
    def distinguishable(self) -> bool:
        return self.p < 1 - CONFIDENCE

    @property
    def effect_said(self) -> str:
        return "d undefined" if self.effect is None else f"d = {self.effect:+.2f}"


def estimate(values: Sequence[float], seed: int) -> Estimate:
    """Percentile bootstrap (Efron and Tibshirani, 1993) of the mean; all 0 of nothing."""
    data = np.asarray(values, float)
    if len(data) == 0:
        return Estimate(0.0, 0.0, 0.0, 0)
    middle = float(data.mean())
    if np.all(data == data[0]):
        return Estimate(middle, middle, middle, len(data))
    found = stats.bootstrap(
        (data,), np.mean, n_resamples=RESAMPLES, batch=_BATCH, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Estimate(middle, float(found.low), float(found.high), len(data))


def share(values: Sequence[float], seed: int) -> Estimate:
    """As `estimate`, of values in [0, 1]. Where all are 0 or all are 1 the interval is Wilson's: resampling them knows
    of nothing else, be they ever so few."""
    found = estimate(values, seed)
    if found.count and found.low == found.high and found.mean in (0.0, 1.0):
        return Estimate(found.mean, *wilson(round(found.mean * found.count), found.count), found.count)
    return found


def resampled(statistic: Callable[[NDArray[np.intp]], float], count: int, seed: int) -> Estimate:
    """Percentile bootstrap of what `statistic` says of the questions with the numbers that it is given."""
    rng = np.random.default_rng(seed)
    found = [statistic(rng.integers(0, count, count)) for _ in range(_FEWER_RESAMPLES)]
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(statistic(np.arange(count)), float(low), float(high), count)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share; all of [0, 1] of nothing."""
    if not count:
        return 0.0, 1.0
    found = stats.binomtest(successes, count).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def pairs(before: Mapping[str, float], after: Mapping[str, float]) -> Pairs:
    """Of the questions that both have; each is question id -> value."""
    return np.array([(before[key], after[key]) for key in before if key in after], float).reshape(-1, 2)


def differences(compared: Mapping[Key, Pairs], seed: int) -> dict[Key, Difference]:
    """One family of comparisons: p-values are corrected over all of them (Benjamini and Hochberg, 1995). Those
    without a question are left out."""
    changes = {key: both[:, 1] - both[:, 0] for key, both in compared.items() if len(both)}
    raw = [randomisation_p(values, seed) for values in changes.values()]
    corrected: Sequence[float] = stats.false_discovery_control(raw).tolist() if raw else []
    return {
        key: Difference(
            mean=estimate(values.tolist(), seed),
            p=float(p),
            effect=_effect(values),
            gained=int((values > 0).sum()),
            lost=int((values < 0).sum()),
        )
        for (key, values), p in zip(changes.items(), corrected, strict=True)
    }


def randomisation_p(differences: NDArray[np.float64], seed: int) -> float:
    """Probability of a mean at least as far from 0 if the signs of the differences were chance (Fisher's
    randomisation test, as recommended for retrieval by Smucker, Allan and Carterette, 2007)."""
    if len(differences) < 2 or not np.any(differences):
        return 1.0  # one question tells nothing
    found = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def verdict(difference: Difference, higher_is_better: bool) -> Verdict:
    if difference.gained == difference.lost == 0:
        return "equal"
    if not difference.distinguishable:
        return "not distinguishable"
    return "better" if (difference.mean.mean > 0) is higher_is_better else "worse"


def _effect(values: NDArray[np.float64]) -> float | None:
    middle, spread = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    if spread >= _NO_SPREAD:
        return middle / spread
    return None if abs(middle) >= _NO_SPREAD else 0.0
