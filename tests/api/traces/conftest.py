"""The real server over a small knowledge base of two tenants, without the real models; the key names the reader."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import copytree
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


def over(data: Path, **settings: Any) -> Services:
    """To be closed by the caller."""
    return services_on(data, HashEmbedder(256), **{"answers": QUOTING, **settings})


def put(services: Services, name: str, text: str, access: Access, collection: str = "default") -> None:
    label = Label.of(access.tenant, access.groups, {})
    operations.upload(services, name, BytesIO(text.encode()), collection, label, access)


def client_for(url: str, access: Access) -> httpx.Client:
    """Of the server under `url`, as this reader."""
    key = f"Bearer {access.tenant}:{','.join(access.groups)}"
    return httpx.Client(base_url=url, headers={"authorization": key}, timeout=600)


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, to be copied: parsing takes a process that starts slowly."""
    data = tmp_path_factory.mktemp("stocked") / "data"
    with over(data) as services:
        put(services, "leave.md", LEAVE, ANN)
        put(services, "hours.txt", HOURS, Access("acme"))
        put(services, "secret.md", "# Secret\n\nParental leave is a secret of the others.", Access("other"))
    return data


@pytest.fixture
def data(stocked: Path, tmp_path: Path) -> Path:
    return copytree(stocked, tmp_path / "data")


@pytest.fixture(scope="session")
def quoting(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with over(copytree(stocked, tmp_path_factory.mktemp("traces") / "data")) as services:
        yield services


@pytest.fixture(scope="session")
def url(quoting: Services) -> Iterator[str]:
    with serving(quoting) as address:
        yield address


@pytest.fixture
def ann(url: str) -> Iterator[httpx.Client]:
    with client_for(url, ANN) as client:
        yield client


def asked(client: httpx.Client, question: str = QUESTION, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/answers", json={"query": question, **options}).raise_for_status().json()
    return answer


def traced(client: httpx.Client, trace_id: str) -> dict[str, Any]:
    trace: dict[str, Any] = client.get(f"/traces/{trace_id}").raise_for_status().json()
    return trace
