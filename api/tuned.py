"""What was fitted to one collection, beside the settings: `<data>/tuned/<collection>.json`."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generation.confidence import NAMES, Confidence
from ingest.errors import SettingsError
from ingest.whole import write_whole


@dataclass(frozen=True)
class Abstention:
    """`confidence` takes the place of the built-in one, and `min_confidence` that of `answers.min_confidence`.

    `fitted_with`: the settings that decide what its traits mean; it is good for no others.
    """

    confidence: Confidence
    min_confidence: float
    fitted_with: Mapping[str, Any]


@dataclass(frozen=True)
class Tuned:
    """`dense_weight` takes the place of `retrieval.dense_weight`."""

    dense_weight: float | None = None
    abstention: Abstention | None = None


def load_tuned(data: Path, collection: str) -> Tuned:
    """Nothing where nothing was fitted.

    Raises:
        SettingsError: the file is damaged.
    """
    path = _path(data, collection)
    try:
        found = _read(**json.loads(path.read_text(encoding="utf-8")))
        if found.dense_weight is not None and not 0 <= found.dense_weight <= 1:
            raise ValueError("dense_weight must be between 0 and 1")
    except FileNotFoundError:
        return Tuned()
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"{path} cannot be used ({error}); delete it, or run `citewell tune` again.") from error
    return found


def save_tuned(tuned: Tuned, data: Path, collection: str) -> Path:
    """At one moment: a process that opens the collection meanwhile sees the old or the new."""
    path = _path(data, collection)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(tuned)) + "\n")
    return path


def forget_tuned(data: Path, collection: str) -> None:
    _path(data, collection).unlink(missing_ok=True)


def _read(dense_weight: float | None = None, abstention: dict[str, Any] | None = None) -> Tuned:
    return Tuned(dense_weight, _abstention(**abstention) if abstention else None)


def _abstention(confidence: dict[str, Any], min_confidence: float, fitted_with: dict[str, Any]) -> Abstention:
    found = Confidence(**confidence)
    if not isinstance(found.weights, dict) or not set(found.weights) <= set(NAMES):
        raise ValueError(f"weights must be of {', '.join(NAMES)}")
    if not all(map(math.isfinite, (found.bias, *found.weights.values()))):
        raise ValueError("weights must be finite")
    if not 0 <= min_confidence <= 1:
        raise ValueError("min_confidence must be between 0 and 1")
    return Abstention(found, min_confidence, fitted_with)


def _path(data: Path, collection: str) -> Path:
    return data / "tuned" / f"{collection}.json"
