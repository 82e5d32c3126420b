"""Batches of files that go into a vector store together."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.bootstrap import Services
from api.dependencies import AccessOf, ServicesOf
from api.openai.schemas import Attributes, BatchIn, BatchOut, ListOut, StoreFileOut
from api.openai.views import POLL, Page, batch_out, collection_of, list_of, store_file_out
from api.openai.worker import WorkerOf
from ingest.library.pages import PageOf
from ingest.library.rows import Status
from retrieval.types import Access

router = APIRouter(prefix="/v1/vector_stores/{store_id}/file_batches", tags=["OpenAI"])


@router.post("")
async def create(store_id: str, body: BatchIn, services: ServicesOf, access: AccessOf, worker: WorkerOf) -> BatchOut:
    """Add uploaded files; they are indexed in the background, after a restart too."""
    made = await asyncio.to_thread(_create, services, access, collection_of(store_id), body)
    worker.notify()
    return made


@router.get("/{batch_id}")
async def retrieve(
    store_id: str, batch_id: str, services: ServicesOf, access: AccessOf, response: Response
) -> BatchOut:
    """One batch, with the state of its files."""
    response.headers.update(POLL)
    return await asyncio.to_thread(_retrieve, services, access, collection_of(store_id), batch_id)


@router.post("/{batch_id}/cancel")
async def cancel(store_id: str, batch_id: str, services: ServicesOf, access: AccessOf) -> BatchOut:
    """Leave out what has not been begun; what has been is finished first."""
    return await asyncio.to_thread(_cancel, services, access, collection_of(store_id), batch_id)


@router.get("/{batch_id}/files")
async def files(
    store_id: str,
    batch_id: str,
    services: ServicesOf,
    access: AccessOf,
    page: Page,
    status: Annotated[Status | None, Query(alias="filter")] = None,
) -> ListOut[StoreFileOut]:
    """Files of the batch, a page at a time."""
    return await asyncio.to_thread(_files, services, access, collection_of(store_id), batch_id, page, status)


def _create(services: Services, access: Access, collection: str, body: BatchIn) -> BatchOut:
    library = services.library
    library.stores.get(collection, access.tenant)
    wanted = _wanted(body)
    uploads = library.uploads.several(list(wanted), access.tenant, access.groups)
    pairs = [(uploads[file_id], attributes) for file_id, attributes in wanted.items()]
    batch = library.batches.add(collection, access.tenant, access.groups, pairs)
    return batch_out(batch, library.batches.counts(batch.id))


def _wanted(body: BatchIn) -> dict[str, Attributes]:
    """File id -> attributes; of a file that is named twice the last."""
    if body.files is not None:
        return {file.file_id: file.attributes or {} for file in body.files}
    return dict.fromkeys(body.file_ids or [], body.attributes or {})


def _retrieve(services: Services, access: Access, collection: str, batch_id: str) -> BatchOut:
    batches = services.library.batches
    batch = batches.get(batch_id, collection, access.tenant, access.groups)
    return batch_out(batch, batches.counts(batch.id))


def _cancel(services: Services, access: Access, collection: str, batch_id: str) -> BatchOut:
    batches = services.library.batches
    batch = batches.cancel(batches.get(batch_id, collection, access.tenant, access.groups), access.tenant)
    return batch_out(batch, batches.counts(batch.id))


def _files(
    services: Services, access: Access, collection: str, batch_id: str, page: PageOf, status: Status | None
) -> ListOut[StoreFileOut]:
    batches = services.library.batches
    batch = batches.get(batch_id, collection, access.tenant, access.groups)
    found, more = batches.page(batch, access.tenant, access.groups, page, status)
    return list_of([store_file_out(file, collection, services.settings.ingestion) for file in found], more)
