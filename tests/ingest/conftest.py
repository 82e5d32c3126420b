"""A folder of documents and a workshop that ingests it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.workshop import Workshop


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return tmp_path / "docs"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with Workshop(tmp_path / "data") as opened:
        yield opened
