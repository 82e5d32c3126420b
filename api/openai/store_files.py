"""Files in a vector store."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import operations
from api.bootstrap import Services
from api.dependencies import AccessOf, ServicesOf, WritersOf
from api.openai import removal
from api.openai.schemas import Attributes, AttributesIn, ContentPage, DeletedOut, FileIn, ListOut, StoreFileOut, TextOut
from api.openai.views import POLL, Page, collection_of, list_of, store_file_out
from api.openai.worker import WorkerOf, label_of, source_file
from ingest.errors import InvalidError, TransientError, UnreadableFileError
from ingest.library.pages import PageOf
from ingest.library.rows import AttachedFile, Status
from retrieval.types import Access

router = APIRouter(prefix="/v1/vector_stores/{store_id}/files", tags=["OpenAI"])


@router.post("")
async def create(store_id: str, body: FileIn, services: ServicesOf, access: AccessOf, worker: WorkerOf) -> StoreFileOut:
    """Add an uploaded file; it is indexed in the background. One that is there already is indexed anew."""
    made = await asyncio.to_thread(_create, services, access, collection_of(store_id), body)
    worker.notify()
    return made


@router.get("")
async def files(
    store_id: str,
    services: ServicesOf,
    access: AccessOf,
    page: Page,
    status: Annotated[Status | None, Query(alias="filter")] = None,
) -> ListOut[StoreFileOut]:
    """Files in the store, a page at a time."""
    return await asyncio.to_thread(_page, services, access, collection_of(store_id), page, status)


@router.get("/{file_id}")
async def retrieve(
    store_id: str, file_id: str, services: ServicesOf, access: AccessOf, response: Response
) -> StoreFileOut:
    """One file in the store, with its state."""
    response.headers.update(POLL)
    return await asyncio.to_thread(_retrieve, services, access, collection_of(store_id), file_id)


@router.post("/{file_id}")
async def update(
    store_id: str, file_id: str, body: AttributesIn, services: ServicesOf, access: AccessOf, writers: WritersOf
) -> StoreFileOut:
    """Replace the attributes, and wait until searches know them."""
    collection = collection_of(store_id)
    async with writers:
        return await asyncio.to_thread(_update, services, access, collection, file_id, body.attributes or {})


@router.delete("/{file_id}")
async def delete(store_id: str, file_id: str, services: ServicesOf, access: AccessOf, writers: WritersOf) -> DeletedOut:
    """Take a file out of the store; the file itself stays."""
    collection = collection_of(store_id)
    async with writers:
        await asyncio.to_thread(_delete, services, access, collection, file_id)
    return DeletedOut(id=file_id, object="vector_store.file.deleted")


@router.get("/{file_id}/content")
async def content(store_id: str, file_id: str, services: ServicesOf, access: AccessOf) -> ContentPage[TextOut]:
    """The text as it was read, section by section; nothing as long as the file is not indexed."""
    return await asyncio.to_thread(_content, services, access, collection_of(store_id), file_id)


def _create(services: Services, access: Access, collection: str, body: FileIn) -> StoreFileOut:
    library = services.library
    library.stores.get(collection, access.tenant)
    upload = library.uploads.get(body.file_id, access.tenant, access.groups)
    library.batches.add(collection, access.tenant, access.groups, [(upload, body.attributes or {})])
    return _retrieve(services, access, collection, upload.id)


def _page(
    services: Services, access: Access, collection: str, page: PageOf, status: Status | None
) -> ListOut[StoreFileOut]:
    services.library.stores.get(collection, access.tenant)
    found, more = services.library.files.page(collection, access.tenant, access.groups, page, status)
    return list_of([_shown(services, collection, file) for file in found], more)


def _retrieve(services: Services, access: Access, collection: str, file_id: str) -> StoreFileOut:
    return _shown(services, collection, _file(services, access, collection, file_id))


def _update(services: Services, access: Access, collection: str, file_id: str, attributes: Attributes) -> StoreFileOut:
    """What is indexed of the file is indexed anew: attributes are part of every passage."""
    file = _file(services, access, collection, file_id)
    if not file.uploaded:
        raise InvalidError(
            f"{file_id} was not uploaded through /v1/files; ingest it again with other metadata instead."
        )
    if file.status == "in_progress":
        raise TransientError(f"{file_id} is being indexed; change its attributes when that is done.")
    indexed = services.catalog.get(file.document_id) is not None  # also where it could not be indexed anew since
    if indexed:
        upload = services.library.uploads.get(file_id, access.tenant, access.groups)
        services.library.uploads.kept(upload)
        source = source_file(services, upload.id, upload.filename, attributes)
        label = label_of(upload.tenant, upload.groups)
        wanted = services.library.files.attached  # it may be deleted meanwhile
        (result,) = operations.ingested(services, [source], collection, label, access, wanted)
        if result.status == "failed":
            raise UnreadableFileError(result.reason)
    services.library.files.change(collection, access.tenant, file_id, attributes, indexed)
    return _retrieve(services, access, collection, file_id)


def _delete(services: Services, access: Access, collection: str, file_id: str) -> None:
    removal.remove_file(services, collection, _file(services, access, collection, file_id), access)


def _content(services: Services, access: Access, collection: str, file_id: str) -> ContentPage[TextOut]:
    file = _file(services, access, collection, file_id)
    return ContentPage(data=[TextOut(text=section.text) for section in services.catalog.sections(file.document_id)])


def _file(services: Services, access: Access, collection: str, file_id: str) -> AttachedFile:
    services.library.stores.get(collection, access.tenant)
    return services.library.files.get(collection, access.tenant, access.groups, file_id)


def _shown(services: Services, collection: str, file: AttachedFile) -> StoreFileOut:
    return store_file_out(file, collection, services.settings.ingestion)
