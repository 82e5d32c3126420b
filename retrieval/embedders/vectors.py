"""Vectors of unit length."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row of shape (n, dimension) at length 1, float32. A row of zeros - an average of no tokens - becomes one
    fixed direction, because a vector without direction cannot be ranked."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    nowhere = np.full(vectors.shape[1], vectors.shape[1] ** -0.5)
    return np.asarray(np.where(norms > 1e-12, vectors / np.maximum(norms, 1e-12), nowhere), np.float32)


def no_rows(dimension: int) -> NDArray[np.float32]:
    return np.zeros((0, dimension), np.float32)


def batches(texts: Sequence[str], size: int) -> list[list[str]]:
    return [list(texts[start : start + size]) for start in range(0, len(texts), size)]
