"""Documents: upload, list, read, delete."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import AfterValidator, TypeAdapter, ValidationError

from api import operations
from api.dependencies import AccessOf, ServicesOf, WritersOf
from api.schemas import DocumentOut, DocumentsOut, DocumentTextOut, IngestedOut, Name, Scalar
from ingest.errors import InvalidError
from ingest.pipeline import Label

router = APIRouter(prefix="/v1/documents", tags=["documents"])
_METADATA = TypeAdapter(dict[str, Scalar])


def _some_named(groups: list[str]) -> list[str]:
    """A variable that is not set must not open a document to everyone."""
    if groups and not any(map(str.strip, groups)):
        raise ValueError("name a group; for everyone, leave groups out")
    return groups


@router.post("", status_code=201, responses={200: {"description": "The same content was indexed already."}})
async def upload(
    response: Response,
    services: ServicesOf,
    access: AccessOf,
    writers: WritersOf,
    file: Annotated[UploadFile, File(description="Markdown, text, HTML, DOCX, PPTX, XLSX, CSV, EML or PDF.")],
    collection: Annotated[Name, Form()] = "default",
    source: Annotated[
        str, Form(max_length=4096, pattern=r"^[^\x00]*$", description="Name to know it by; default: the file name.")
    ] = "",
    groups: Annotated[
        list[str], AfterValidator(_some_named), Form(description="Who may read it; none given: everyone.")
    ] = [],  # noqa: B006
    metadata: Annotated[str, Form(description="A JSON object of plain values.", examples=['{"year": 2025}'])] = "{}",
) -> IngestedOut:
    """Index one file and wait until it can be found. One of the same source is replaced."""
    label = Label.of(access.tenant, groups, _metadata(metadata))
    async with writers:
        result = await asyncio.to_thread(
            operations.upload, services, file.filename or "", file.file, collection, label, access, source
        )
    if result.status == "unchanged":
        response.status_code = 200
    return result


@router.get("")
async def documents(
    services: ServicesOf,
    access: AccessOf,
    collection: Annotated[Name, Query()] = "default",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=36, description="`next` of the page before.")] = "",
) -> DocumentsOut:
    """What is indexed, a page at a time."""
    return await asyncio.to_thread(operations.documents, services, collection, access, limit, after)


@router.get("/{document_id}")
async def document(document_id: str, services: ServicesOf, access: AccessOf) -> DocumentTextOut:
    """One document with its text."""
    return await asyncio.to_thread(operations.document, services, document_id, access)


@router.delete("/{document_id}")
async def delete(document_id: str, services: ServicesOf, access: AccessOf, writers: WritersOf) -> DocumentOut:
    """Forget a document at once, for every reader."""
    async with writers:
        return await asyncio.to_thread(operations.delete, services, document_id, access)


def _metadata(text: str) -> dict[str, Scalar]:
    try:
        return _METADATA.validate_json(text)
    except ValidationError as error:
        raise InvalidError('metadata must be a JSON object of plain values, such as {"year": 2025}.') from error
