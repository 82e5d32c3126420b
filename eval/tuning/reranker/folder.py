"""Where a reranker is made: all drafts in OUT/.work, the finished model in OUT."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from eval.tuning.reranker.mining import Listed
from ingest.errors import InvalidError
from ingest.whole import write_whole

WORK = ".work"
_DONE = ".done"
_KEY, _MINED = "key", "mined.jsonl"


class OutFolder:
    """One training. A run that was interrupted is gone on with by the same call.

    Args:
        key: of everything that decides what comes out.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.out, self.work, self._key = out, out / WORK, key

    @property
    def corpus(self) -> Path:
        return self.work / "corpus"

    def begin(self) -> None:
        """Raises InvalidError where the folder holds something else: nothing is overwritten."""
        if self.out.exists() and not self.out.is_dir():
            raise InvalidError(f"{self.out} is no folder; name another one with --out.")
        if not self.work.is_dir() and self.out.is_dir() and any(self.out.iterdir()):
            raise InvalidError(
                f"{self.out} holds a finished reranker or other files; name another folder with --out, or empty it."
            )
        self.work.mkdir(parents=True, exist_ok=True)
        stored = self.work / _KEY
        if not stored.exists():
            write_whole(stored, self._key)
        elif stored.read_text(encoding="utf-8") != self._key:
            raise InvalidError(
                f"{self.out} holds a training that was begun with other pairs, options or another model; go on with "
                f"those, or name another folder with --out."
            )

    def mined(self) -> dict[str, list[Listed]] | None:
        """The lists of each part, where they were found before."""
        path = self.work / _MINED
        if not path.exists():
            return None
        found: dict[str, list[Listed]] = {}
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            one = Listed(row["query"], tuple(row["texts"]), tuple(row["fused"]), row["right"])
            found.setdefault(row["part"], []).append(one)
        return found

    def keep(self, lists: Mapping[str, Sequence[Listed]]) -> None:
        rows = [{"part": part, **asdict(one)} for part, found in lists.items() for one in found]
        write_whole(self.work / _MINED, "".join(json.dumps(row) + "\n" for row in rows))

    def finish(self, model: Path) -> None:
        """The model moves into the folder; the drafts go last, so that an interruption can be made good."""
        shutil.copytree(model, self.out, dirs_exist_ok=True)
        done = self.out / _DONE
        self.work.rename(done)
        shutil.rmtree(done)
