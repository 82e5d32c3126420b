"""The real application over a data folder and a model that all tests of this folder share."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from starlette.testclient import TestClient

from api import cli
from api.app import create_app
from api.bootstrap import Services
from api.settings import Settings, load_settings
from ingest.ports import Embedder

Upload = Callable[..., Any]
_numbers = count()

MAX_UPLOAD_MB = 0.25
LEAVE = "# Leave\n\nParental leave is thirty days. It may be taken in two parts.\n"
HOURS = "The office opens at nine and closes at six.\n"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder) -> Iterator[Services]:
    data = tmp_path_factory.mktemp("server")
    with Services(settings_for(data, api={"max_upload_mb": MAX_UPLOAD_MB}), lambda: "trace-1", minilm) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def collection() -> str:
    """A name that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def upload(client: TestClient, collection: str) -> Upload:
    """Upload(name, content, **form) into the test's collection."""

    def send(name: str, content: bytes | str, **form: Any) -> Any:
        body = content.encode() if isinstance(content, str) else content
        return client.post("/v1/documents", files={"file": (name, body)}, data={"collection": collection, **form})

    return send


def pdf(*lines: str, password: str = "") -> bytes:
    made = FPDF()
    if password:
        made.set_encryption(owner_password=password, user_password=password)
    made.add_page()
    made.set_font("Helvetica", size=12)
    for line in lines:
        made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def settings_for(data: Path, **overrides: Any) -> Settings:
    return load_settings(None, {"data": data, **overrides})


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The `citewell` command with these arguments."""
    interrupt = signal.getsignal(signal.SIGINT)

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["citewell", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return Outcome(code, *capsys.readouterr())

    yield call
    signal.signal(signal.SIGINT, interrupt)


def one_line(outcome: Outcome, *parts: str) -> None:
    """One line on standard error, nothing on standard output."""
    assert outcome.out == ""
    assert outcome.err.startswith("Error: ")
    assert outcome.err.count("\n") == 1
    for part in parts:
        assert part in outcome.err


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which two documents are indexed; read only."""
    root = tmp_path_factory.mktemp("cli")
    (root / "docs").mkdir()
    (root / "docs" / "leave.md").write_text(LEAVE)
    (root / "docs" / "hours.txt").write_text(HOURS)
    data = root / "data"
    argv, sys.argv = sys.argv, ["citewell", "ingest", str(root / "docs"), "--data", str(data), "--meta", "year=2025"]
    with pytest.raises(SystemExit) as end:
        cli.main()
    sys.argv = argv
    assert not end.value.code
    return data


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder
