"""What several commands do: read settings, know who is asking, go to the server or to the data folder, show results."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from api.bootstrap import Services
from api.client import RestClient
from api.settings import Settings, load_settings
from ingest.errors import InvalidError, NotFoundError
from retrieval.types import Access

_Shown = TypeVar("_Shown", bound=BaseModel)
_Face = TypeVar("_Face")


@dataclass(frozen=True)
class Place:
    """Where a command goes, and on whose behalf: to a server, or to the data folder that the options name."""

    server: str | None
    data: Path | None
    config: Path | None
    tenant: str | None
    groups: list[str] | None


@contextmanager
def opened(
    place: Place,
    there: Callable[[RestClient], _Face],
    here: Callable[[Services, Access], _Face],
    makes_data: bool = False,
) -> Iterator[_Face]:
    """The same face of a server or of the data folder. `makes_data`: a folder that there is not yet will do."""
    refuse_with_server(place.server, tenant=place.tenant, group=place.groups)
    if place.server:
        with RestClient(place.server) as client:
            yield there(client)
        return
    settings = settings_of(place.data, place.config)
    if not makes_data:
        require_data(settings)
    with Services(settings) as services:
        yield here(services, access_of(settings, place.tenant, place.groups))


def settings_of(data: Path | None, config: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    return load_settings(config, {**(overrides or {}), **({"data": data} if data else {})})


def access_of(settings: Settings, tenant: str | None, groups: Sequence[str] | None) -> Access:
    return Access(tenant or settings.access.tenant, tuple(groups or settings.access.groups))


def require_data(settings: Settings) -> None:
    """What is to be read or deleted must not make a data folder."""
    if settings.catalog.url is None and not settings.data.exists():
        raise NotFoundError(f"There is no data folder {settings.data}; name another with --data.")


def refuse_with_server(server: str | None, **options: object) -> None:
    """A server knows by itself who is asking; an option that it would pass over must not look as if it worked."""
    for name, value in options.items():
        if server and value:
            raise InvalidError(f"--{name} works on the data folder only; leave it out, or run without --server.")


def show(result: _Shown, as_json: bool, shown: Callable[[_Shown], None]) -> None:
    """`shown` shows the result to a person."""
    if as_json:
        sys.stdout.write(result.model_dump_json(indent=2) + "\n")
    else:
        shown(result)
