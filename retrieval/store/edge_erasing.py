"""Text of deleted documents out of the embedded engine's files.

The engine only marks what is deleted: the text stays in its segment until a fifth of that is deleted, and in the
write-ahead log until much more has been written. So a deletion leaves a note beside the index. Where there is one when
the index is opened, the engine is told to write every segment anew that holds anything deleted, which it does when it
is next tidied, and the log is filled with nothing until it has let go of its old parts. The engine takes that advice
when it loads, from its own file, and keeps it until it is loaded again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as qdrant

from retrieval.filters import AnyOf
from retrieval.store import layout
from retrieval.store.edge_disk import disk_errors
from retrieval.store.edge_filters import filter_of

_NOTE = "deleted"
_CONFIG = "edge_config.json"
_USUAL = {"deleted_threshold": None, "vacuum_min_vector_number": None}
_THOROUGH = {"deleted_threshold": 1e-9, "vacuum_min_vector_number": 1}
_LOG_BYTES = 96 * 2**20
"""The log has files of 32 MiB and keeps the last one that is full."""
_PIECE_BYTES = 4 * 2**20
_NOBODY = filter_of(AnyOf(layout.DOCUMENT_ID, ("",)))


def note_deletion(folder: Path) -> None:
    """Before it happens."""
    with disk_errors(folder):
        (folder / _NOTE).touch()


def prepare(folder: Path) -> None:
    """Before the index in `folder` is loaded."""
    path = folder / "shard" / _CONFIG
    with disk_errors(folder):
        config = _read(path)
        wanted = {**config.get("optimizers", {}), **(_THOROUGH if _noted(folder) else _USUAL)}
        if config and config.get("optimizers") != wanted:
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps({**config, "optimizers": wanted}))
            draft.replace(path)


@contextmanager
def erasing(folder: Path, shard: qdrant.EdgeShard) -> Iterator[None]:
    """Round tidying. What is deleted meanwhile is left to the next time."""
    noted = _noted(folder)
    yield
    advised = _read(folder / "shard" / _CONFIG).get("optimizers", {})
    if noted and advised.get("deleted_threshold") == _THOROUGH["deleted_threshold"]:
        _push_log(shard)
        with disk_errors(folder):
            if _noted(folder) == noted:
                (folder / _NOTE).unlink(missing_ok=True)


def _push_log(shard: qdrant.EdgeShard) -> None:
    nothing = qdrant.UpdateOperation.delete_payload_by_filter(_NOBODY, ["x" * _PIECE_BYTES])
    for _ in range(2):  # what is full is let go of at the second flush
        for _ in range(_LOG_BYTES // _PIECE_BYTES // 2):
            shard.update(nothing)
        shard.flush()


def _noted(folder: Path) -> int:
    """Nanoseconds since 1970; 0 where nothing was deleted."""
    note = folder / _NOTE
    return note.stat().st_mtime_ns if note.exists() else 0


def _read(path: Path) -> dict[str, dict[str, object]]:
    """Nothing where the engine will say what is wrong with it."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
