"""Vector stores, their files and batches, through the official client."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, OpenAI, PermissionDeniedError

from api.bootstrap import Services
from ingest.library.rows import Task
from tests.api.openai.conftest import client_of

Upload = Callable[[str, str], str]


def test_a_store_is_a_collection(client: OpenAI, upload: Upload, library: Services) -> None:
    store = client.vector_stores.create(name="Staff handbook", metadata={"owner": "hr"}, description="All of it.")
    assert store.id.startswith("vs_staff-handbook-")
    assert (store.object, store.name, store.metadata) == ("vector_store", "Staff handbook", {"owner": "hr"})
    assert (store.status, store.file_counts.total, store.usage_bytes) == ("completed", 0, 0)
    assert client.vector_stores.retrieve(store.id) == store
    folder = library.data / "collections" / store.id.removeprefix("vs_")
    assert folder.is_dir()
    assert client.vector_stores.search(store.id, query="leave").data == []

    changed = client.vector_stores.update(store.id, name="Handbook")
    assert (changed.id, changed.name, changed.metadata) == (store.id, "Handbook", {"owner": "hr"})
    assert client.vector_stores.update(store.id, metadata={}).metadata == {}

    file_id = upload("leave.txt", "Parental leave is thirty days.")
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    deleted = client.vector_stores.delete(store.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (store.id, True, "vector_store.deleted")
    assert not folder.exists()
    assert client.files.retrieve(file_id).filename == "leave.txt"
    with pytest.raises(NotFoundError, match="There is no vector store"):
        client.vector_stores.search(store.id, query="leave")
    with pytest.raises(NotFoundError):
        client.vector_stores.delete(store.id)


def test_an_empty_store_that_another_process_made_is_there(client: OpenAI, library: Services, tenant: str) -> None:
    made = library.library.stores.add(f"made-{tenant}", tenant, "Made", None, {})  # an index on a server has no folder
    assert client.vector_stores.search(f"vs_{made.collection}", query="leave").data == []


def test_stores_are_listed_in_pages(client: OpenAI) -> None:
    ids = [client.vector_stores.create(name="same").id for _ in range(3)]
    assert [store.id for store in client.vector_stores.list(limit=1, order="asc")] == ids
    before = client.vector_stores.list(before=ids[2], limit=1, order="asc")
    assert ([store.id for store in before.data], before.has_more) == ([ids[1]], True)
    assert [store.id for store in before] == [ids[1]]  # the client asks for more, with both cursors
    with pytest.raises(BadRequestError, match=r"limit"):
        client.vector_stores.list(limit=101)


def test_collections_that_were_filled_otherwise_are_stores(client: OpenAI, tenant: str, url: str) -> None:
    form = {"collection": f"other-{tenant}", "metadata": '{"year": 2025}'}
    headers = {"authorization": f"Bearer {tenant}"}
    files = {"file": ("a.txt", b"Parental leave.")}
    sent = httpx.post(f"{url}/documents", files=files, data=form, headers=headers, timeout=60)
    document_id = sent.json()["document_id"]
    (store,) = client.vector_stores.list()
    assert (store.id, store.name, store.file_counts.completed) == (f"vs_other-{tenant}", f"other-{tenant}", 1)
    (file,) = client.vector_stores.files.list(store.id)
    assert (file.id, file.status, file.attributes) == (f"file-{document_id}", "completed", {"year": 2025})
    (found,) = client.vector_stores.search(store.id, query="leave").data
    assert (found.file_id, found.filename, found.attributes) == (file.id, "a.txt", {"year": 2025})
    with pytest.raises(BadRequestError, match="was not uploaded through /v1/files"):
        client.vector_stores.files.update(file.id, vector_store_id=store.id, attributes={})
    assert client.vector_stores.update(store.id, name="Other").name == "Other"
    assert client.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert [one.name for one in client.vector_stores.list()] == ["Other"]
    assert client.vector_stores.files.list(store.id).data == []


def test_a_file_in_a_store(client: OpenAI, upload: Upload) -> None:
    store = client.vector_stores.create(name="x").id
    files = client.vector_stores.files
    file_id = upload("leave.md", "# Leave\n\nParental leave is thirty days.")
    made = files.create_and_poll(file_id, vector_store_id=store, attributes={"year": 2025, "draft": False})
    assert (made.id, made.object, made.vector_store_id) == (file_id, "vector_store.file", store)
    assert (made.status, made.last_error, made.attributes) == ("completed", None, {"year": 2025, "draft": False})
    assert made.usage_bytes > 0
    assert made.chunking_strategy is not None
    assert made.chunking_strategy.type == "static"
    assert files.retrieve(file_id, vector_store_id=store) == made
    assert "Parental leave is thirty days." in [part.text for part in files.content(file_id, vector_store_id=store)]

    changed = files.update(file_id, vector_store_id=store, attributes={"year": 2026})
    assert (changed.attributes, changed.status) == ({"year": 2026}, "completed")
    newer = {"type": "gt", "key": "year", "value": 2025}
    (found,) = client.vector_stores.search(store, query="leave", filters=newer).data  # type: ignore[arg-type]
    assert (found.file_id, found.attributes) == (file_id, {"year": 2026})

    again = files.create_and_poll(file_id, vector_store_id=store, attributes={"year": 2026})
    assert (again, client.vector_stores.retrieve(store).file_counts.total) == (changed, 1)

    deleted = files.delete(file_id, vector_store_id=store)
    assert (deleted.id, deleted.deleted, deleted.object) == (file_id, True, "vector_store.file.deleted")
    assert client.vector_stores.search(store, query="leave").data == []
    assert client.files.retrieve(file_id).id == file_id
    with pytest.raises(NotFoundError, match="There is no file"):
        files.retrieve(file_id, vector_store_id=store)


def test_a_deleted_file_leaves_all_stores(client: OpenAI, upload: Upload) -> None:
    file_id = upload("leave.txt", "Parental leave is thirty days.")
    stores = [client.vector_stores.create(file_ids=[file_id]).id for _ in range(2)]
    for store in stores:
        client.vector_stores.files.poll(file_id, vector_store_id=store)
        assert client.vector_stores.search(store, query="leave").data
    client.files.delete(file_id)
    assert [client.vector_stores.search(store, query="leave").data for store in stores] == [[], []]
    assert client.vector_stores.retrieve(stores[0]).file_counts.total == 0


def test_a_file_that_cannot_be_read_fails_alone_and_says_why(client: OpenAI, tmp_path: Path) -> None:
    store = client.vector_stores.create(name="mixed").id
    good = [("a.txt", b"Parental leave."), ("b.md", b"# Hours\n\nNine to six.")]
    bad = [("empty.txt", b""), ("photo.xyz", b"?"), ("broken.pdf", b"%PDF-1.7 no")]
    batch = client.vector_stores.file_batches.upload_and_poll(store, files=[*good, *bad])
    assert (batch.status, batch.object, batch.vector_store_id) == ("completed", "vector_store.files_batch", store)
    counts = batch.file_counts
    assert (counts.completed, counts.failed, counts.in_progress, counts.total) == (2, 3, 0, 5)
    failed = client.vector_stores.files.list(store, filter="failed")
    errors = {client.files.retrieve(one.id).filename: one.last_error for one in failed}
    codes = {name: error.code for name, error in errors.items() if error}
    assert codes == {"empty.txt": "invalid_file", "photo.xyz": "unsupported_file", "broken.pdf": "invalid_file"}
    assert errors["empty.txt"] is not None
    assert errors["empty.txt"].message.startswith("empty.txt is empty")
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store, limit=2)
    assert len({file.id for file in listed}) == 5
    completed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store, filter="completed")
    assert len(completed.data) == 2


def test_files_of_a_batch_have_attributes_of_their_own(client: OpenAI, upload: Upload) -> None:
    store = client.vector_stores.create().id
    ids = [upload(f"{year}.txt", f"Report of {year}") for year in (2024, 2025)]
    files = [{"file_id": one, "attributes": {"rank": float(rank)}} for rank, one in enumerate(ids)]
    batch = client.vector_stores.file_batches.create_and_poll(store, files=files)  # type: ignore[arg-type]
    assert batch.file_counts.completed == 2
    found = client.vector_stores.search(store, query="report").data
    assert {one.file_id: one.attributes for one in found} == {ids[0]: {"rank": 0.0}, ids[1]: {"rank": 1.0}}
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    assert cancelled.status == "completed"  # there was nothing left to leave out


def test_what_could_not_be_indexed_anew_takes_other_attributes(
    client: OpenAI, upload: Upload, library: Services, tenant: str
) -> None:
    store, file_id = client.vector_stores.create().id, upload("a.txt", "Leave.")
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store, attributes={"year": 2025})
    collection, upload_of = store.removeprefix("vs_"), library.library.uploads.get(file_id, tenant, ())
    batch = library.library.batches.add(collection, tenant, (), [(upload_of, {"year": 2026})])  # nobody is told
    task = Task(batch.id, collection, tenant, (), file_id, "a.txt", 6, {"year": 2026}, 1)
    library.library.batches.settle(task, "failed", "server_error", "Why.")
    changed = client.vector_stores.files.update(file_id, vector_store_id=store, attributes={"year": 2027})
    assert (changed.status, changed.last_error, changed.attributes) == ("completed", None, {"year": 2027})
    (found,) = client.vector_stores.search(store, query="leave").data
    assert found.attributes == {"year": 2027}


@pytest.mark.slow
def test_five_hundred_ids_at_once(client: OpenAI, upload: Upload) -> None:
    ids = [upload(f"{number}.txt", f"Item {number} is stored in room {number}.") for number in range(500)]
    store = client.vector_stores.create(name="many").id
    started = client.vector_stores.file_batches.create(store, file_ids=ids, attributes={"kind": "room"})
    assert started.file_counts.total == 500
    batch = client.vector_stores.file_batches.poll(started.id, vector_store_id=store)
    assert (batch.status, batch.file_counts.completed) == ("completed", 500)
    assert {file.id for file in client.vector_stores.files.list(store, limit=100)} == set(ids)
    found = client.vector_stores.search(store, query="room 321", extra_body={"search_mode": "keyword"}).data
    assert found[0].file_id == ids[321]
    assert client.vector_stores.retrieve(store).file_counts.completed == 500


def test_unknown_ids_and_wrong_bodies(client: OpenAI, upload: Upload) -> None:
    store, file_id = client.vector_stores.create().id, upload("a.txt", "x")
    stores, batches = client.vector_stores, client.vector_stores.file_batches
    for unknown in ("vs_none", "none", store.upper()):
        with pytest.raises(NotFoundError):
            stores.retrieve(unknown)
    with pytest.raises(NotFoundError, match="'file-none'"):
        batches.create(store, file_ids=[file_id, "file-none"])
    with pytest.raises(NotFoundError, match="'vsfb_none'"):
        batches.retrieve("vsfb_none", vector_store_id=store)
    with pytest.raises(NotFoundError):
        stores.files.create("vs_none", file_id=file_id)
    with pytest.raises(BadRequestError, match="either file_ids or files"):
        batches.create(store)
    with pytest.raises(BadRequestError, match="chunking_strategy"):
        static = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}
        stores.files.create(store, file_id=file_id, chunking_strategy={"type": "static", "static": static})  # type: ignore[arg-type]
    with pytest.raises(BadRequestError, match="file_id is kept by the server"):
        stores.files.create(store, file_id=file_id, attributes={"file_id": "x"})
    with pytest.raises(BadRequestError, match="expires_after: unknown field"):
        stores.create(expires_after={"anchor": "last_active_at", "days": 1})
    with pytest.raises(BadRequestError):
        stores.files.create(store, file_id=file_id, attributes={f"k{number}": 1 for number in range(17)})
    assert stores.files.list(store).data == []


def test_tenants_and_groups_are_kept_apart(client: OpenAI, upload: Upload, url: str, tenant: str) -> None:
    file_id = upload("leave.txt", "Parental leave is thirty days.")
    store = client.vector_stores.create(name="mine", file_ids=[file_id]).id
    client.vector_stores.files.poll(file_id, vector_store_id=store)
    with client_of(url, f"{tenant}-other") as other:
        assert (other.files.list().data, other.vector_stores.list().data) == ([], [])
        theirs = other.vector_stores.create().id
        for call in (
            lambda: other.files.retrieve(file_id),
            lambda: other.files.content(file_id),
            lambda: other.files.delete(file_id),
            lambda: other.vector_stores.retrieve(store),
            lambda: other.vector_stores.delete(store),
            lambda: other.vector_stores.update(store, name="stolen"),
            lambda: other.vector_stores.search(store, query="leave"),
            lambda: other.vector_stores.files.list(store),
            lambda: other.vector_stores.files.create(theirs, file_id=file_id),
        ):
            with pytest.raises(NotFoundError):
                call()
    with client_of(url, f"{tenant}:hr") as hr:
        secret = hr.files.create(file=("pay.txt", b"Leave pay of the director."), purpose="assistants").id
        assert hr.vector_stores.files.create_and_poll(secret, vector_store_id=store).status == "completed"
        assert hr.vector_stores.retrieve(store).file_counts.total == 2
    assert client.vector_stores.retrieve(store).file_counts.total == 1
    assert [file.id for file in client.files.list()] == [file_id]
    assert [file.id for file in client.vector_stores.files.list(store)] == [file_id]
    assert [found.file_id for found in client.vector_stores.search(store, query="leave")] == [file_id]
    with pytest.raises(PermissionDeniedError, match="may not read"):
        client.vector_stores.delete(store)


def test_a_store_with_files_of_others_stays_before_they_are_indexed(
    client: OpenAI, library: Services, url: str, tenant: str
) -> None:
    store = client.vector_stores.create().id
    with client_of(url, f"{tenant}:hr") as hr:
        secret = hr.files.create(file=("pay.txt", b"Pay."), purpose="assistants").id
        upload = library.library.uploads.get(secret, tenant, ("hr",))
        library.library.batches.add(store.removeprefix("vs_"), tenant, ("hr",), [(upload, {})])  # nobody is told
        with pytest.raises(PermissionDeniedError, match="may not read"):
            client.vector_stores.delete(store)
        assert hr.vector_stores.delete(store).deleted


def test_attributes_wait_until_the_file_is_indexed(client: OpenAI, upload: Upload, library: Services) -> None:
    store, file_id = client.vector_stores.create().id, upload("a.txt", "Leave.")
    access = library.library.uploads.get(file_id, _tenant(client), ())
    library.library.batches.add(store.removeprefix("vs_"), access.tenant, (), [(access, {})])  # nobody is told
    with pytest.raises(InternalServerError, match="is being indexed"):
        client.vector_stores.files.update(file_id, vector_store_id=store, attributes={})
    client.vector_stores.create(file_ids=[upload("b.txt", "Hours.")])
    assert client.vector_stores.files.poll(file_id, vector_store_id=store).status == "completed"


def _tenant(client: OpenAI) -> str:
    return client.api_key
