"""Whoever stops the server does not wait for whole documents, nor for whole indexes."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import Services
from api.upkeep import ENOUGH_CHUNKS, Upkeep
from ingest.errors import UnavailableError
from ingest.types import Section
from tests.api.conftest import settings_for
from tests.api.shelf import put
from tests.eval.library import COLLECTION, library
from tests.fakes import HashEmbedder

LONG_S = 60.0
TEXT = "\n\n".join(f"# Rule {number}\n\nTickets of class {number} are booked." for number in range(20))


class WatchedEmbedder(HashEmbedder):
    """Calls `then` with each batch of documents."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        super().__init__(64)
        self._then, self.batches = then, 0

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches += 1
        self._then()
        return super().embed_documents(texts)


def services_on(folder: Path, embedder: HashEmbedder) -> Services:
    return Services(
        settings_for(folder / "data", ingestion={"batch_chunks": 4}, answers={"cross_encoder": False}),
        embedder=embedder,
    )


def test_a_document_that_is_being_embedded_ends_at_its_next_batch(tmp_path: Path) -> None:
    embedder = WatchedEmbedder(lambda: services.stop())
    with services_on(tmp_path, embedder) as services:
        with pytest.raises(UnavailableError, match="The server stops; send it again"):
            put(services, "rules.md", TEXT, "default")
        assert (embedder.batches, services.catalog.count()) == (1, 0)
    with services_on(tmp_path, again := WatchedEmbedder()) as services:
        put(services, "rules.md", TEXT, "default")
        assert again.batches > 2
        assert services.collection("default").store.count() == services.catalog.page("default", "default")[0].chunks


class SlowParser:
    """Parses until it is closed."""

    def __init__(self, *_: object) -> None:
        self.begun, self.closed = threading.Event(), threading.Event()

    def parse(self, path: Path) -> list[Section]:
        self.begun.set()
        self.closed.wait(LONG_S)
        raise UnavailableError("It was given up.")

    def close(self) -> None:
        self.closed.set()


def test_a_file_that_is_being_parsed_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = SlowParser()
    monkeypatch.setattr("ingest.isolation.IsolatedParser", lambda *_: parser)
    with services_on(tmp_path, HashEmbedder(64)) as services, ThreadPoolExecutor(1) as thread:
        reading = thread.submit(put, services, "rules.md", TEXT, "default")
        assert parser.begun.wait(LONG_S)
        services.stop()
        with pytest.raises(UnavailableError, match="given up"):
            reading.result(LONG_S / 2)


def test_the_application_says_when_requests_have_had_their_time(tmp_path: Path) -> None:
    with services_on(tmp_path, HashEmbedder(64)) as services:
        said = threading.Event()
        with TestClient(create_app(services, said.set)) as client:
            assert client.get("/health/live").status_code == 200
            assert not said.is_set()
        assert said.is_set()


def test_what_is_being_tidied_is_waited_for_only_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.upkeep.PATIENCE_S", 0.05)
    begun, may_end = threading.Event(), threading.Event()

    def tidy(name: str) -> None:
        begun.set()
        may_end.wait(LONG_S)

    upkeep = Upkeep(tidy, pause_s=0)
    upkeep.written("a", ENOUGH_CHUNKS)
    assert begun.wait(LONG_S)
    assert upkeep.close() == "a"
    may_end.set()


def test_an_index_that_is_still_being_tidied_is_not_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library(tmp_path / "data", {}) as shelf:
        tidied, other = shelf.collection.store, shelf.services.collection("other", create=True).store
        monkeypatch.setattr(shelf.services.upkeep, "close", lambda: COLLECTION)
        shelf.services.close()
        assert (tidied.gone(), other.gone()) == (False, True)
        tidied.close()
