"""Is the process up, and can it answer?"""

import asyncio
import threading

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.bootstrap import Services
from ingest.errors import UnavailableError

router = APIRouter(prefix="/health", tags=["health"])
_trying = threading.Lock()


class Health(BaseModel):
    status: str


class Ready(Health):
    """`not_served`: collections that hold documents and cannot be opened; each check tries it again."""

    documents: int
    collections: list[str]
    not_served: list[str]


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready")
async def ready(request: Request) -> Ready:
    """The model is loaded, the catalog and the opened indexes answer, and of the collections that hold documents at
    least one could be opened; else 503."""
    return await asyncio.to_thread(_check, request.app.state.services)


def _check(services: Services) -> Ready:
    for collection in services.opened():
        collection.store.count()
    _open_missing(services)
    names = [collection.name for collection in services.opened()]
    missing = sorted(set(services.catalog.collections()) - set(names))
    if missing and not names:
        # One that is broken must not take the others out of service; none at all is a store that does not answer.
        raise UnavailableError(f"No collection can be opened ({', '.join(missing)}); the server's log says why.")
    return Ready(status="ok", documents=services.catalog.count(), collections=names, not_served=missing)


def _open_missing(services: Services) -> None:
    """One thread tries at a time: probes that come meanwhile would only wait, and fill the server's threads."""
    if _trying.acquire(blocking=False):
        try:
            services.open_all()
        finally:
            _trying.release()
