"""What was fitted to one collection, beside the settings: `<data>/tuned/<collection>.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.errors import SettingsError


@dataclass(frozen=True)
class Tuned:
    """`dense_weight` takes the place of `retrieval.dense_weight`."""

    dense_weight: float | None = None


def load_tuned(data: Path, collection: str) -> Tuned:
    """Nothing where nothing was fitted.

    Raises:
        SettingsError: the file is damaged.
    """
    path = _path(data, collection)
    try:
        found = Tuned(**json.loads(path.read_text(encoding="utf-8")))
        if found.dense_weight is not None and not 0 <= found.dense_weight <= 1:
            raise ValueError("dense_weight must be between 0 and 1")
    except FileNotFoundError:
        return Tuned()
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            f"{path} cannot be used ({error}); delete it, or run `citewell tune fusion` again."
        ) from error
    return found


def save_tuned(tuned: Tuned, data: Path, collection: str) -> Path:
    """At one moment: a process that opens the collection meanwhile sees the old or the new."""
    path = _path(data, collection)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(tuned)) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def forget_tuned(data: Path, collection: str) -> None:
    _path(data, collection).unlink(missing_ok=True)


def _path(data: Path, collection: str) -> Path:
    return data / "tuned" / f"{collection}.json"
