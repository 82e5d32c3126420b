"""Files that were uploaded, whether they are in a store or not."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import FileResponse

from api import operations
from api.bootstrap import Services
from api.dependencies import AccessOf, ServicesOf, WritersOf
from api.openai import removal
from api.openai.schemas import DeletedOut, FileOut, ListOut, Order, Purpose
from api.openai.views import file_out, list_of
from ingest.library.pages import PageOf
from ingest.pipeline import Label
from retrieval.types import Access

router = APIRouter(prefix="/v1/files", tags=["OpenAI"])
_BYTES: dict[str, object] = {"application/octet-stream": {}}


@router.post("")
async def create(
    services: ServicesOf,
    access: AccessOf,
    file: Annotated[UploadFile, File()],
    purpose: Annotated[Purpose, Form()],
) -> FileOut:
    """Keep a file. It can be found once it is added to a vector store."""
    return await asyncio.to_thread(_create, services, access, file, purpose)


@router.get("")
async def files(
    services: ServicesOf,
    access: AccessOf,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Annotated[Order, Query()] = "desc",
    after: Annotated[str | None, Query(max_length=128)] = None,
    purpose: Annotated[str | None, Query(max_length=32)] = None,
) -> ListOut[FileOut]:
    """Uploaded files, a page at a time."""
    page = PageOf(limit, order == "desc", after)
    return await asyncio.to_thread(_page, services, access, page, purpose)


@router.get("/{file_id}")
async def retrieve(file_id: str, services: ServicesOf, access: AccessOf) -> FileOut:
    """One uploaded file, without its bytes."""
    return file_out(await asyncio.to_thread(services.library.uploads.get, file_id, access.tenant, access.groups))


@router.get("/{file_id}/content", response_class=FileResponse, responses={200: {"content": _BYTES}})
async def content(file_id: str, services: ServicesOf, access: AccessOf) -> FileResponse:
    """The bytes as they came."""
    path = await asyncio.to_thread(_kept, services, access, file_id)
    return FileResponse(path, media_type="application/octet-stream")


@router.delete("/{file_id}")
async def delete(file_id: str, services: ServicesOf, access: AccessOf, writers: WritersOf) -> DeletedOut:
    """Forget a file, in all vector stores too."""
    async with writers:
        await asyncio.to_thread(removal.remove_upload, services, file_id, access)
    return DeletedOut(id=file_id, object="file")


def _create(services: Services, access: Access, file: UploadFile, purpose: str) -> FileOut:
    groups = Label.of(access.tenant, access.groups, {}).groups
    name = operations.file_name(file.filename or "")
    return file_out(services.library.uploads.add(access.tenant, groups, name, purpose, file.file))


def _kept(services: Services, access: Access, file_id: str) -> Path:
    uploads = services.library.uploads
    return uploads.kept(uploads.get(file_id, access.tenant, access.groups))


def _page(services: Services, access: Access, page: PageOf, purpose: str | None) -> ListOut[FileOut]:
    uploads, more = services.library.uploads.page(access.tenant, access.groups, page, purpose)
    return list_of([file_out(upload) for upload in uploads], more)
