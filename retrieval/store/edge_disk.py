"""What the embedded engine needs of its disk, and its failures in words that say what to do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import CitewellError, InvalidError, UnavailableError
from retrieval.store.layout import DENSE

_BLOCK = 4 * 2**20
RESERVE = 256 * 2**20
"""The engine maps files of 32 MiB, and the system kills a process that touches a map which the disk cannot back."""

_MEND = "check the disk, its free space and the folder's permissions, or restore it from a backup"


def require_space(folder: Path, needed: int) -> None:
    with disk_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed:
        raise UnavailableError(
            f"The disk of the index {folder} has {free // 2**20} MiB free, {needed // 2**20} are needed: make room."
        )


def size(folder: Path) -> int:
    """Bytes that the folder takes on the disk; the engine's files are sparse."""
    with disk_errors(folder):
        return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def read_ahead(shard: Path, vectors: bool) -> None:
    """Reads through what the engine is about to walk over in small steps while it loads, so that it finds it in the
    system's memory: an index of a million chunks opens in 3.4 s instead of 30 (disk of 200 MB/s, nothing in memory).

    Args:
        vectors: the full vectors as well; payloads and sparse vectors are read as they are needed.
    """
    with disk_errors(shard):
        for file in sorted(shard.rglob("*")):
            if file.is_file() and _is_loaded(file.relative_to(shard), vectors):
                with file.open("rb", buffering=0) as opened:
                    while opened.read(_BLOCK):
                        pass


def _is_loaded(file: Path, vectors: bool) -> bool:
    storage = next((part for part in file.parts if "_storage" in part), "")
    if not storage or file.name.startswith("quantized"):
        return True
    return vectors and storage == f"vector_storage-{DENSE}"


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"The index folder {folder} cannot be used ({error}): {_MEND}.") from error


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """The engine raises plain Exception for its own failures, ValueError and its kin for values it cannot take, and
    PanicException, which is not an Exception, where its files are damaged."""
    try:
        yield
    except CitewellError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidError(f"The index {folder} cannot take this value: {error}.") from error
    except Exception as error:
        raise UnavailableError(f"The index {folder} does not answer ({error}): {_MEND}.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnavailableError(f"The index {folder} is damaged ({error}): {_MEND}.") from error
