"""The HTTP server process."""

import errno
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import uvicorn
from rich.markup import escape
from starlette.types import ASGIApp

from api import console
from api.app import create_app
from api.bootstrap import Services
from api.settings import Settings
from ingest.errors import UnavailableError

GRACE_S = 20
"""So long may requests that are open go on once the server is to stop: a stream may be open for ever. Then what is
being ingested ends at its next batch, and an index that is being tidied is left after `upkeep.PATIENCE_S`. The service
manager's patience (TimeoutStopSec in configs/deploy) must be greater than all that and answers.serve.stop_s."""


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises UnavailableError where the address cannot be had or the start fails."""
    stop_in_order()
    with (
        bind(settings.api.host, settings.api.port) as listener,
        Services(settings) as services,
        _model_server(services) as ready,
    ):
        services.warm_up()
        ready()
        run_app(create_app(services, services.stop), listener, "Citewell listens on {url} (API documentation at /docs)")


@contextmanager
def _model_server(services: Services) -> Iterator[Callable[[], None]]:
    """The language model's server, where it is Citewell's to run; gives what waits until it answers."""
    chosen = services.settings.answers
    if not chosen.serve.start:
        yield lambda: None
        return
    from api.model_server import LOG_NAME, build_model_server

    log = services.data / LOG_NAME
    with build_model_server(chosen, services.data) as server:
        console.err.print(escape(f"Loading {chosen.model}, which may take minutes; its log is {log}"), soft_wrap=True)
        yield server.wait


def run_app(app: ASGIApp, listener: socket.socket, announcement: str) -> None:
    """Serve an application until interrupted. `announcement` goes to standard error, with its `{url}` filled in."""
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_S)
    )
    console.err.print(announcement.format(url=_url(listener)), soft_wrap=True)
    server.run(sockets=[listener])


def stop_in_order() -> None:
    """Let an interrupt or a request to terminate end this process so that everything is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: object) -> NoReturn:
    """uvicorn finishes its requests, then gives the signal back: leave in order, so that everything is closed."""
    sys.exit(0)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def bind(host: str, port: int) -> socket.socket:
    """Bind before the model is loaded: a port in use is found out at once and told in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it each response waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = "is in use by another program" if error.errno == errno.EADDRINUSE else f"is refused ({error.strerror})"
        raise UnavailableError(f"Port {port} on {host} {reason}; choose another with --port.") from error
    return listener
