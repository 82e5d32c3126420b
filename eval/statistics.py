"""Is a difference more than chance?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 5000
CONFIDENCE = 0.95
_BATCH = 100
Verdict: TypeAlias = Literal["better", "worse", "not distinguishable", "equal"]


@dataclass(frozen=True)
class Estimate:
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Difference:
    """`metric` of a configuration minus that of the baseline, over the questions that both have.

    `p`: paired randomisation test, two-sided, corrected for the comparisons made beside it. `effect`: Cohen's d of
    the differences, mean / standard deviation (0 where nothing differs).
    """

    mean: Estimate
    p: float
    effect: float
    gained: int
    lost: int

    @property
    def distinguishable(self) -> bool:
        return self.p < 1 - CONFIDENCE


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


def differences(
    baseline: Mapping[str, float], others: Mapping[str, Mapping[str, float]], seed: int
) -> dict[str, Difference]:
    """Name -> difference from the baseline; p-values corrected over the names (Benjamini and Hochberg, 1995).

    `baseline` and each of `others`: question id -> value. Names without a common question are left out.
    """
    paired = {name: _paired(values, baseline) for name, values in others.items()}
    paired = {name: values for name, values in paired.items() if len(values)}
    raw = {name: randomisation_p(values, seed) for name, values in paired.items()}
    corrected: Sequence[float] = stats.false_discovery_control(list(raw.values())).tolist() if raw else []
    return {
        name: Difference(
            mean=estimate(values.tolist(), seed),
            p=float(p),
            effect=_effect(values),
            gained=int((values > 0).sum()),
            lost=int((values < 0).sum()),
        )
        for (name, values), p in zip(paired.items(), corrected, strict=True)
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


def _paired(values: Mapping[str, float], baseline: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([values[key] - baseline[key] for key in baseline if key in values], float)


def _effect(values: NDArray[np.float64]) -> float:
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return float(values.mean()) / spread if spread else 0.0
