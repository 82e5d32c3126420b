"""Whoever deletes what he lists, page by page, gets to the end."""

from collections.abc import Callable

import pytest
from openai import BadRequestError, OpenAI

from tests.api.openai.conftest import client_of

Upload = Callable[[str, str], str]


@pytest.fixture
def store(client: OpenAI) -> str:
    return client.vector_stores.create(name="paged").id


def test_stores_are_deleted_while_they_are_listed(client: OpenAI) -> None:
    made = {client.vector_stores.create().id for _ in range(5)}
    assert {client.vector_stores.delete(one.id).id for one in client.vector_stores.list(limit=2)} == made
    assert client.vector_stores.list().data == []


def test_files_are_deleted_while_they_are_listed(client: OpenAI, upload: Upload) -> None:
    made = [upload(f"{number}.txt", "x") for number in range(5)]
    assert [client.files.delete(one.id).id for one in client.files.list(limit=2, order="asc")] == made
    assert client.files.list().data == []


def test_files_of_a_store_are_taken_out_while_they_are_listed(client: OpenAI, upload: Upload, store: str) -> None:
    made = [upload(f"{number}.txt", f"Rule {number}.") for number in range(5)]
    client.vector_stores.file_batches.create_and_poll(store, file_ids=made)
    files = client.vector_stores.files
    assert {files.delete(one.id, vector_store_id=store).id for one in files.list(store, limit=2)} == {*made}
    assert files.list(store).data == []


def test_documents_that_were_ingested_are_taken_out_while_they_are_listed(
    client: OpenAI, url: str, tenant: str
) -> None:
    collection, headers = f"paged-{tenant}", {"authorization": f"Bearer {tenant}"}
    for number in range(3):
        file = (f"{number}.txt", f"Rule {number}.".encode())
        form = {"collection": collection}
        client._client.post(f"{url}/documents", files={"file": file}, data=form, headers=headers).raise_for_status()
    store, files = f"vs_{collection}", client.vector_stores.files
    gone = [files.delete(one.id, vector_store_id=store).id for one in files.list(store, limit=1)]
    assert len({*gone}) == 3


def test_files_of_a_batch_are_deleted_while_they_are_listed(client: OpenAI, upload: Upload, store: str) -> None:
    made = [upload(f"{number}.txt", f"Rule {number}.") for number in range(5)]
    batches = client.vector_stores.file_batches
    batch = batches.create_and_poll(store, file_ids=made).id
    listed = batches.list_files(batch, vector_store_id=store, limit=2)
    assert {client.files.delete(one.id).id for one in listed} == {*made}
    with pytest.raises(BadRequestError, match="is no id of this list"):
        batches.list_files(batch, vector_store_id=store, after="file-none")


def test_what_another_tenant_deleted_is_no_place_in_a_list(client: OpenAI, upload: Upload, url: str) -> None:
    gone = upload("a.txt", "x")
    client.files.delete(gone)
    with client_of(url, "stranger") as other, pytest.raises(BadRequestError, match="is no id of this list"):
        other.files.list(after=gone)
