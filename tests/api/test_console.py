"""What a person sees while waiting."""

import pytest

from api.console import PlainProgress, show_answer
from api.schemas_answers import AnswerOut, UsageOut
from ingest.progress import Snapshot


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    said = PlainProgress(15.0, lambda: now[0])
    for now[0] in (1.0, 16.0, 17.0, 29.0, 31.5):
        said(Snapshot(3, 10, 50, 200.0, 12.4, 75.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [" 25%  3/10 files  12 chunks/s  ETA 1:15"] * 2


@pytest.mark.parametrize("text", ["Mix at a ratio of 1:100:1. :smile:", "[bold]Wear gloves.[/bold]", "C:\\temp\\"])
def test_quotes_are_shown_word_for_word(capsys: pytest.CaptureFixture[str], text: str) -> None:
    usage = UsageOut(prompt_tokens=0, completion_tokens=0)
    show_answer(
        AnswerOut(
            query="?",
            text=text,
            refused=False,
            confidence=0.5,
            citations=[],
            hits=[],
            timings={},
            trace_id="t",
            model="m",
            usage=usage,
        )
    )
    assert capsys.readouterr().out.startswith(f"{text}\n")
