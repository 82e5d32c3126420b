"""Conversations in both databases: whole, in order, for their reader alone, and gone when they are to be gone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
import sqlalchemy as sa

from generation.conversation.sessions import Sessions, title_of
from generation.conversation.types import Session
from generation.types import Answer, Citation
from ingest.catalog import Catalog
from ingest.errors import InvalidError, NotFoundError
from ingest.library.pages import PageOf
from retrieval.types import Access

NOW = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)
CITATION = Citation(
    2, "d", "c", "Travel\0", "/docs/travel.pdf", 3, ("A", "Größe"), 5, 9, "220 🕰", 0.5, ((1.0, 2.5, 3.0, 4.0),)
)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    opened = Catalog(catalog_url)
    yield opened
    opened.close()


class Clock:
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access() -> Access:
    """Of a tenant that no other test uses."""
    return Access(uuid4().hex, ("hr", "legal"))


@pytest.fixture
def sessions(catalog: Catalog, clock: Clock, access: Access) -> Iterator[Sessions]:
    numbers: Callable[[], str] = (f"{access.tenant[:16]}{number:04}" for number in count()).__next__
    opened = Sessions(catalog.engine, numbers, clock)
    yield opened
    clock.now = datetime.now(UTC) + timedelta(days=9999)
    opened.forget(timedelta(0))


def answer(text: str = "220 euros. [2]", *citations: Citation, refused: bool = False) -> Answer:
    return Answer(text, citations, (), 0.9, refused, "trace-1", "extractive")


def questions(sessions: Sessions, session: Session) -> list[str]:
    return [one.question for one in sessions.exchanges(session.id)]


def test_what_was_said_comes_back_as_it_was(sessions: Sessions, access: Access) -> None:
    made = sessions.add(access, "default", "Trips")
    assert sessions.get(made.id, access) == made
    assert sessions.append(made.id, "And in\0 Leeds?", "What is the limit in Leeds?", answer("180 🕰", CITATION))
    assert sessions.append(made.id, "Why?", "Why?", answer("I don't know.", refused=True))
    first, second = sessions.exchanges(made.id)
    assert (first.position, first.question, first.standalone) == (0, "And in Leeds?", "What is the limit in Leeds?")
    assert (first.answer, first.refused, first.trace_id) == ("180 🕰", False, "trace-1")
    assert first.citations == (replace(CITATION, title="Travel"),)
    assert (second.position, second.refused, second.citations) == (1, True, ())
    assert NOW < made.created_at < first.created_at < second.created_at
    assert sessions.get(made.id, access) == replace(made, updated_at=second.created_at)
    assert [one.position for one in sessions.exchanges(made.id, newest=1)] == [1]


def test_the_first_question_is_the_title_where_nobody_gave_one(sessions: Sessions, access: Access) -> None:
    made = sessions.add(access, "default")
    sessions.append(made.id, "What is  the limit?\n", "x", answer())
    sessions.append(made.id, "And in Leeds?", "x", answer())
    assert sessions.get(made.id, access).title == "What is the limit?"
    renamed = sessions.rename(sessions.get(made.id, access), "Limits")
    sessions.append(made.id, "Why?", "x", answer())
    assert (renamed.title, sessions.get(made.id, access).title) == ("Limits", "Limits")
    assert len(title_of("word " * 100)) <= 80


@pytest.mark.parametrize(
    "other", [Access("{tenant}", ("hr",)), Access("{tenant}"), Access("{tenant}", ("hr", "legal", "it")), Access("x")]
)
def test_only_the_same_reader_finds_a_session(sessions: Sessions, access: Access, other: Access) -> None:
    stranger = replace(other, tenant=other.tenant.format(tenant=access.tenant))
    made = sessions.add(access, "default")
    with pytest.raises(NotFoundError, match="GET /v1/sessions lists yours"):
        sessions.get(made.id, stranger)
    assert sessions.page(stranger, PageOf()) == ([], False)
    with pytest.raises(InvalidError):
        sessions.page(stranger, PageOf(after=made.id))
    assert sessions.get(made.id, replace(access, groups=("legal", "hr", "hr"))) == made


def test_pages_newest_first(sessions: Sessions, access: Access) -> None:
    made = [sessions.add(access, "default", str(number)) for number in range(5)]
    found, more = sessions.page(access, PageOf(2))
    assert (found, more) == (made[:2:-1], True)
    rest, more = sessions.page(access, PageOf(3, after=found[-1].id))
    assert (rest, more) == (made[2::-1], False)


def test_what_is_deleted_takes_its_exchanges_with_it(catalog: Catalog, sessions: Sessions, access: Access) -> None:
    gone, kept = sessions.add(access, "default"), sessions.add(access, "default")
    for one in (gone, kept):
        sessions.append(one.id, "What?", "What?", answer())
    sessions.remove(gone.id)
    with pytest.raises(NotFoundError):
        sessions.get(gone.id, access)
    with pytest.raises(NotFoundError):
        sessions.rename(gone, "Too late")
    assert (sessions.exchanges(gone.id), questions(sessions, kept)) == ([], ["What?"])
    assert not sessions.append(gone.id, "Too late?", "Too late?", answer())
    assert sessions.exchanges(gone.id) == []


def test_what_was_silent_for_long_is_forgotten(sessions: Sessions, access: Access, clock: Clock) -> None:
    old, used = sessions.add(access, "default"), sessions.add(access, "default")
    sessions.append(old.id, "What?", "What?", answer())
    clock.now += timedelta(days=30)
    sessions.append(used.id, "What?", "What?", answer())
    assert sessions.forget(timedelta(days=31)) == 0
    assert sessions.forget(timedelta(days=30)) == 1
    assert sessions.page(access, PageOf())[0] == [sessions.get(used.id, access)]
    assert (sessions.exchanges(old.id), questions(sessions, used)) == ([], ["What?"])


def test_questions_at_once_are_all_kept_each_whole(sessions: Sessions, access: Access) -> None:
    made = sessions.add(access, "default")

    def ask(number: int) -> bool:
        return sessions.append(made.id, f"{number}?", f"{number}?", answer(f"{number}."))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(40)))
    found = sessions.exchanges(made.id)
    assert [one.position for one in found] == list(range(40))
    assert sorted(one.answer for one in found) == sorted(f"{number}." for number in range(40))
    assert all(one.question[:-1] == one.answer[:-1] for one in found)


def test_an_older_data_folder_gains_the_tables(catalog: Catalog, access: Access) -> None:
    with catalog.engine.begin() as connection:
        for table in ("sessions", "session_exchanges"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
    opened = Sessions(catalog.engine)
    assert Sessions(catalog.engine).get(opened.add(access, "default").id, access).collection == "default"


def test_of_a_document_that_was_deleted_nothing_is_kept(sessions: Sessions, access: Access) -> None:
    made, other = sessions.add(access, "default"), replace(CITATION, document_id="e", quote="180")
    for question, cited in (("1", (other,)), ("2", (CITATION, other)), ("3", ()), ("4", (CITATION,))):
        sessions.append(made.id, question, f"understood {question}", answer(f"told {question}", *cited))
    before = sessions.exchanges(made.id)
    erase(sessions, before[2].created_at)
    after = sessions.exchanges(made.id)
    assert (after[0], after[1].answer, after[2].answer, after[3].answer) == (before[0], "", "told 3", "told 4")
    blank, kept = after[1].citations
    assert (blank.document_id, blank.quote, blank.title, blank.source, blank.boxes) == ("d", "", "", "", ())
    assert (kept.document_id, kept.quote) == ("e", "180")
    assert [one.standalone for one in after] == ["understood 1", "understood 2", "3", "4"]
    erase(sessions, before[2].created_at)
    assert sessions.exchanges(made.id) == after


def test_exchanges_that_have_been_dealt_with_stay(sessions: Sessions, access: Access) -> None:
    made = sessions.add(access, "default")
    for question in ("1", "2"):
        sessions.append(made.id, question, question, answer(f"told {question}", CITATION))
    first, second = sessions.exchanges(made.id)
    erase(sessions, second.created_at, since=second.created_at)
    assert [one.answer for one in sessions.exchanges(made.id)] == [first.answer, ""]


def erase(sessions: Sessions, at: datetime, since: datetime = NOW) -> None:
    assert len(list(sessions.erasing({"d": at}, since))) > 0
