"""`citewell sessions` and `citewell chat`: conversations that are remembered."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from api import console, memory, operations
from api.bodies import body as request_body
from api.bootstrap import Services
from api.cli_options import AsJson, AskedCollection, Config, Data, Groups, Server, Tenant
from api.cli_shared import Place, opened, show
from api.client import LostAnswerError, RestClient, found_before
from api.schemas import AnswerIn
from api.schemas_answers import AnswerOut
from api.schemas_sessions import SessionIn, SessionOut, SessionsOut, SessionTurnsOut
from generation.errors import GenerationError
from ingest.errors import CitewellError
from retrieval.types import Access

app = typer.Typer(help="List, show and delete conversations.", no_args_is_help=True)
SessionId = Annotated[str, typer.Argument(metavar="SESSION")]


@app.command(name="list")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str, typer.Option(help="Read on after this id.")] = "",
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Your conversations, newest first."""
    with _opened(server, data, config, tenant, group) as faces:
        show(faces.listed(limit, after), as_json, console.show_sessions)


@app.command(name="show")
def show_session(
    session: SessionId,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """One conversation with all that was said in it."""
    with _opened(server, data, config, tenant, group) as faces:
        show(faces.shown(session), as_json, console.show_session)


@app.command(name="delete")
def delete_session(
    session: SessionId,
    tenant: Tenant = None,
    group: Groups = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Forget a conversation with all that was said in it."""
    with _opened(server, data, config, tenant, group) as faces:
        show(faces.deleted(session), as_json, console.show_gone)


def chat(
    session: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    tenant: Tenant = None,
    group: Groups = None,
    collection: AskedCollection = None,
    server: Server = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Ask one question after the other; an empty line or Ctrl-D ends it. The conversation is kept."""
    with _opened(server, data, config, tenant, group) as faces:
        begun = faces.shown(session) if session else faces.created(request_body(SessionIn, collection=collection))
        while question := _read():
            try:
                body = request_body(AnswerIn, query=question, session=begun.id, collection=collection)
                console.show_answer(faces.answered(body))
            except CitewellError as error:
                if isinstance(error, (GenerationError, LostAnswerError)):
                    console.show_lost(found_before(error))
                console.err.print(f"Error: {error}", soft_wrap=True, markup=False)
        console.show_way_back(begun)


@dataclass(frozen=True)
class _Faces:
    """The same calls, on a server or on the data folder."""

    created: Callable[[SessionIn], SessionOut]
    listed: Callable[[int, str], SessionsOut]
    shown: Callable[[str], SessionTurnsOut]
    deleted: Callable[[str], SessionOut]
    answered: Callable[[AnswerIn], AnswerOut]


@contextmanager
def _opened(server: Server, data: Data, config: Config, tenant: Tenant, group: Groups) -> Iterator[_Faces]:
    place = Place(server, data, config, tenant, group)
    with (
        asyncio.Runner() as runner,
        opened(place, _there, lambda services, access: _here(services, access, runner)) as faces,
    ):
        yield faces


def _there(client: RestClient) -> _Faces:
    return _Faces(client.create_session, client.sessions, client.session, client.delete_session, client.answer)


def _here(services: Services, access: Access, runner: asyncio.Runner) -> _Faces:
    services.forget()  # no server does it here
    return _Faces(
        lambda body: memory.create(services, body, access),
        lambda limit, after: memory.listed(services, access, limit, after),
        lambda session: memory.shown(services, session, access),
        lambda session: memory.deleted(services, session, access),
        lambda body: runner.run(operations.answer(services, body, access)),
    )


def _read() -> str:
    try:
        return console.out.input("> ").strip()
    except EOFError:
        return ""
