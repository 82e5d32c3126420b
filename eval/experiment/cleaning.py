"""Deletes what evaluations leave: indexes that were not searched for long, and results of runs that never ended."""

import os
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time

from eval.experiment import kept
from eval.experiment.indexes import DONE, collection_of, megabytes
from eval.experiment.runner import INDEXES
from ingest.catalog import Catalog, sqlite_url
from ingest.errors import IndexLockedError, UnavailableError
from retrieval.store.lock import FolderLock

_CATALOG = "catalog.sqlite"


@dataclass(frozen=True)
class Cleaned:
    """`megabytes`: of the indexes that were deleted. `kept`: index -> why it was to go and did not."""

    indexes: int
    megabytes: float
    unfinished: int
    kept: dict[str, str] = field(default_factory=dict)


def clean(data: Path, days: int) -> Cleaned:
    """Deletes, of a data folder, the indexes that nobody opened in the last `days`, and unfinished results that are
    too old to be taken up. Reports stay. Indexes in use, and those that lie in a server, are left.
    """
    since = time() - days * 24 * 60 * 60
    freed, left = 0.0, {}
    gone = [path for path in sorted((data / INDEXES).glob("*/")) if _opened(path) < since]
    for folder in gone:
        size = megabytes(folder)
        if reason := _delete(folder):
            left[folder.name] = reason
        else:
            freed += size
    return Cleaned(len(gone) - len(left), round(freed, 1), _forget_unfinished(data), left)


def _shard(folder: Path) -> Path:
    return folder / "collections" / collection_of(folder.name)


def _opened(folder: Path) -> float:
    """When it was last: whoever opens it leaves a note in the shard."""
    shard = _shard(folder)
    return (shard if shard.is_dir() else folder).stat().st_mtime


def _delete(folder: Path) -> str:
    """Why it could not be; nothing where it was."""
    shard = _shard(folder)
    changed = folder.stat().st_mtime
    if _was_never_filled(folder):
        fresh = time() - changed < kept.FRESH_S
        return "a run may just be beginning it; clean again tomorrow" if fresh else _removed(folder)
    with suppress(OSError):
        os.utime(folder, (changed, changed))  # asking the catalog is no use of the index
    if not shard.is_dir() or not (folder / _CATALOG).is_file():
        return (
            f"its vectors or its catalog lie in a server; delete the collection {shard.name} there, and then {folder}"
        )
    try:
        lock = FolderLock(shard)
    except (IndexLockedError, OSError) as error:
        return str(error)
    (folder / DONE).unlink(missing_ok=True)  # whatever is left of it is no index any more
    lock.release()
    return _removed(folder)


def _was_never_filled(folder: Path) -> bool:
    """Whether a run broke off before anything was written: neither here nor, as its catalog would tell, in a server."""
    if _shard(folder).is_dir() or (folder / DONE).exists():
        return False
    if not (folder / _CATALOG).is_file():
        return not any(path.is_file() for path in folder.rglob("*"))
    try:
        with closing(Catalog(sqlite_url(folder / _CATALOG))) as catalog:
            return not catalog.count() and not catalog.unfinished(collection_of(folder.name))
    except UnavailableError:
        return False  # it is damaged


def _removed(folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    return f"not all of {folder} could be deleted; see who may write there" if folder.exists() else ""


def _forget_unfinished(data: Path) -> int:
    old = [path for path in (data / kept.FOLDER).glob("*.json") if time() - path.stat().st_mtime > kept.FRESH_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
