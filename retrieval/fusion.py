"""Pure functions that merge the rankings of two branches. A ranking is a list of (chunk id, score), best first."""

from collections.abc import Sequence
from typing import TypeAlias

Ranking: TypeAlias = Sequence[tuple[str, float]]


def minmax(dense: Ranking, bm25: Ranking, dense_weight: float) -> list[tuple[str, float]]:
    """Convex combination of scores scaled to [0, 1] within each branch (Bruch et al., "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2023). A chunk that one branch did not find scores 0 there."""
    fused: dict[str, float] = {}
    for ranking, weight in ((dense, dense_weight), (bm25, 1.0 - dense_weight)):
        for (key, _), score in zip(ranking, scaled([score for _, score in ranking]), strict=True):
            fused[key] = fused.get(key, 0.0) + weight * score
    return _ranked(fused)


def rrf(rankings: Sequence[Ranking], k: int) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: sum over the rankings of 1 / (k + rank), rank from 1 (Cormack et al., 2009)."""
    fused: dict[str, float] = {}
    for ranking in rankings:
        for rank, (key, _) in enumerate(ranking, start=1):
            fused[key] = fused.get(key, 0.0) + 1.0 / (k + rank)
    return _ranked(fused)


def scaled(scores: Sequence[float]) -> list[float]:
    """To [0, 1]; all 1 where they do not differ."""
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]


def _ranked(fused: dict[str, float]) -> list[tuple[str, float]]:
    """Best first; equal scores by id, so that a ranking never depends on the order of arrival."""
    return sorted(fused.items(), key=lambda item: (-item[1], item[0]))
