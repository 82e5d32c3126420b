"""The HTTP server process."""

import errno
import socket

import uvicorn

from api import console
from api.app import create_app
from api.bootstrap import Services
from api.settings import Settings
from ingest.errors import UnavailableError


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises UnavailableError where the address cannot be had or the start fails."""
    listener = _bind(settings.api.host, settings.api.port)
    with Services(settings) as services:
        services.warm_up()
        server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="info", access_log=False))
        host, port = listener.getsockname()[:2]
        console.err.print(f"Citewell listens on http://{host}:{port} (API documentation at /docs)")
        server.run(sockets=[listener])


def _bind(host: str, port: int) -> socket.socket:
    """Bind before the model is loaded: a port in use is found out at once and told in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = "is in use by another program" if error.errno == errno.EADDRINUSE else f"is refused ({error.strerror})"
        raise UnavailableError(f"Port {port} on {host} {reason}; choose another with --port.") from error
    return listener
