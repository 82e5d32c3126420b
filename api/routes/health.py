"""Is the process up, and can it answer?"""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.bootstrap import Services

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    status: str


class Ready(Health):
    documents: int
    collections: list[str]


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready")
async def ready(request: Request) -> Ready:
    """The model is loaded, the catalog and the opened indexes answer; else 503."""
    return await asyncio.to_thread(_check, request.app.state.services)


def _check(services: Services) -> Ready:
    for collection in services.opened():
        collection.store.count()
    names = [collection.name for collection in services.opened()]
    return Ready(status="ok", documents=services.catalog.count(), collections=names)
