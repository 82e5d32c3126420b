"""Options that several commands have, and what these make of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel

from api.settings import Settings, load_settings
from ingest.errors import InvalidError, NotFoundError
from retrieval.types import Access

_Shown = TypeVar("_Shown", bound=BaseModel)


def folder_name(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("name a folder; empty, it would be the current one.")
    return Path(text)


Data = Annotated[
    Path | None, typer.Option("--data", parser=folder_name, metavar="DIR", help="Folder that holds everything stored.")
]
Config = Annotated[Path | None, typer.Option("--config", help="YAML file with settings that differ.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CollectionName = Annotated[str, typer.Option("--collection", help="Which knowledge base.")]
Tenant = Annotated[str | None, typer.Option("--tenant", help="Whose documents; default: access.tenant.")]
Groups = Annotated[list[str] | None, typer.Option("--group", help="Repeatable; default: access.groups.")]
Server = Annotated[str | None, typer.Option("--server", help="URL of a running server to use instead of the folder.")]
Mode = Annotated[str | None, typer.Option(help="dense, bm25 or hybrid.")]
Where = Annotated[
    list[str] | None, typer.Option("--where", help="Filter key=value (again: any of them), != >= > <= <.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Documents in force on that day (ISO).")]
TopK = Annotated[int | None, typer.Option("--top-k", help="How many passages.")]
WithVllm = Annotated[
    bool, typer.Option("--with-vllm", help="Run the language model's server too, as answers.serve says.")
]


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


def show(result: _Shown, as_json: bool, show: Callable[[_Shown], None]) -> None:
    if as_json:
        sys.stdout.write(result.model_dump_json(indent=2) + "\n")
    else:
        show(result)
