"""Traces are written beside the answers, whatever the database does, and go in their time."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from api.models import Models
from api.schemas import AnswerIn
from api.schemas_answers import UsageOut
from api.traces import recorder as module
from api.traces.course import Course
from api.traces.making import trace_of
from api.traces.recorder import Recorder
from api.traces.schemas import TraceOut
from api.tuned import Tuned
from api.upkeep import Regularly
from ingest.catalog import Catalog, sqlite_url
from ingest.errors import UnavailableError
from ingest.journal.journal import Entry, Journals, reader_of
from retrieval.types import Access
from tests.api.conftest import settings_for
from tests.fakes import HashEmbedder

NOW = datetime(2025, 6, 1, tzinfo=UTC)
READER = reader_of("acme", ())
LONG_S = 60.0


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[Journals]:
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    yield Journals.opened(catalog.engine)
    catalog.close()


class Moody:
    """Gives the journals once it is `well`."""

    def __init__(self, journals: Journals, well: bool = False) -> None:
        self._journals, self.well = journals, well

    def __call__(self) -> Journals:
        if not self.well:
            raise UnavailableError("The catalog does not answer; start it.")
        return self._journals


def course(key: str, at: datetime = NOW) -> Course:
    return Course(
        key, at, AnswerIn(query="Why?"), Access("acme"), "Why?", Tuned(), "failed", "", None, "It broke.", 1.0, 0.5
    )


def trace(made_of: Course) -> TraceOut:
    return TraceOut(
        id=made_of.id,
        created_at=made_of.at,
        outcome=made_of.outcome,
        collection="default",
        query=made_of.query,
        model="m",
        confidence=0,
        total_ms=made_of.total_ms,
        tenant="acme",
        groups=[],
        asked=made_of.asked,
        error=made_of.error,
        hits=[],
        read=[],
        omitted=0,
        quotes=[],
        prompt=None,
        written="",
        text="",
        refused=False,
        citations=[],
        verification=None,
        generator="extractive",
        fingerprint="f",
        settings={},
        versions={},
        timings={},
        usage=UsageOut(prompt_tokens=0, completion_tokens=0),
        cost=None,
    )


def recorder(opened: Moody) -> Recorder:
    return Recorder(opened, trace, True, timedelta(days=30), timedelta(days=365), lambda: NOW)


def ids(journals: Journals) -> list[str]:
    return [entry.id for entry in journals.traces.page(READER, 100)[0]]


def test_a_database_that_does_not_answer_is_tried_again(journals: Journals, caplog: pytest.LogCaptureFixture) -> None:
    opened = Moody(journals)
    recording = recorder(opened)
    recording.record(course("a"))
    recording.settle()
    assert "1 traces of answers wait: The catalog does not answer" in caplog.text
    opened.well = True
    recording.record(course("b", NOW + timedelta(seconds=1)))
    recording.settle()
    assert ids(journals) == ["b", "a"]
    recording.close()


def test_the_end_writes_what_waits(journals: Journals) -> None:
    opened = Moody(journals)
    recording = recorder(opened)
    recording.record(course("a"))
    recording.settle()
    opened.well = True
    recording.close()
    assert ids(journals) == ["a"]


def test_what_cannot_be_written_in_the_end_is_told(journals: Journals, caplog: pytest.LogCaptureFixture) -> None:
    recording = recorder(Moody(journals))
    recording.record(course("a"))
    recording.close()
    recording.record(course("late"))
    lost = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert lost[0].startswith("1 traces of answers are lost")
    assert lost[1].startswith("The trace late of an answer is lost")


def test_only_so_many_wait(
    journals: Journals, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    opened = Moody(journals)
    recording = recorder(opened)
    for number in range(5):
        recording.record(course(str(number), NOW + timedelta(seconds=number)))
    recording.settle()
    assert "The trace 0 of an answer is lost: too many wait" in caplog.text
    opened.well = True
    recording.close()
    assert ids(journals) == ["4", "3", "2"]


def test_one_that_cannot_be_made_takes_no_other_with_it(journals: Journals, caplog: pytest.LogCaptureFixture) -> None:
    def make(made_of: Course) -> TraceOut:
        if made_of.id == "bad":
            raise ValueError("bad")
        return trace(made_of)

    recording = Recorder(Moody(journals, True), make, True, timedelta(days=30), timedelta(days=30), lambda: NOW)
    for key in ("bad", "good"):
        recording.record(course(key))
    recording.close()
    assert ids(journals) == ["good"]
    assert "The trace bad of an answer is lost" in caplog.text


def test_what_is_too_old_goes(journals: Journals) -> None:
    for journal in (journals.traces, journals.feedback):
        for days in (29, 31, 364, 366):
            journal.add([Entry(str(days), READER, NOW - timedelta(days=days), "{}")])
    recording = recorder(Moody(journals, True))
    recording.start()
    recording.close()  # waits for what has begun
    assert ids(journals) == ["29"]
    assert [one.id for one in journals.feedback.page(READER, 9)[0]] == ["29", "31", "364"]


def test_work_is_done_again_and_again_until_the_end() -> None:
    thrice, times = threading.Event(), 0

    def work() -> None:
        nonlocal times
        times += 1
        if times == 3:
            thrice.set()
        raise UnavailableError("Nobody is there; look.")

    regularly = Regularly(work, 0.001)
    regularly.start()
    regularly.start()
    assert thrice.wait(LONG_S)
    regularly.close()
    done = times
    regularly.start()
    assert times == done


class Unreachable(HashEmbedder):
    """What a server's vectors are like is asked once it answers."""

    @property
    def dimension(self) -> int:
        raise UnavailableError("The embedding server does not answer; start it.")


def test_an_answer_that_failed_for_the_embedding_model_has_a_trace(
    journals: Journals, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = Models(settings_for(tmp_path), Unreachable())
    make = partial(trace_of, models)
    recording = Recorder(Moody(journals, True), make, True, timedelta(days=30), timedelta(days=30), lambda: NOW)
    recording.record(course("a"))
    recording.close()
    (entry,) = journals.traces.page(READER, 9)[0]
    assert TraceOut.model_validate_json(entry.body).versions["embedding model"] == models.settings.embedding.model
    assert caplog.records == []
