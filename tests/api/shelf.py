"""A small knowledge base of two tenants, without the real models, and the REST server over it on a real port."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import uvicorn

from api import operations
from api.app import create_app
from api.bootstrap import Services
from api.server import bind
from ingest.pipeline import Label
from retrieval.types import Access
from tests.api.conftest import HOURS, LEAVE, settings_for
from tests.fakes import HashEmbedder

READER = Access("acme", ("hr",))
LONG = "# Travel\n\n" + "\n\n".join(
    f"Rule {number}: train tickets of class {number} are booked." for number in range(40)
)


@contextmanager
def shelf(data: Path, min_confidence: float = 0.0) -> Iterator[Services]:
    """Three documents of the tenant acme, one of them for the group hr only, and one of another tenant."""
    access = {"tenant": READER.tenant, "groups": list(READER.groups)}
    settings = settings_for(data, access=access, answers={"cross_encoder": False, "min_confidence": min_confidence})
    with Services(settings, lambda: "trace-1", HashEmbedder(256)) as services:
        put(services, "leave.md", LEAVE, "acme", "hr", year=2025)
        put(services, "hours.txt", HOURS, "acme", year=2023)
        put(services, "travel.md", LONG, "acme")
        put(services, "secret.md", "# Secret\n\nParental leave is a secret of the others.", "other")
        yield services


def put(services: Services, name: str, text: str, tenant: str, *groups: str, **metadata: int) -> None:
    content, label = BytesIO(text.encode()), Label.of(tenant, groups, metadata)
    operations.upload(services, name, content, "default", label, Access(tenant, groups))


def id_of(services: Services, source: str, access: Access = READER) -> str:
    page = operations.documents(services, "default", access, 100)
    (found,) = (entry.id for entry in page.documents if entry.source == f"upload:{source}")
    return found


@contextmanager
def rest(services: Services) -> Iterator[str]:
    """The URL of the real server, which runs in a thread."""
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
