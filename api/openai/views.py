"""What is kept, in OpenAI's shapes. The store of a collection has the id `vs_<collection>`."""

from collections import Counter
from typing import Annotated, Literal, TypeVar

from fastapi import Depends, Query

from api.openai.schemas import (
    BatchOut,
    Chunking,
    ChunkingOut,
    FileCounts,
    FileOut,
    LastError,
    ListOut,
    Order,
    StoreFileOut,
    StoreOut,
)
from api.settings import IngestionSettings
from ingest.errors import NotFoundError
from ingest.library.pages import PageOf
from ingest.library.rows import AttachedFile, Batch, NamedStore, Status, Upload
from ingest.library.stores import Holding

_Item = TypeVar("_Item", FileOut, StoreOut, StoreFileOut)
STORE_PREFIX = "vs_"
POLL = {"openai-poll-after-ms": "300"}
"""How often a client looks whether something is done."""


def page_of(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Annotated[Order, Query()] = "desc",
    after: Annotated[str | None, Query(max_length=128, description="Last id of the page before.")] = None,
    before: Annotated[str | None, Query(max_length=128, description="First id of the page after.")] = None,
) -> PageOf:
    return PageOf(limit, order == "desc", after, before)


Page = Annotated[PageOf, Depends(page_of)]


def collection_of(store_id: str) -> str:
    """Raises NotFoundError where no store can have this id."""
    if not store_id.startswith(STORE_PREFIX):
        raise NotFoundError(f"There is no vector store {store_id!r}; GET /v1/vector_stores lists them.")
    return store_id.removeprefix(STORE_PREFIX)


def store_id_of(collection: str) -> str:
    return STORE_PREFIX + collection


def list_of(items: list[_Item], more: bool) -> ListOut[_Item]:
    first, last = (items[0].id, items[-1].id) if items else (None, None)
    return ListOut(data=items, first_id=first, last_id=last, has_more=more)


def file_out(upload: Upload) -> FileOut:
    return FileOut(
        id=upload.id,
        bytes=upload.bytes,
        created_at=int(upload.created_at.timestamp()),
        filename=upload.filename,
        purpose=upload.purpose,
    )


def store_out(store: NamedStore, holding: Holding) -> StoreOut:
    return StoreOut(
        id=store_id_of(store.collection),
        created_at=int(store.created_at.timestamp()),
        name=store.name,
        description=store.description,
        usage_bytes=holding.characters,
        file_counts=counts_out(holding.files),
        status="in_progress" if holding.files["in_progress"] else "completed",
        metadata={key: str(value) for key, value in store.metadata.items()},
    )


def store_file_out(file: AttachedFile, collection: str, chunking: IngestionSettings) -> StoreFileOut:
    sizes = Chunking(max_chunk_size_tokens=chunking.chunk_tokens, chunk_overlap_tokens=chunking.overlap_tokens)
    return StoreFileOut(
        id=file.id,
        created_at=int(file.created_at.timestamp()),
        vector_store_id=store_id_of(collection),
        status=file.status,
        last_error=LastError(code=file.error_code, message=file.error or "") if file.error_code else None,
        usage_bytes=file.characters,
        attributes=dict(file.attributes),
        chunking_strategy=ChunkingOut(static=sizes),
    )


def batch_out(batch: Batch, counts: Counter[Status]) -> BatchOut:
    return BatchOut(
        id=batch.id,
        created_at=int(batch.created_at.timestamp()),
        vector_store_id=store_id_of(batch.collection),
        status=_status(batch, counts),
        file_counts=counts_out(counts),
    )


def counts_out(counts: Counter[Status]) -> FileCounts:
    names: tuple[Status, ...] = ("in_progress", "completed", "failed", "cancelled")
    return FileCounts(**{name: counts[name] for name in names}, total=counts.total())


def _status(batch: Batch, counts: Counter[Status]) -> Literal["in_progress", "completed", "failed", "cancelled"]:
    """Cancelled only once what had been begun is done, and where something was left out; failed where nothing
    succeeded."""
    if counts["in_progress"]:
        return "in_progress"
    if batch.cancelled and (counts["cancelled"] or not counts.total()):
        return "cancelled"
    return "failed" if counts["failed"] and not counts["completed"] else "completed"
