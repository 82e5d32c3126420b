"""What a person sees while waiting."""

from datetime import UTC, datetime
from time import tzset

import pytest

from api.console import PlainProgress, err, moment, out, show_answer
from api.mcp.texts import answer_text
from api.schemas_answers import AnswerOut, UsageOut, answer_out
from generation.citations import resolve
from generation.types import Answer, Short
from ingest.progress import Snapshot
from tests.generation.passages import hit


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


def test_what_others_wrote_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for terminal in (out, err):
        terminal.print("[bold]a\x1b]0;owned\x07b\x9b31mc\n", end="")
    assert [*capsys.readouterr()] == ["a\ufffd]0;owned\ufffdb\ufffd31mc\n"] * 2


def test_a_short_answer_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    text, short = "It is open until six. [1]", Short("until six", 1, "doc-1", 111, 120)
    answer = answer_out(Answer(text, (), (), 0.9, False, "t", "extractive", short=short), "How long is it open?")
    assert answer.short is not None
    assert answer.short.model_dump() == {
        "text": "until six",
        "marker": 1,
        "document_id": "doc-1",
        "char_start": 111,
        "char_end": 120,
    }
    show_answer(answer)
    assert capsys.readouterr().out.startswith(f"until six\n\n{text}\n")
    assert answer_text(answer).startswith(f"In short: until six [1]\n\n{text}")


def test_a_row_is_shown_with_the_names_of_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    found = hit("| Item | Price |\n| --- | --- |\n| Coat | 12 |")
    row = resolve("| Coat | 12 | [1]", [found], ())
    answer = answer_out(Answer("| Coat | 12 | [1]", tuple(row), (), 0.9, False, "t", "extractive"), "What is a coat?")
    show_answer(answer)
    assert capsys.readouterr().out.endswith("columns | Item | Price |\n")
    assert answer_text(answer).endswith("\n| Item | Price |\n| Coat | 12 |")


def test_moments_are_those_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setenv("TZ", "XXX-5:30")  # ahead of UTC
        tzset()
        at = datetime(2025, 6, 1, 20, 15, 9, tzinfo=UTC)
        shown = moment(at), moment(at, seconds=True)
    tzset()
    assert shown == ("2025-06-02 01:45", "2025-06-02 01:45:09")
