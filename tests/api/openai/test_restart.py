"""What a server leaves behind is taken up by the next one."""

import io
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from openai import OpenAI
from openai.types.vector_stores import VectorStoreFileBatch

from api.bootstrap import Services
from api.openai.worker import MOST_ATTEMPTS, SLICE, index
from ingest.errors import CitewellError, UnavailableError
from ingest.library.rows import Task
from retrieval.http import RefusedError
from tests.api.openai.conftest import client_of, services_on, serving
from tests.api.test_server import listening, start
from tests.fakes import HashEmbedder


class GatedEmbedder(HashEmbedder):
    """Waits for its gate, but for the first `free` calls; a slice takes one."""

    def __init__(self, free: int) -> None:
        super().__init__(64)
        self._free, self.gate = free, threading.Event()

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._free -= 1
        assert self._free >= 0 or self.gate.wait(60)
        return super().embed_documents(texts)


class MoodyEmbedder(HashEmbedder):
    """Fails with these, one a call, then works."""

    def __init__(self, *errors: CitewellError) -> None:
        super().__init__(64)
        self.errors = list(errors)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.errors:
            raise self.errors.pop(0)
        return super().embed_documents(texts)


def begun(client: OpenAI, files: int) -> tuple[VectorStoreFileBatch, list[str]]:
    ids = [client.files.create(file=(f"{n}.txt", f"Item {n}".encode()), purpose="assistants").id for n in range(files)]
    store = client.vector_stores.create(name="restarted").id
    return client.vector_stores.file_batches.create(store, file_ids=ids), ids


def begun_by_nobody(services: Services) -> list[Task]:
    """Tasks that somebody took and died with."""
    with services.library.batches.taken(SLICE) as tasks:
        return tasks


def until_some_are_done(client: OpenAI, batch: VectorStoreFileBatch) -> VectorStoreFileBatch:
    until = time.monotonic() + 60
    while True:
        now = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=batch.vector_store_id)
        if now.file_counts.completed or now.status != "in_progress":
            return now
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_batch_goes_on_after_a_restart(tmp_path: Path) -> None:
    slow = GatedEmbedder(1)
    with services_on(tmp_path, slow) as services, serving(services) as url, client_of(url, "a") as client:
        batch, ids = begun(client, 3 * SLICE)
        half = until_some_are_done(client, batch)
        threading.Timer(0.5, slow.gate.set).start()  # by then the server is being stopped
        assert half.status == "in_progress"
    with services_on(tmp_path) as services, serving(services) as url, client_of(url, "a") as client:
        done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=batch.vector_store_id)
        assert (done.status, done.file_counts.completed) == ("completed", len(ids))
        assert services.catalog.count() == len(ids)


def test_a_cancelled_batch_leaves_out_what_was_not_begun(tmp_path: Path) -> None:
    slow = GatedEmbedder(1)
    with services_on(tmp_path, slow) as services, serving(services) as url, client_of(url, "a") as client:
        batch, ids = begun(client, 3 * SLICE)
        until_some_are_done(client, batch)
        client.vector_stores.file_batches.cancel(batch.id, vector_store_id=batch.vector_store_id)
        slow.gate.set()
        done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=batch.vector_store_id)
        counts = done.file_counts
        assert (done.status, counts.in_progress) == ("cancelled", 0)
        assert counts.completed + counts.cancelled == len(ids)
        assert counts.cancelled
        assert services.catalog.count() == counts.completed
        store = client.vector_stores.retrieve(batch.vector_store_id)
        assert (store.file_counts.completed, store.file_counts.cancelled) == (counts.completed, counts.cancelled)


def test_what_leaves_the_store_while_it_is_indexed_is_not_found(tmp_path: Path) -> None:
    slow = GatedEmbedder(0)
    with services_on(tmp_path, slow) as services, serving(services) as url, client_of(url, "a") as client:
        batch, ids = begun(client, SLICE)
        store = batch.vector_store_id
        threading.Timer(0.5, slow.gate.set).start()  # the deletion waits for whoever has begun
        client.vector_stores.files.delete(ids[0], vector_store_id=store)
        client.vector_stores.file_batches.poll(batch.id, vector_store_id=store)
        client.vector_stores.files.create_and_poll(ids[1], vector_store_id=store)  # one slice later
        assert services.catalog.count() == SLICE - 1
        client.vector_stores.delete(store)
        assert services.catalog.count() == 0


def test_a_file_that_the_server_dies_of_again_and_again_is_given_up(tmp_path: Path) -> None:
    with services_on(tmp_path) as services, serving(services) as url, client_of(url, "a") as client:
        store, library = client.vector_stores.create().id, services.library
        file_id = client.files.create(file=("killer.txt", b"Leave."), purpose="assistants").id
        upload = library.uploads.get(file_id, "a", ())
        batch = library.batches.add(store.removeprefix("vs_"), "a", (), [(upload, {})])
        for attempt in range(1, MOST_ATTEMPTS + 1):
            (task,) = begun_by_nobody(services)
            assert task.attempts == attempt
        index(services, begun_by_nobody(services), threading.Event())
        file = client.vector_stores.files.retrieve(file_id, vector_store_id=store)
        assert file.last_error is not None
        assert (file.status, file.last_error.code) == ("failed", "server_error")
        assert "stopped 3 times while it read killer.txt" in file.last_error.message
        done = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store)
        assert (done.status, done.file_counts.failed) == ("failed", 1)


def test_bytes_that_are_lost_are_no_fault_of_the_file(tmp_path: Path) -> None:
    with services_on(tmp_path) as services:
        library = services.library
        upload = library.uploads.add("a", (), "a.txt", "assistants", io.BytesIO(b"Leave."))
        library.batches.add("one", "a", (), [(upload, {})])
        tasks = begun_by_nobody(services)
        library.uploads.kept(upload).unlink()
        index(services, tasks, threading.Event())
        file = library.files.get("one", "a", (), upload.id)
        assert (file.status, file.error_code) == ("failed", "server_error")


def test_a_stop_leaves_nothing_of_what_has_left_the_store(tmp_path: Path) -> None:
    with services_on(tmp_path) as services, serving(services) as url, client_of(url, "a") as client:
        store, library = client.vector_stores.create().id.removeprefix("vs_"), services.library
        files = [client.files.create(file=(f"{n}.txt", b"Leave."), purpose="assistants").id for n in range(3)]
        library.batches.add(store, "a", (), [(library.uploads.get(one, "a", ()), {}) for one in files])
        tasks, stopping = begun_by_nobody(services), threading.Event()
        library.files.remove([library.files.get(store, "a", (), tasks[1].file_id).document_id])
        stopping.set()
        index(services, tasks, stopping)
        assert services.catalog.count() == 2
        assert [(task.file_id, task.attempts) for task in begun_by_nobody(services)] == [(tasks[2].file_id, 1)]


def test_a_deletion_waits_for_whoever_is_just_indexing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with services_on(tmp_path) as services, serving(services) as url, client_of(url, "a") as client:
        store, library = client.vector_stores.create().id.removeprefix("vs_"), services.library
        file_id = client.files.create(file=("a.txt", b"Leave."), purpose="assistants").id
        library.batches.add(store, "a", (), [(library.uploads.get(file_id, "a", ()), {})])
        removed: list[str] = []  # what the ingestor, which waits, is asked for

        def remove(ids: Sequence[str], also: object) -> None:
            removed.extend(ids)

        monkeypatch.setattr(services.collection(store, create=True).ingestor, "remove", remove)
        document_id = library.files.get(store, "a", (), file_id).document_id
        client.vector_stores.files.delete(file_id, vector_store_id=f"vs_{store}")
        assert removed == [document_id]


def test_what_another_server_leaves_behind_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.openai.worker._LOOK_S", 0.05)
    with services_on(tmp_path) as services, serving(services) as url, client_of(url, "a") as client:
        store, library = client.vector_stores.create().id, services.library
        file_id = client.files.create(file=("a.txt", b"Leave."), purpose="assistants").id
        library.batches.add(store.removeprefix("vs_"), "a", (), [(library.uploads.get(file_id, "a", ()), {})])
        assert client.vector_stores.files.poll(file_id, vector_store_id=store).status == "completed"


def test_an_outage_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.openai.worker._PAUSE_S", 0.05)
    moody = MoodyEmbedder(*(UnavailableError("Nobody answers; look.") for _ in range(MOST_ATTEMPTS + 2)))
    with services_on(tmp_path, moody) as services, serving(services) as url, client_of(url, "a") as client:
        batch, ids = begun(client, 3)
        done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=batch.vector_store_id)
        assert (done.status, done.file_counts.completed, moody.errors) == ("completed", len(ids), [])


def test_a_server_that_refuses_is_not_asked_again(tmp_path: Path) -> None:
    moody = MoodyEmbedder(RefusedError("The server refuses the key; look."))
    with services_on(tmp_path, moody) as services, serving(services) as url, client_of(url, "a") as client:
        batch, ids = begun(client, 2)
        done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=batch.vector_store_id)
        assert (done.status, done.file_counts.failed) == ("failed", len(ids))


@pytest.mark.slow
def test_a_batch_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    process = start(tmp_path / "data")
    client = client_of(f"{listening(process)}/v1", "any")
    batch, ids = begun(client, 5 * SLICE)
    half = until_some_are_done(client, batch)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    assert half.status == "in_progress"
    again = start(tmp_path / "data")
    try:
        client = client_of(f"{listening(again)}/v1", "any")
        done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=batch.vector_store_id)
        assert (done.status, done.file_counts.completed) == ("completed", len(ids))
        found = client.vector_stores.search(batch.vector_store_id, query="Item 77", max_num_results=1)
        assert found.data[0].content[0].text == "Item 77"
    finally:
        again.kill()
        again.wait()
        assert again.stderr is not None
        again.stderr.close()
