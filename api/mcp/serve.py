"""The processes that speak MCP: over standard input and output, or over HTTP."""

import asyncio
import signal

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from api.mcp.tools import create_server
from api.reader import open_reader
from api.server import bind, run_app, stop_in_order
from api.settings import McpSettings, Settings
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
            transport_security=_security(settings.mcp),
        )
        run_app(app, listener, f"Citewell speaks MCP on {{url}}{PATH}")


def _security(chosen: McpSettings) -> TransportSecuritySettings:
    """Web pages that a browser shows must not reach a local server under a name of theirs (DNS rebinding)."""
    own = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    names = dict.fromkeys(("127.0.0.1", "localhost", "[::1]", own, *chosen.allowed_hosts))
    hosts = [form for name in names for form in (name, f"{name}:*")]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
