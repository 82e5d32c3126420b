"""When indexes are tidied, and that nothing is tidied after the end."""

import logging
import threading
from functools import partial
from pathlib import Path

import pytest

from api.bootstrap import Services
from api.ingestion import IngestRequest, ingest_files
from api.upkeep import ENOUGH_CHUNKS, Upkeep
from ingest.errors import UnavailableError
from tests.api.conftest import Upload, settings_for
from tests.eval.library import COLLECTION, library
from tests.fakes import HashEmbedder

LONG_S = 60.0


class Recorded:
    """Notes what is tidied; `done` is set by the first."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.done = threading.Event()

    def __call__(self, name: str) -> None:
        self.names.append(name)
        self.done.set()


@pytest.fixture
def tidied() -> Recorded:
    return Recorded()


def test_many_small_uploads_are_tidied_once_after_them(tidied: Recorded) -> None:
    upkeep = Upkeep(tidied, pause_s=1)
    for _ in range(20):
        upkeep.written("a", ENOUGH_CHUNKS // 10)
    assert tidied.names == []
    assert tidied.done.wait(LONG_S)
    upkeep.close()
    assert tidied.names == ["a"]


def test_few_chunks_are_left_alone(tidied: Recorded) -> None:
    upkeep = Upkeep(tidied, pause_s=0.01)
    upkeep.written("a", ENOUGH_CHUNKS - 1)
    upkeep.written("b", ENOUGH_CHUNKS)
    assert tidied.done.wait(LONG_S)
    upkeep.close()
    assert tidied.names == ["b"]


def test_very_many_do_not_wait_for_a_pause(tidied: Recorded) -> None:
    upkeep = Upkeep(tidied, pause_s=LONG_S)
    upkeep.written("a", ENOUGH_CHUNKS * 20)
    assert tidied.done.wait(LONG_S / 2)
    upkeep.close()


def test_nothing_is_begun_after_the_end(tidied: Recorded) -> None:
    upkeep = Upkeep(tidied, pause_s=LONG_S)
    upkeep.written("a", ENOUGH_CHUNKS)
    upkeep.close()
    upkeep.written("b", ENOUGH_CHUNKS * 20)  # of which none would wait
    assert not tidied.done.wait(0.2)


def test_the_end_waits_for_what_is_being_tidied() -> None:
    begun, may_end, closed = threading.Event(), threading.Event(), threading.Event()

    def tidy(name: str) -> None:
        begun.set()
        may_end.wait(LONG_S)

    def close() -> None:
        upkeep.close()
        closed.set()

    upkeep = Upkeep(tidy, pause_s=0)
    upkeep.written("a", ENOUGH_CHUNKS)
    assert begun.wait(LONG_S)
    closing = threading.Thread(target=close)
    closing.start()
    assert not closed.wait(0.1)
    may_end.set()
    assert closed.wait(LONG_S)
    closing.join()


def test_a_failure_is_one_line_of_the_log_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    tidied = Recorded()

    def tidy(name: str) -> None:
        if name == "a":
            raise UnavailableError("The disk is full: make room.")
        tidied(name)

    upkeep = Upkeep(tidy, pause_s=0.01)
    with caplog.at_level(logging.WARNING):
        upkeep.written("a", ENOUGH_CHUNKS)
        upkeep.written("b", ENOUGH_CHUNKS)
        assert tidied.done.wait(LONG_S)
        upkeep.close()
    assert tidied.names == ["b"]
    assert caplog.messages == ["The index of collection 'a' was not tidied: The disk is full: make room."]


def test_a_collection_is_tidied_after_what_a_crash_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library(tmp_path / "data", {}) as shelf:
        shelf.put("a.txt", "alpha")
        shelf.services.catalog.begin(COLLECTION, ["never-written"])
        calls: list[int] = []
        monkeypatch.setattr(shelf.collection.store, "optimize", lambda: calls.append(1))
        shelf.services.tidy(COLLECTION)
        shelf.services.tidy("absent")
        assert calls == [1]
        assert shelf.services.catalog.unfinished(COLLECTION) == []
        assert shelf.collection.store.count() == 1


def test_uploads_are_counted(
    upload: Upload, services: Services, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr(services.upkeep, "written", lambda name, chunks: counted.append((name, chunks)))
    for text in ("One.", "One.", ""):
        upload("a.txt", text)
    assert counted == [(collection, 1)]


def test_an_ingestion_is_reported_where_the_index_cannot_be_tidied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: object) -> None:
        raise UnavailableError("The disk has 1 MiB free, 2 are needed: make room.")

    monkeypatch.setattr("retrieval.store.edge.EdgeStore.optimize", full)
    monkeypatch.setattr("api.ingestion.Services", partial(Services, embedder=HashEmbedder()))
    (tmp_path / "a.txt").write_text("alpha")
    settings = settings_for(tmp_path / "data", answers={"cross_encoder": False})
    request = IngestRequest((str(tmp_path / "a.txt"),), COLLECTION, "default")
    assert ingest_files(settings, request, lambda snapshot: None).indexed == 1
    assert caplog.messages == [
        f"The index of collection '{COLLECTION}' was not tidied: The disk has 1 MiB free, 2 are needed: make room."
    ]
