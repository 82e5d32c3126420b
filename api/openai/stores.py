"""Vector stores. Each is a collection of Citewell: the store `vs_handbook` is the collection `handbook`.

A store that is made here gets a collection of its own, called after its name with some random characters, so that two
stores may have one name. A collection that was filled in another way is a store that has the collection's name.
"""

import asyncio
import re
from dataclasses import replace

from fastapi import APIRouter

from api.bootstrap import Services
from api.dependencies import AccessOf, ServicesOf, WritersOf
from api.openai import removal
from api.openai.schemas import DeletedOut, ListOut, StoreChange, StoreIn, StoreOut
from api.openai.views import Page, collection_of, list_of, store_out
from api.openai.worker import WorkerOf
from ingest.library.pages import PageOf
from ingest.library.rows import NamedStore
from retrieval.types import Access

router = APIRouter(prefix="/v1/vector_stores", tags=["OpenAI"])
_NAME_LENGTH = 32


@router.post("")
async def create(
    body: StoreIn, services: ServicesOf, access: AccessOf, writers: WritersOf, worker: WorkerOf
) -> StoreOut:
    """Make a store; its files are indexed in the background."""
    async with writers:
        made = await asyncio.to_thread(_create, services, access, body)
    worker.notify()
    return made


@router.get("")
async def stores(services: ServicesOf, access: AccessOf, page: Page) -> ListOut[StoreOut]:
    """Vector stores, a page at a time."""
    return await asyncio.to_thread(_page, services, access, page)


@router.get("/{store_id}")
async def retrieve(store_id: str, services: ServicesOf, access: AccessOf) -> StoreOut:
    """One vector store, with the state of its files."""
    return await asyncio.to_thread(_retrieve, services, access, collection_of(store_id))


@router.post("/{store_id}")
async def modify(store_id: str, body: StoreChange, services: ServicesOf, access: AccessOf) -> StoreOut:
    """Give it another name or other metadata; its id stays."""
    return await asyncio.to_thread(_modify, services, access, collection_of(store_id), body)


@router.delete("/{store_id}")
async def delete(store_id: str, services: ServicesOf, access: AccessOf, writers: WritersOf) -> DeletedOut:
    """Delete a store with what is indexed in it; uploaded files stay."""
    collection = collection_of(store_id)
    async with writers:
        await asyncio.to_thread(removal.remove_store, services, collection, access)
    return DeletedOut(id=store_id, object="vector_store.deleted")


def _create(services: Services, access: Access, body: StoreIn) -> StoreOut:
    library = services.library
    ids = list(dict.fromkeys(body.file_ids))
    uploads = library.uploads.several(ids, access.tenant, access.groups)
    collection = _collection_name(body.name, library.new_id())
    services.collection(collection, create=True)
    store = library.stores.add(collection, access.tenant, body.name, body.description, body.metadata or {})
    if ids:
        library.batches.add(collection, access.tenant, access.groups, [(uploads[one], {}) for one in ids])
    return _shown(services, access, store)


def _page(services: Services, access: Access, page: PageOf) -> ListOut[StoreOut]:
    found, more = services.library.stores.page(access.tenant, _of_collections(page))
    return list_of([_shown(services, access, store) for store in found], more)


def _retrieve(services: Services, access: Access, collection: str) -> StoreOut:
    return _shown(services, access, services.library.stores.get(collection, access.tenant))


def _modify(services: Services, access: Access, collection: str, body: StoreChange) -> StoreOut:
    changes = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    return _shown(services, access, services.library.stores.change(collection, access.tenant, changes))


def _shown(services: Services, access: Access, store: NamedStore) -> StoreOut:
    return store_out(store, services.library.stores.holding(store.collection, access.tenant, access.groups))


def _collection_name(name: str, unique: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_NAME_LENGTH].strip("-")
    return f"{words}-{unique}" if words else unique


def _of_collections(page: PageOf) -> PageOf:
    """Cursors are ids of stores; the catalog knows names of collections."""
    after, before = (cursor and collection_of(cursor) for cursor in (page.after, page.before))
    return replace(page, after=after, before=before)
