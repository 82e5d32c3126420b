"""What routes ask for."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_origin

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo
from starlette.datastructures import ImmutableMultiDict

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


async def refuse_unheard(request: Request) -> None:
    """FastAPI passes over parameters and form fields that a route does not have, and over all but the last of those
    that are given several times: mistakes would go unseen.

    Raises:
        RequestValidationError: there are some.
    """
    route: APIRoute = request.scope["route"]
    problems = _unheard("query", request.query_params, dict(_query_fields(route.dependant)))
    fields = {field.alias: field.field_info for field in route.dependant.body_params}
    if any(isinstance(field, Form) for field in fields.values()):
        problems += _unheard("body", await request.form(), fields)
    if problems:
        raise RequestValidationError(problems)


def _query_fields(dependant: Dependant) -> Iterator[tuple[str, FieldInfo]]:
    """Of a route and of what it depends on."""
    yield from ((field.alias, field.field_info) for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_fields(inner)


def _unheard(
    place: str, given: ImmutableMultiDict[str, Any], known: Mapping[str, FieldInfo]
) -> list[dict[str, object]]:
    problems: list[dict[str, object]] = []
    for name, times in sorted(Counter(name for name, _ in given.multi_items()).items()):
        if name not in known:
            message = f"unknown field; known are {', '.join(sorted(known)) or 'none'}"
            problems.append({"type": "unknown_field", "loc": (place, name), "msg": message})
        elif times > 1 and get_origin(known[name].annotation) is not list:
            message = f"given {times} times; a request takes one"
            problems.append({"type": "repeated_field", "loc": (place, name), "msg": message})
    return problems


ServicesOf = Annotated[Services, Depends(services_of)]
AccessOf = Annotated[Access, Depends(access_of)]
WritersOf = Annotated[asyncio.Semaphore, Depends(writers_of)]
