"""Finished results of a run that has not ended: the next attempt at it goes on from them."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from time import time
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api.settings import Settings
from eval.environment import shown
from eval.experiment.outcomes import Result
from eval.experiment.sets import EvaluationSet
from eval.experiment.spec import ExperimentSpec
from ingest.whole import write_whole

FOLDER = Path("evaluations") / "unfinished"
"""Below the data folder."""
FRESH_S = 24 * 60 * 60
"""Servers of models, which take part too, change unseen; so what is older is measured again."""
_RESULT = TypeAdapter(Result)


class Kept:
    """One file a result, named by everything that decided it. `taken`: how many were found.

    Args:
        commit: of the code; nothing is taken up or kept where the code was changed since.
    """

    def __init__(self, folder: Path, commit: str) -> None:
        self._folder, self._commit = folder, commit
        self._mine: set[Path] = set()
        self.taken = 0

    def find(self, key: str) -> Result | None:
        path = self._path(key)
        try:
            if self._commit.endswith("-dirty") or time() - path.stat().st_mtime > FRESH_S:
                return None
            found = _RESULT.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None
        self._mine.add(path)
        self.taken += 1
        return found

    def keep(self, key: str, result: Result) -> None:
        """Where the disk does not take it, the run goes on all the same."""
        if self._commit.endswith("-dirty"):
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, _RESULT.dump_json(result))
        except OSError:
            return
        self._mine.add(path)

    def clear(self) -> None:
        """Once the run is saved."""
        for path in self._mine:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        known = hashlib.sha256(f"{self._commit} {version('citewell')} {key}".encode()).hexdigest()[:16]
        return self._folder / f"partial-{known}.json"


def key_of(
    name: str,
    settings: Settings,
    dataset: EvaluationSet,
    spec: ExperimentSpec,
    index: str,
    weights: Mapping[str, str],
    decided: Mapping[str, Any],
) -> str:
    """Everything but the code that decides what a configuration finds on a data set.

    Args:
        decided: what else does.
    """
    asked: dict[str, Any] = spec.model_dump(mode="json", include={"depth", "answers", "prices"})
    access = settings.access.model_dump(mode="json")
    known = [name, dataset.name, dataset.sha256, shown(settings), access, asked, index, dict(weights), dict(decided)]
    return json.dumps(known, sort_keys=True, default=str)
