"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from api.settings import LONGEST_TENANT


def folder_name(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("name a folder; empty, it would be the current one.")
    return Path(text)


def server_url(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("name a server; empty, it would be the data folder.")
    return text


def tenant_name(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("name a tenant; empty, it would be the one of the settings.")
    if len(text) > LONGEST_TENANT:
        raise typer.BadParameter(f"a tenant's name has at most {LONGEST_TENANT} characters.")
    return text


def group_name(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("name a group; empty, it would be none.")
    return text


Data = Annotated[
    Path | None, typer.Option("--data", parser=folder_name, metavar="DIR", help="Folder that holds everything stored.")
]
Config = Annotated[Path | None, typer.Option("--config", help="YAML file with settings that differ.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CollectionName = Annotated[str, typer.Option("--collection", help="Which knowledge base.")]
AskedCollection = Annotated[
    str | None,
    typer.Option("--collection", metavar="TEXT", help="Which knowledge base; default: default, or the session's."),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", parser=tenant_name, metavar="TEXT", help="Whose documents; default: access.tenant."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", parser=group_name, metavar="TEXT", help="Repeatable; default: access.groups."),
]
Readers = Annotated[
    list[str] | None,
    typer.Option("--group", parser=group_name, metavar="TEXT", help="Who may read; default: everyone."),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server", parser=server_url, metavar="URL", help="URL of a running server to use instead of the folder."
    ),
]
Mode = Annotated[str | None, typer.Option(help="dense, bm25 or hybrid.")]
Where = Annotated[
    list[str] | None, typer.Option("--where", help="Filter key=value (again: any of them), != >= > <= <.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Documents in force on that day (ISO).")]
TopK = Annotated[int | None, typer.Option("--top-k", help="How many passages.")]
WithVllm = Annotated[
    bool, typer.Option("--with-vllm", help="Run the language model's server too, as answers.serve says.")
]
