"""The real server over a small knowledge base of two tenants, without the real models; the key names the reader."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import operations
from api.bootstrap import Services
from ingest.pipeline import Label
from retrieval.types import Access
from tests.api.conftest import HOURS, LEAVE
from tests.api.openai.conftest import services_on, serving
from tests.fakes import HashEmbedder

QUESTION = "How many days is parental leave?"
QUOTING: dict[str, Any] = {"cross_encoder": False, "min_confidence": 0.0}
ANN, BOB = Access("acme", ("hr",)), Access("acme", ("sales",))


def filled(data: Path, **settings: Any) -> Services:
    """To be closed by the caller."""
    services = services_on(data, HashEmbedder(256), **{"answers": QUOTING, **settings})
    put(services, "leave.md", LEAVE, ANN)
    put(services, "hours.txt", HOURS, ANN, everyone=True)
    put(services, "secret.md", "# Secret\n\nParental leave is a secret of the others.", Access("other"))
    return services


def put(services: Services, name: str, text: str, access: Access, everyone: bool = False) -> None:
    label = Label.of(access.tenant, () if everyone else access.groups, {})
    operations.upload(services, name, BytesIO(text.encode()), "default", label, access)


def client_for(url: str, access: Access) -> httpx.Client:
    """Of the server under `url`, as this reader."""
    key = f"Bearer {access.tenant}:{','.join(access.groups)}"
    return httpx.Client(base_url=url, headers={"authorization": key}, timeout=60)


@pytest.fixture(scope="session")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with filled(tmp_path_factory.mktemp("traces") / "data") as services:
        yield services


@pytest.fixture(scope="session")
def url(quoting: Services) -> Iterator[str]:
    with serving(quoting) as address:
        yield address


@pytest.fixture
def ann(url: str) -> Iterator[httpx.Client]:
    with client_for(url, ANN) as client:
        yield client


@pytest.fixture
def bob(url: str) -> Iterator[httpx.Client]:
    with client_for(url, BOB) as client:
        yield client


def asked(client: httpx.Client, question: str = QUESTION, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/answers", json={"query": question, **options}).raise_for_status().json()
    return answer


def traced(client: httpx.Client, trace_id: str) -> dict[str, Any]:
    trace: dict[str, Any] = client.get(f"/traces/{trace_id}").raise_for_status().json()
    return trace
