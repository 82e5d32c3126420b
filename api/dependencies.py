"""What routes ask for."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute

from api.bootstrap import Services
from retrieval.types import Access


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def access_of(request: Request) -> Access:
    """One reader stands for the whole server, as the settings say."""
    access = services_of(request).settings.access
    return Access(access.tenant, access.groups)


def writers_of(request: Request) -> asyncio.Semaphore:
    """Held while a request writes: writers wait for each other here, and leave most threads to the readers."""
    writers: asyncio.Semaphore = request.app.state.writers
    return writers


async def refuse_unknown(request: Request) -> None:
    """FastAPI passes over parameters and form fields that a route does not have: a typing error would go unseen.

    Raises:
        RequestValidationError: there are some.
    """
    route: APIRoute = request.scope["route"]
    known = set(_query_names(route.dependant))
    problems = _unknown("query", request.query_params.keys(), known)
    fields = {field.alias for field in route.dependant.body_params if isinstance(field.field_info, Form)}
    if fields:
        problems += _unknown("body", (await request.form()).keys(), fields)
    if problems:
        raise RequestValidationError(problems)


def _query_names(dependant: Dependant) -> Iterator[str]:
    """Of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _unknown(place: str, given: Iterable[str], known: set[str]) -> list[dict[str, object]]:
    message = f"unknown field; known are {', '.join(sorted(known)) or 'none'}"
    return [{"type": "unknown_field", "loc": (place, name), "msg": message} for name in sorted({*given} - known)]


ServicesOf = Annotated[Services, Depends(services_of)]
AccessOf = Annotated[Access, Depends(access_of)]
WritersOf = Annotated[asyncio.Semaphore, Depends(writers_of)]
