"""The REST server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

from api import errors
from api.bootstrap import Services
from api.dependencies import refuse_unheard
from api.hosts import KnownHosts
from api.limits import BodyLimit
from api.openai import batches, chat, files, models, store_files, stores
from api.openai import search as store_search
from api.openai.schemas import ErrorOut
from api.openai.worker import Worker
from api.routes import documents, evaluations, health, search, sessions, traces
from api.schemas import Problem
from api.version import citewell_version

WRITERS = 2
"""Requests that write at once: one embeds, another is parsed or writes elsewhere. Each takes one of the threads that
readers use, of which there are at least five."""
_PROBLEM: dict[str, object] = {
    "description": "RFC 9457 problem details",
    "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
}
_OPENAI_ERROR: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorOut, "description": "OpenAI's errors"}}


def create_app(services: Services, on_stop: Callable[[], None] = lambda: None) -> FastAPI:
    """The ASGI application over services that the caller opens and closes. `on_stop`: called when requests have had
    their time, before what still works is waited for."""
    app = FastAPIOffline(  # the pages under /docs and /redoc with their scripts, which others fetch from the internet
        title="Citewell",
        version=citewell_version(),
        summary="Answers from your documents, with citations that were checked before they were served.",
        responses={"default": _PROBLEM},
        lifespan=_working,
    )
    app.state.services, app.state.on_stop = services, on_stop
    app.state.writers = asyncio.Semaphore(WRITERS)
    app.state.worker = Worker(services, app.state.writers)
    chosen = services.settings.api
    app.add_middleware(BodyLimit, max_bytes=int(chosen.max_upload_mb * 2**20))
    # The last one is the first to see a request.
    app.add_middleware(KnownHosts, own=chosen.host, allowed=chosen.allowed_hosts, setting="api.allowed_hosts")
    errors.install(app)
    app.include_router(health.router)  # probes may add parameters of their own
    for router in (documents.router, search.router, sessions.router, traces.router, evaluations.router):
        app.include_router(router, dependencies=[Depends(refuse_unheard)])
    for module in (models, chat, files, stores, store_files, batches, store_search):
        app.include_router(module.router, dependencies=[Depends(refuse_unheard)], responses=_OPENAI_ERROR)
    return app


@asynccontextmanager
async def _working(app: FastAPI) -> AsyncIterator[None]:
    async with app.state.worker.running():
        try:
            yield
        finally:
            app.state.on_stop()
