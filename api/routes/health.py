"""Is the process up, and can it answer?"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.bootstrap import Services
from ingest.errors import CitewellError, NotFoundError, UnavailableError

_log = logging.getLogger(__name__)
router = APIRouter(prefix="/health", tags=["health"])
_trying = threading.Lock()


class Health(BaseModel):
    status: str


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready")
async def ready(request: Request) -> Health:
    """The model is loaded, the catalog and the opened indexes answer, and of the collections that hold documents at
    least one could be opened; else 503."""
    return await asyncio.to_thread(_check, request.app.state.services)


def _check(services: Services) -> Health:
    """Anybody may ask: what there is, and what it is called, is for the log."""
    with _answering("index"):
        for collection in services.opened():
            try:
                collection.store.count()
            except NotFoundError:  # another server has deleted it
                services.let_go(collection)
    with _answering("catalog"):
        services.catalog.count()
        _open_missing(services)
        held = services.catalog.collections()
    if held and not services.opened():
        # One that is broken must not take the others out of service; none at all is a store that does not answer.
        raise UnavailableError("No collection can be opened; the server's log says why.")
    return Health(status="ok")


@contextmanager
def _answering(component: str) -> Iterator[None]:
    try:
        yield
    except CitewellError as error:
        _log.warning("Not ready: %s", error)
        raise UnavailableError(f"The {component} does not answer; the server's log has the details.") from error


def _open_missing(services: Services) -> None:
    """One thread tries at a time: probes that come meanwhile would only wait, and fill the server's threads."""
    if _trying.acquire(blocking=False):
        try:
            services.open_all()
        finally:
            _trying.release()
