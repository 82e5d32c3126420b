"""The REST server."""

from importlib.metadata import version

from fastapi import FastAPI

from api import errors
from api.bootstrap import Services
from api.limits import BodyLimit
from api.routes import documents, health, search
from api.schemas import Problem


def create_app(services: Services) -> FastAPI:
    """The ASGI application over services that the caller opens and closes."""
    app = FastAPI(
        title="Citewell",
        version=version("citewell"),
        summary="Answers from your documents, with citations that were checked before they were served.",
        responses={"default": {"model": Problem, "description": "RFC 9457 problem details"}},
    )
    app.state.services = services
    app.add_middleware(BodyLimit, max_bytes=int(services.settings.api.max_upload_mb * 2**20))
    errors.install(app)
    for router in (health.router, documents.router, search.router):
        app.include_router(router)
    return app
