"""Does the confidence tell right answers from wrong ones?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> NDArray[np.float64]:
    """Shape (questions, 2): coverage and risk when the k most confident answers are served, k = 1 .. questions.

    Coverage is k / questions, risk the share of wrong ones among them (El-Yaniv and Wiener, 2010). Equal confidences
    are served together: each has the risk of the whole group.
    """
    order = np.argsort(-np.asarray(confidence, float), kind="stable")
    sorted_confidence = np.asarray(confidence, float)[order]
    wrong = np.cumsum(~np.asarray(right, bool)[order])
    ranks = np.arange(1, len(order) + 1)
    last = np.searchsorted(-sorted_confidence, -sorted_confidence, side="right") - 1 if len(order) else ranks - 1
    return np.column_stack([ranks / max(len(order), 1), (wrong / ranks)[last]]) if len(order) else np.zeros((0, 2))


def area_under_risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Mean risk over the coverages (Geifman and El-Yaniv, 2017): 0 is best; 0.0 of no questions."""
    curve = risk_coverage(confidence, right)
    return float(curve[:, 1].mean()) if len(curve) else 0.0


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Mean over the answers of |accuracy - mean confidence| of their bin; bins of equal width (Naeini et al., 2015)."""
    if not len(confidence):
        return 0.0
    values, hits = np.asarray(confidence, float), np.asarray(right, float)
    numbers = np.minimum((values * bins).astype(int), bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    gaps = np.abs(np.bincount(numbers, hits, bins) - np.bincount(numbers, values, bins))
    return float(gaps[counts > 0].sum() / len(values))
