"""The processes that speak MCP: over standard input and output, or over HTTP."""

import asyncio
import signal

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from api.hosts import KnownHosts
from api.mcp.tools import create_server
from api.reader import open_reader
from api.server import bind, run_app, stop_in_order
from api.settings import Settings
from retrieval.types import Access

PATH = "/mcp"


def serve_stdio(settings: Settings, access: Access, server: str | None) -> None:
    """Serve one client until it closes standard input. Meanwhile whatever else is printed goes to standard error.

    Models are loaded with the first question, so that the client is greeted at once.
    """
    # The thread that waits for input cannot be woken. Nothing is written here, so Ctrl-C may end the process at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open_reader(settings, access, server, warm=False) as reader:
        asyncio.run(_over_stdio(create_server(reader, settings.mcp.page_characters)))


async def _over_stdio(server: Server) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def serve_http(settings: Settings, access: Access, server: str | None) -> None:
    """Serve any number of clients until interrupted.

    Raises:
        UnavailableError: the address cannot be had.
        IndexLockedError: another process owns the data folder.
    """
    stop_in_order()
    listener = bind(settings.mcp.host, settings.mcp.port)
    with open_reader(settings, access, server, warm=True) as reader:
        # No tool keeps anything between two calls: without sessions, a client need not notice a restart.
        app = create_server(reader, settings.mcp.page_characters).streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # KnownHosts is ours
        )
        chosen = settings.mcp
        guarded = KnownHosts(app, chosen.host, chosen.allowed_hosts, "mcp.allowed_hosts")
        run_app(guarded, listener, f"Citewell speaks MCP on {{url}}{PATH}")
