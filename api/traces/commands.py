"""`citewell traces`, `citewell replay` and `citewell feedback`: on a data folder, or on a running server."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from api.bodies import body as request_body
from api.cli_options import AsJson, Config, Data, Groups, Server, Tenant
from api.cli_shared import Place, opened, show
from api.client import RestClient
from api.traces import console, learning
from api.traces.reader import LocalTraces, TraceReader
from api.traces.schemas import CorrectIn, FeedbackIn, FeedbackOut, FeedbacksOut
from ingest.errors import InvalidError, UnavailableError

traces = typer.Typer(help="How answers came about.", no_args_is_help=True)
feedback = typer.Typer(help="What readers say of answers.", no_args_is_help=True)

TraceArgument = Annotated[str, typer.Argument(help="`trace_id` of an answer.", metavar="TRACE")]
Limit = Annotated[int, typer.Option(min=1, max=200)]
After = Annotated[str, typer.Option(help="Read on after this id.")]
_PAGE = 200


@traces.command(name="list")
def list_traces(
    limit: Limit = 20,
    after: After = "",
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List your answers, newest first."""
    with _reading(server, data, config, tenant, group) as reader:
        show(reader.traces(limit, after), as_json, console.show_traces)


@traces.command(name="show")
def show_trace(
    trace: TraceArgument,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show how an answer came about."""
    with _reading(server, data, config, tenant, group) as reader:
        show(reader.trace(trace), as_json, console.show_trace)


@traces.command(name="delete")
def delete_trace(
    trace: TraceArgument,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Forget how an answer came about, and what was said of it."""
    with _reading(server, data, config, tenant, group) as reader:
        reader.delete_trace(trace)
    console.say_deleted(trace)


def replay(
    trace: TraceArgument,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Ask the question of a trace again, and say what differs. Exit status: 0 the same, 1 another outcome."""
    with _reading(server, data, config, tenant, group) as reader:
        found = reader.replay(trace)
    show(found, as_json, console.show_replay)
    if not found.same:
        raise typer.Exit(1)


@feedback.command()
def give(
    trace: TraceArgument,
    rating: Annotated[str, typer.Argument(help="up or down.")],
    comment: Annotated[str | None, typer.Option()] = None,
    document: Annotated[str | None, typer.Option(help="Id of the document that has the right answer.")] = None,
    quote: Annotated[str | None, typer.Option(help="Its words in that document.")] = None,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say whether an answer is right, and where the right one stands."""
    if quote and not document:
        raise InvalidError("--quote needs --document, the id of the document that holds it.")
    correct = CorrectIn(document_id=document, quote=quote) if document else None
    body = request_body(FeedbackIn, trace_id=trace, rating=rating, comment=comment, correct=correct)
    with _reading(server, data, config, tenant, group) as reader:
        show(reader.give_feedback(body), as_json, console.show_given)


@feedback.command(name="list")
def list_feedback(
    limit: Limit = 20,
    after: After = "",
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List what you said of answers, newest first."""
    with _reading(server, data, config, tenant, group) as reader:
        show(reader.feedback(limit, after), as_json, console.show_feedback)


@feedback.command(name="delete")
def delete_feedback(
    said: Annotated[str, typer.Argument(help="Id of the feedback; `citewell feedback list` has it.", metavar="ID")],
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Forget what you said of an answer."""
    with _reading(server, data, config, tenant, group) as reader:
        reader.delete_feedback(said)
    console.say_deleted(said)


@feedback.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write, JSON lines.")],
    questions: Annotated[
        bool, typer.Option("--questions", help="A question set for `eval`, in place of pairs for `tune reranker`.")
    ] = False,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write what can be learnt from feedback."""
    with _reading(server, data, config, tenant, group) as reader:
        said = list(_all(reader))
    rows = learning.questions(said) if questions else learning.pairs(said)
    lines = [row.model_dump_json() + "\n" for row in rows]
    if not lines:
        raise InvalidError("There is nothing to export; rate answers up, or say where the right ones stand.")
    try:
        out.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"{out} cannot be written ({error.strerror}); name another file with --out.") from error
    console.say_exported(len(lines), out)


def _all(reader: TraceReader) -> Iterator[FeedbackOut]:
    page = FeedbacksOut(feedback=[], next="")
    while page.next is not None:
        page = reader.feedback(_PAGE, page.next)
        yield from page.feedback


def _reading(
    server: str | None, data: Path | None, config: Path | None, tenant: str | None, groups: list[str] | None
) -> AbstractContextManager[TraceReader]:
    return opened(Place(server, data, config, tenant, groups), _of_server, LocalTraces)


def _of_server(client: RestClient) -> TraceReader:
    return client
