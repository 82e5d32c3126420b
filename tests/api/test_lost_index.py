"""Indexes that are gone while the catalog is not, or that a deletion has left."""

import shutil
from pathlib import Path

import pytest

from api.bootstrap import Services
from ingest.errors import UnavailableError
from ingest.ports import Embedder
from tests.api.conftest import Run, settings_for
from tests.fakes import HashEmbedder


def test_a_lost_index_is_told_and_ingesting_again_mends_it(tmp_path: Path, minilm: Embedder, run: Run) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Garden\n\nThe garden opens at seven.\n")
    data = ["--data", str(tmp_path / "data")]
    assert run("ingest", str(note), *data).code == 0
    shutil.rmtree(tmp_path / "data" / "collections")
    lost = run("search", "garden", *data)
    assert lost.code == 1
    assert "lists 1 documents; restore" in lost.err
    assert run("ingest", str(note), *data).out.startswith("1 indexed")
    assert "opens at seven" in run("search", "garden", *data).out


def test_an_index_that_could_not_be_deleted_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    with Services(
        settings_for(tmp_path / "data", answers={"cross_encoder": False}), embedder=HashEmbedder()
    ) as services:
        services.collection("a", create=True)
        with monkeypatch.context() as patch, pytest.raises(UnavailableError):
            patch.setattr(Path, "rename", refused)
            services.drop("a")
        assert services.collection("a").store.count() == 0


def test_an_index_that_cannot_be_closed_keeps_nothing_else_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        raise UnavailableError("The disk is full: make room.")

    services = Services(settings_for(tmp_path / "data", answers={"cross_encoder": False}), embedder=HashEmbedder())
    stores = [services.collection(name, create=True).store for name in "abc"]
    with monkeypatch.context() as patch:
        patch.setattr(stores[1], "close", refused)
        with pytest.raises(UnavailableError, match="disk is full"):
            services.close()
    assert [one.gone() for one in stores] == [True, False, True]
    stores[1].close()
