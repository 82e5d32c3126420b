"""Indexes that are gone while the catalog is not, or that a deletion has left."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from api import operations
from api.bootstrap import Services
from ingest.errors import UnavailableError
from ingest.pipeline import Label
from ingest.ports import Embedder
from retrieval.types import Access
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


def test_who_waits_to_delete_one_collection_holds_up_no_other(tmp_path: Path) -> None:
    with (
        Services(
            settings_for(tmp_path / "data", answers={"cross_encoder": False}), embedder=HashEmbedder()
        ) as services,
        ThreadPoolExecutor(1) as pool,
    ):
        services.collection("a", create=True)
        with services.catalog.writing("a"):
            waiting = pool.submit(services.drop, "a")
            other = threading.Thread(target=services.collection, args=("b", True))
            other.start()
            other.join(20)
            assert [one.name for one in services.opened()] == ["a", "b"]
            assert not waiting.done()
        waiting.result()
        assert [one.name for one in services.opened()] == ["b"]


def test_a_server_opens_some_collections_at_the_start_and_others_when_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path / "data", answers={"cross_encoder": False})
    with Services(settings, embedder=HashEmbedder()) as services:
        for name in "abc":
            label, reader = Label.of("default", (), {}), Access("default")
            operations.upload(services, "a.txt", BytesIO(b"leave"), name, label, reader)
    monkeypatch.setattr("api.bootstrap.AT_START", 2)
    with Services(settings, embedder=HashEmbedder()) as services:
        due: list[str] = []
        monkeypatch.setattr(services.upkeep, "written", lambda name, chunks: due.append(name))
        services.warm_up()
        assert [one.name for one in services.opened()] == ["a", "b"]
        assert services.open_all() == {}
        assert services.collection("c").store.count() == 1
        assert due == ["a", "b", "c"]
