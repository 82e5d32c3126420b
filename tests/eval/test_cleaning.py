"""What evaluations leave behind is deleted once nobody needs it."""

import os
from pathlib import Path
from time import time

import pytest

from eval import commands
from eval.experiment.cleaning import clean
from eval.experiment.indexes import DONE, collection_of
from eval.experiment.kept import FOLDER
from eval.experiment.runner import INDEXES
from ingest.catalog import Catalog, sqlite_url
from retrieval.store.lock import FolderLock


def index(data: Path, key: str, catalog: bool = True) -> Path:
    shard = data / INDEXES / key / "collections" / collection_of(key)
    shard.mkdir(parents=True)
    (shard / "vectors").write_bytes(b"x" * 100_000)
    if catalog:
        (data / INDEXES / key / "catalog.sqlite").touch()
    return shard


def test_indexes_that_were_searched_lately_or_are_in_use_or_elsewhere_stay(tmp_path: Path) -> None:
    used = FolderLock(index(tmp_path, "used"))
    FolderLock(index(tmp_path, "new")).release()
    for shard in (index(tmp_path, "old"), index(tmp_path, "server", catalog=False), tmp_path / INDEXES / "used"):
        os.utime(shard, (1, 1))
    os.utime(tmp_path / INDEXES / "used" / "collections" / "eval-used", (1, 1))
    found = clean(tmp_path, 30)
    used.release()
    assert sorted(path.name for path in (tmp_path / INDEXES).iterdir()) == ["new", "server", "used"]
    assert found.indexes == 1
    assert found.megabytes == pytest.approx(0.1, abs=0.05)
    assert "delete the collection eval-server there" in found.kept["server"]
    assert "is in use by this very process" in found.kept["used"]


def test_what_broke_off_before_a_collection_was_made_goes_and_what_a_server_may_hold_stays(tmp_path: Path) -> None:
    folders = {name: tmp_path / INDEXES / name for name in ("bare", "broken", "begun", "done")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    for name in ("broken", "begun", "done"):
        catalog = Catalog(sqlite_url(folders[name] / "catalog.sqlite"))
        if name == "begun":
            catalog.begin(collection_of(name), ["a"])
        catalog.close()
    (folders["done"] / DONE).write_text("{}")
    for folder in folders.values():
        os.utime(folder, (1, 1))
    found = clean(tmp_path, 30)
    assert found.indexes == 2
    assert sorted(path.name for path in (tmp_path / INDEXES).iterdir()) == ["begun", "done"]
    assert "delete the collection eval-begun there" in found.kept["begun"]
    assert clean(tmp_path, 30).kept.keys() == {"begun", "done"}


def test_what_a_run_may_just_be_beginning_stays(tmp_path: Path) -> None:
    folder = tmp_path / INDEXES / "new"
    folder.mkdir(parents=True)
    os.utime(folder, (time() - 60, time() - 60))
    assert clean(tmp_path, 0).kept == {"new": "a run may just be beginning it; clean again tomorrow"}
    assert folder.is_dir()


def test_unfinished_results_go_when_nobody_takes_them_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    for name in ("partial-old.json", "partial-new.json"):
        (folder / name).touch()
    os.utime(folder / "partial-old.json", (1, 1))
    commands.clean(tmp_path, 30)
    assert capsys.readouterr().out == "0 indexes (0.0 MB) and 1 unfinished results deleted\n"
    assert [path.name for path in folder.iterdir()] == ["partial-new.json"]


def test_there_is_nothing_to_clean(tmp_path: Path) -> None:
    assert clean(tmp_path / "typo", 30).indexes == 0
    assert not (tmp_path / "typo").exists()
