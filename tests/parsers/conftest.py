"""Small files for the parser tests, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.parsers.routing import RoutingParser
from ingest.types import Section

Write = Callable[[str, bytes | str], Path]


@pytest.fixture
def parser() -> RoutingParser:
    return RoutingParser()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


@pytest.fixture
def parse(parser: RoutingParser, write: Write) -> Callable[[str, bytes | str], list[Section]]:
    return lambda name, content: parser.parse(write(name, content))
