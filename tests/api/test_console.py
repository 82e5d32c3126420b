"""What a person sees while waiting."""

import pytest

from api.console import PlainProgress
from ingest.progress import Snapshot


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    said = PlainProgress(15.0, lambda: now[0])
    for now[0] in (1.0, 16.0, 17.0, 29.0, 31.5):
        said(Snapshot(3, 10, 50, 200.0, 12.4, 75.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [" 25%  3/10 files  12 chunks/s  ETA 1:15"] * 2
