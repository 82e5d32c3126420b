"""The `citewell` command. Exit codes: 0 ok, 1 failed, 2 usage or settings."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import BaseModel
from rich.markup import escape

from api import cli_sessions, console, doctor, operations, pairs
from api.bodies import body as request_body
from api.bootstrap import Services
from api.cli_options import (
    AsJson,
    AskedCollection,
    AsOf,
    CollectionName,
    Config,
    Data,
    Groups,
    Mode,
    Readers,
    Server,
    Tenant,
    TopK,
    Where,
    WithVllm,
)
from api.cli_shared import Place, access_of, opened, refuse_with_server, settings_of, show
from api.client import LostAnswerError, RestClient, found_before
from api.ingestion import IngestRequest, ingest_files
from api.schemas import AnswerIn, DocumentOut, DocumentsOut, SearchIn
from api.traces import commands
from generation.errors import GenerationError
from ingest.errors import CitewellError, InvalidError
from retrieval.types import Access

app = typer.Typer(
    help="Citewell: answers from your documents, with citations that were checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(commands.traces, name="traces")
app.add_typer(commands.feedback, name="feedback")
app.command()(commands.replay)
app.add_typer(cli_sessions.app, name="sessions")
app.command()(cli_sessions.chat)

_In = TypeVar("_In", bound=BaseModel)
_Out = TypeVar("_Out", bound=BaseModel)


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files and folders.", metavar="PATH...")],
    include: Annotated[list[str] | None, typer.Option(help="Only files that match, e.g. '*.pdf'; repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Not those that match; repeatable.")] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget what has left these folders.")] = False,
    meta: Annotated[list[str] | None, typer.Option("--meta", help="Metadata key=value; repeatable.")] = None,
    group: Readers = None,
    tenant: Tenant = None,
    collection: CollectionName = "default",
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Index files and folders; what is unchanged costs a hash."""
    refuse_with_server(server, tenant=tenant)
    settings = settings_of(data, config)
    request = IngestRequest(
        paths=tuple(paths),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        prune=prune,
        collection=collection,
        tenant=tenant or settings.access.tenant,
        groups=tuple(group or ()),
        metadata=pairs.metadata(meta),
    )
    with console.progress(quiet=as_json) as on_progress:
        report = ingest_files(settings, request, on_progress, server)
    show(report, as_json, console.show_report)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def search(
    query: Annotated[str, typer.Argument()],
    mode: Mode = None,
    top_k: TopK = None,
    where: Where = None,
    as_of: AsOf = None,
    facet: Annotated[list[str] | None, typer.Option(help="Count the values of this field; repeatable.")] = None,
    tenant: Tenant = None,
    group: Groups = None,
    collection: CollectionName = "default",
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find passages."""
    asked = {"mode": mode, "top_k": top_k, "filters": pairs.filters(where), "as_of": as_of, "collection": collection}
    body = request_body(SearchIn, query=query, facets=facet, **asked)
    place = Place(server, data, config, tenant, group)
    show(_ask(body, place, RestClient.search, operations.search), as_json, console.show_hits)


@app.command()
def ask(
    question: Annotated[str, typer.Argument()],
    session: Annotated[str | None, typer.Option(help="A conversation to ask it in; see `citewell sessions`.")] = None,
    mode: Mode = None,
    top_k: TopK = None,
    where: Where = None,
    as_of: AsOf = None,
    tenant: Tenant = None,
    group: Groups = None,
    collection: AskedCollection = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with citations, or say that the documents do not."""
    asked = {"mode": mode, "top_k": top_k, "filters": pairs.filters(where), "as_of": as_of, "collection": collection}
    body = request_body(AnswerIn, query=question, session=session, **asked)
    place = Place(server, data, config, tenant, group)
    try:
        show(_ask(body, place, RestClient.answer, operations.answer), as_json, console.show_answer)
    except (GenerationError, LostAnswerError) as error:
        show(found_before(error), as_json, console.show_lost)
        raise


@app.command()
def documents(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str, typer.Option(help="Read on after this id.")] = "",
    delete: Annotated[str | None, typer.Option(help="Forget the document of this id.")] = None,
    tenant: Tenant = None,
    group: Groups = None,
    collection: CollectionName = "default",
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List what is indexed, or delete one document."""
    place = Place(server, data, config, tenant, group)
    if delete:
        with opened(place, lambda client: client.delete, _deleting) as forget:
            show(forget(delete), as_json, console.show_deleted)
        return
    with opened(place, lambda client: client.documents, _listing, makes_data=True) as listed:
        show(listed(collection, limit, after), as_json, console.show_documents)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Default: api.host.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: api.port; 0 takes a free one.")] = None,
    with_vllm: WithVllm = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Serve the REST API until interrupted."""
    from api.server import serve as run_server

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    overrides: dict[str, Any] = {"api": given} if given else {}
    run_server(settings_of(data, config, overrides | _serving(with_vllm)))


@app.command(name="mcp")
def run_mcp(
    http: Annotated[bool, typer.Option("--http", help="Over HTTP instead of standard input and output.")] = False,
    host: Annotated[str | None, typer.Option(help="With --http; default: mcp.host.")] = None,
    port: Annotated[int | None, typer.Option(help="With --http; default: mcp.port; 0 takes a free one.")] = None,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Offer search, answers and documents to language models, over the Model Context Protocol."""
    from api.mcp.serve import serve_http, serve_stdio

    refuse_with_server(server, tenant=tenant, group=group)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    if given and not http:
        raise InvalidError(f"--{min(given)} goes with --http; add it, or leave --{min(given)} out.")
    settings = settings_of(data, config, {"mcp": given} if given else {})
    (serve_http if http else serve_stdio)(settings, access_of(settings, tenant, group), server)


@app.command(name="doctor")
def run_doctor(with_vllm: WithVllm = False, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Check settings, disk, models, parsers, catalog and indexes. --with-vllm: for `serve --with-vllm`."""
    with Services(settings_of(data, config, _serving(with_vllm))) as services:
        report = doctor.examine(services)
    show(report, as_json, doctor.show)
    if not report.ok:
        raise typer.Exit(1)


def main() -> None:
    """Run the command; every expected error is one line on standard error."""
    # numpy's own threads would spin beside torch's and make a query ten times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except InvalidError as error:
        sys.exit(_complain(error, 2))
    except CitewellError as error:
        sys.exit(_complain(error, 1))
    except UnicodeEncodeError:
        if all(map(_is_text, sys.argv)):
            raise
        sys.exit(_complain("An argument is not valid UTF-8; write it again, or set the terminal to UTF-8.", 2))
    except _InterruptedByUser:
        sys.exit(_complain("Interrupted; what was finished is kept, run it again to go on.", 1))


def _serving(with_vllm: bool) -> dict[str, Any]:
    """The settings that --with-vllm stands for."""
    return {"answers": {"serve": {"start": True}}} if with_vllm else {}


def _ask(
    body: _In,
    place: Place,
    there: Callable[[RestClient, _In], _Out],
    here: Callable[[Services, _In, Access], Coroutine[Any, Any, _Out]],
) -> _Out:
    def at_server(client: RestClient) -> Callable[[], _Out]:
        return lambda: there(client, body)

    def at_data(services: Services, access: Access) -> Callable[[], _Out]:
        return lambda: asyncio.run(here(services, body, access))

    with opened(place, at_server, at_data, makes_data=True) as answered:
        return answered()


def _deleting(services: Services, access: Access) -> Callable[[str], DocumentOut]:
    def deleted(document_id: str) -> DocumentOut:
        found = operations.delete(services, document_id, access)
        services.forget()  # where no server runs, nobody else does it
        return found

    return deleted


def _listing(services: Services, access: Access) -> Callable[[str, int, str], DocumentsOut]:
    return lambda collection, limit, after: operations.documents(services, collection, access, limit, after)


class _InterruptedByUser(BaseException):
    """Ctrl-C. typer would end on KeyboardInterrupt without a word."""


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise _InterruptedByUser


def _is_text(argument: str) -> bool:
    """Bytes that are no UTF-8 come as surrogates, which nothing stores or sends; in paths they do no harm."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _complain(error: object, code: int) -> int:
    console.err.print(f"[red]Error:[/] {escape(str(error))}", soft_wrap=True)
    return code
