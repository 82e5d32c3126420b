"""The HTTP server process."""

import errno
import signal
import socket
import sys
from typing import NoReturn

import uvicorn

from api import console
from api.app import create_app
from api.bootstrap import Services
from api.settings import Settings
from ingest.errors import UnavailableError


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises UnavailableError where the address cannot be had or the start fails."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    listener = bind(settings.api.host, settings.api.port)
    with Services(settings) as services:
        services.warm_up()
        server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning", access_log=False))
        console.err.print(f"Citewell listens on {_url(listener)} (API documentation at /docs)", soft_wrap=True)
        server.run(sockets=[listener])


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
