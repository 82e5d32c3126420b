"""What is deleted leaves the files of the embedded engine when it is next opened and tidied."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ingest.types import Chunk
from retrieval.store.edge import EdgeStore
from tests.contracts.conftest import DIMENSION, IDENTITY, READER, chunk

SECRET = "zebraquark"


@contextmanager
def opened(folder: Path) -> Iterator[EdgeStore]:
    store = EdgeStore(folder, IDENTITY, reserve=0)
    try:
        yield store
    finally:
        store.close()


def put(store: EdgeStore, *chunks: Chunk) -> None:
    store.upsert(chunks, np.eye(len(chunks), DIMENSION, dtype=np.float32))


def holding(folder: Path) -> set[str]:
    """Parts of the index that hold the secret."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).parts[1] for file in files if SECRET.encode() in file.read_bytes()}


def advice(folder: Path) -> object:
    config = json.loads((folder / "shard" / "edge_config.json").read_text())
    return config["optimizers"]["deleted_threshold"]


@pytest.mark.slow
def test_what_is_deleted_is_erased_when_it_is_next_opened_and_tidied(tmp_path: Path) -> None:
    kept = chunk("Other words.", "kept")
    with opened(tmp_path) as store:
        put(store, kept, chunk(f"The {SECRET} is here.", "gone"))
        store.delete(["gone"])
        store.optimize()
    assert holding(tmp_path) == {"segments", "wal"}
    with opened(tmp_path) as store:
        assert advice(tmp_path) is not None
        store.optimize()
        assert holding(tmp_path) == set()
        assert store.fetch([kept.id], READER) == [kept]
    with opened(tmp_path) as store:
        assert advice(tmp_path) is None
        assert store.fetch([kept.id], READER) == [kept]
        put(store, kept)  # and it can be written on
        assert store.count() == 1


def test_what_is_deleted_while_it_is_tidied_is_left_to_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval.store import edge_erasing

    with opened(tmp_path) as store:
        put(store, chunk("One.", "one"), chunk("Two.", "two"))
        store.delete(["one"])
    with opened(tmp_path) as store:
        monkeypatch.setattr(edge_erasing, "_push_log", lambda shard: os.utime(tmp_path / "deleted", ns=(1, 1)))
        store.optimize()
        assert (tmp_path / "deleted").exists()
        monkeypatch.setattr(edge_erasing, "_push_log", lambda shard: None)
        store.optimize()
        assert not (tmp_path / "deleted").exists()


def test_an_index_of_which_nothing_is_deleted_is_tidied_as_before(tmp_path: Path) -> None:
    for _ in range(2):
        with opened(tmp_path) as store:
            put(store, chunk("One.", "one"))
            store.optimize()
            assert (advice(tmp_path), (tmp_path / "deleted").exists()) == (None, False)
