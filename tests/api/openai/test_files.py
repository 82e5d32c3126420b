"""Files and models, through the official client."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, InternalServerError, NotFoundError, OpenAI

from api.bootstrap import Services
from api.openai.models import generator_name, is_generator
from tests.api.conftest import settings_for

Upload = Callable[[str, str], str]


def test_the_model_is_the_generator(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["extractive"]
    assert client.models.retrieve("extractive").object == "model"
    with pytest.raises(NotFoundError, match="There is no model 'gpt-9'; there is extractive"):
        client.models.retrieve("gpt-9")


def test_what_there_is_not_is_said_in_openais_shape(client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match=r"There is no /v1/embeddings here; GET /openapi\.json lists") as raised:
        client.embeddings.create(model="extractive", input="x")
    assert raised.value.code == "not_found"
    with pytest.raises(NotFoundError, match="There is no /v1/responses here"):
        client.responses.create(model="extractive", input="x")


def test_a_file_is_kept_until_it_is_deleted(client: OpenAI, library: Services) -> None:
    content = b"\x00\xff any bytes"
    made = client.files.create(file=("Übersicht 1.bin", content), purpose="user_data")
    assert (made.object, made.bytes, made.filename, made.purpose) == ("file", 12, "Übersicht 1.bin", "user_data")
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == content
    assert client.files.wait_for_processing(made.id).status == "processed"
    path = library.library.uploads.path(made.id, made.filename)
    assert path.read_bytes() == content
    deleted = client.files.delete(made.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (made.id, True, "file")
    assert not path.parent.exists()
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(NotFoundError) as raised:
            call(made.id)
        assert raised.value.code == "not_found"


def test_bytes_that_are_not_here_are_asked_for_in_vain(client: OpenAI, library: Services) -> None:
    store = client.vector_stores.create().id
    made = client.files.create(file=("a.txt", b"Leave."), purpose="assistants")
    client.vector_stores.files.create_and_poll(made.id, vector_store_id=store)
    library.library.uploads.path(made.id, made.filename).unlink()
    for ask in (
        lambda: client.files.content(made.id),
        lambda: client.vector_stores.files.update(made.id, vector_store_id=store, attributes={"year": 2025}),
    ):
        with pytest.raises(InternalServerError, match="give all servers of the catalog one data folder") as raised:
            ask()
        assert raised.value.status_code == 503


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_files_are_listed_in_pages(client: OpenAI, upload: Upload, order: str) -> None:
    ids = [upload(f"{number}.txt", "x") for number in range(5)]
    expected = ids if order == "asc" else ids[::-1]
    page = client.files.list(limit=2, order=order)  # type: ignore[arg-type]
    assert ([file.id for file in page.data], page.has_more) == (expected[:2], True)
    assert [file.id for file in page] == expected  # the client fetches the other pages
    last = client.files.list(limit=2, order=order, after=expected[2])  # type: ignore[arg-type]
    assert ([file.id for file in last.data], last.has_more) == (expected[3:], False)
    client.files.create(file=("u.txt", b"x"), purpose="user_data")
    assert [file.filename for file in client.files.list(purpose="user_data")] == ["u.txt"]
    with pytest.raises(BadRequestError, match="is no id of this list"):
        client.files.list(after="file-none")


def test_what_is_wrong_with_a_request_is_said_in_openais_shape(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as raised:
        client.files.create(file=("a.txt", b"x"), purpose="other")  # type: ignore[arg-type]
    assert (raised.value.param, raised.value.type) == ("purpose", "invalid_request_error")
    with pytest.raises(BadRequestError, match=r"expires_after.*unknown field"):
        client.files.create(file=("a.txt", b"x"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 1})
    with pytest.raises(BadRequestError, match="no usable file name"):
        client.files.create(file=("..", b"x"), purpose="assistants")
    with pytest.raises(APIStatusError, match=r"over 0\.25 MiB") as large:
        client.files.create(file=("a.txt", b"x" * 2**19), purpose="assistants")
    assert (large.value.status_code, large.value.type) == (413, "invalid_request_error")
    with pytest.raises(NotFoundError):
        client.get("/vector_stores/a/b/c", cast_to=object)


def test_the_rest_of_the_api_keeps_its_problems(client: OpenAI) -> None:
    with pytest.raises(APIStatusError) as raised:
        client.get("/documents/none", cast_to=object)
    assert raised.value.response.headers["content-type"] == "application/problem+json"


def test_names_of_paths_are_no_way_out(client: OpenAI, library: Services) -> None:
    made = client.files.create(file=("../../evil.txt", b"x"), purpose="assistants")
    assert made.filename == "evil.txt"
    assert library.library.uploads.path(made.id, "evil.txt").is_file()


async def _async_journey(client: AsyncOpenAI) -> list[str]:
    async with client:
        file = await client.files.create(file=("leave.txt", b"Parental leave is thirty days."), purpose="assistants")
        store = await client.vector_stores.create(name="async")
        await client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
        page = await client.vector_stores.search(store.id, query="parental leave")
        return [found.file_id for found in page.data if found.filename == "leave.txt"] + [file.id]


def test_the_async_client(url: str, tenant: str) -> None:
    found, uploaded = asyncio.run(_async_journey(AsyncOpenAI(base_url=url, api_key=tenant, max_retries=0)))
    assert found == uploaded


def test_a_model_of_this_process_goes_by_its_own_name(tmp_path: Path) -> None:
    local = settings_for(tmp_path, answers={"generator": "transformers", "model": "org/small"})
    asked = settings_for(tmp_path, answers={"generator": "openai", "model": "big", "url": "http://localhost:1/v1"})
    quoting = settings_for(tmp_path, answers={"model": "unused"})
    assert [generator_name(one) for one in (local, asked, quoting)] == ["org/small", "big", "extractive"]
    assert [is_generator(name, local) for name in ("org/small", "transformers", "openai")] == [True, True, False]
    assert [is_generator(name, asked) for name in ("big", "openai", "org/small")] == [True, False, False]
    assert [is_generator(name, quoting) for name in ("extractive", "unused")] == [True, False]
