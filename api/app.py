"""The REST server."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import errors
from api.bootstrap import Services
from api.limits import BodyLimit
from api.routes import documents, evaluations, health, search
from api.schemas import Problem

_PROBLEM: dict[str, object] = {
    "description": "RFC 9457 problem details",
    "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
}


def create_app(services: Services) -> FastAPI:
    """The ASGI application over services that the caller opens and closes."""
    app = FastAPIOffline(  # the pages under /docs and /redoc with their scripts, which others fetch from the internet
        title="Citewell",
        version=_version(),
        summary="Answers from your documents, with citations that were checked before they were served.",
        responses={"default": _PROBLEM},
    )
    app.state.services = services
    app.add_middleware(BodyLimit, max_bytes=int(services.settings.api.max_upload_mb * 2**20))
    errors.install(app)
    for router in (health.router, documents.router, search.router, evaluations.router):
        app.include_router(router)
    return app


def _version() -> str:
    try:
        return version("citewell")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+checkout"
