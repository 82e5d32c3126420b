"""What is deleted is gone, whatever happens meanwhile."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import operations
from api.bootstrap import Services
from api.openai.removal import remove_file, remove_upload
from api.openai.worker import SLICE, index
from ingest.errors import IndexLockedError
from ingest.library.pages import PageOf
from ingest.library.rows import AttachedFile, Task, Upload
from ingest.types import Section
from retrieval.types import Access
from tests.api.openai.conftest import services_on

ACCESS = Access("a")


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    with services_on(tmp_path) as opened:
        monkeypatch.setattr(opened._parser, "parse", lambda path: [Section("Thirty days.")])
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Services]:
    """Of another server, which has opened no collection."""
    with services_on(tmp_path) as opened:
        yield opened


def queued(services: Services, collection: str, *names: str) -> list[Upload]:
    """Files on their way into a store."""
    library = services.library
    uploads = [library.uploads.add("a", (), name, "assistants", io.BytesIO(b"Thirty days.")) for name in names]
    library.stores.add(collection, "a", collection, None, {})
    library.batches.add(collection, "a", (), [(upload, {}) for upload in uploads])
    return uploads


def work(services: Services) -> list[Task]:
    with services.library.batches.taken(SLICE) as tasks:
        if tasks:
            index(services, tasks, threading.Event())
    return tasks


def in_store(services: Services, collection: str) -> list[AttachedFile]:
    return services.library.files.page(collection, "a", (), PageOf())[0]


def locked(*_: object) -> None:
    raise IndexLockedError("Another process is writing.")


@pytest.mark.parametrize("indexed", [True, False])
def test_a_deletion_that_failed_is_not_called_done_when_it_is_repeated(
    services: Services, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    (upload,) = queued(services, "one", "a.txt")
    if indexed:
        work(services)
    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(IndexLockedError):
            patch.setattr(services.catalog, "writing", locked)
            remove_upload(services, upload.id, ACCESS)
        assert [file.id for file in in_store(services, "one")] == [upload.id]
    remove_upload(services, upload.id, ACCESS)
    assert (in_store(services, "one"), services.catalog.count()) == ([], 0)
    assert services.library.uploads.page("a", (), PageOf())[0] == []


def test_a_document_that_is_deleted_leaves_its_vector_store(services: Services) -> None:
    (upload,) = queued(services, "one", "a.txt")
    work(services)
    again = services.library.batches.add("one", "a", (), [(upload, {"year": 2025})])
    (file,) = in_store(services, "one")
    operations.delete(services, file.document_id, ACCESS)
    assert (in_store(services, "one"), work(services)) == ([], [])
    assert dict(services.library.batches.counts(again.id)) == {"cancelled": 1}


def test_what_another_server_deletes_while_it_is_read_is_never_found(
    services: Services, other: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(services, "one", "a.txt", "b.txt")
    file = in_store(services, "one")[0]
    found: list[bool] = []

    def parse(path: Path) -> list[Section]:
        if path.parent.name == file.id:
            remove_file(other, "one", file, ACCESS)
        return [Section("Thirty days.")]

    def settled(*_: object) -> None:
        found.append(services.catalog.get(file.document_id) is not None)

    monkeypatch.setattr(services._parser, "parse", parse)
    monkeypatch.setattr(services.library.batches.__class__, "settle", settled)
    work(services)
    assert (found, services.catalog.count()) == ([False, False], 1)
