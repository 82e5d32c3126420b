"""What is kept of answers: each entry for its reader alone; in both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.catalog import Catalog, sqlite_url
from ingest.errors import InvalidError, NotFoundError
from ingest.journal.journal import Entry, Journal, Journals, reader_of

NOW = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def journals(catalog_url: str) -> Iterator[Journals]:
    catalog = Catalog(catalog_url)
    opened = Journals.opened(catalog.engine)
    yield opened
    for one in (opened.traces, opened.feedback):
        one.expire(NOW + timedelta(days=10_000))
    catalog.close()


@pytest.fixture
def reader() -> str:
    return reader_of(uuid4().hex, ("hr",))


def entries(reader: str, count: int, about: str = "") -> list[Entry]:
    """A second apart, the last one newest; ids in no order."""
    return [
        Entry(uuid4().hex, reader, NOW + timedelta(seconds=number), f'{{"n": {number}, "ü": "\ud800"}}', about)
        for number in range(count)
    ]


def test_what_goes_in_comes_out(journals: Journals, reader: str) -> None:
    (one,) = entries(reader, 1)
    journals.traces.add([one])
    assert journals.traces.get(one.id, reader) == one


def test_an_entry_is_there_for_its_reader_and_its_kind_alone(journals: Journals, reader: str) -> None:
    (one,) = entries(reader, 1)
    journals.traces.add([one])
    for journal, other in ((journals.traces, reader_of("else", ("hr",))), (journals.feedback, reader)):
        with pytest.raises(NotFoundError, match=f"There is no {'trace' if other != reader else 'feedback'} '{one.id}'"):
            journal.get(one.id, other)
        with pytest.raises(NotFoundError):
            journal.remove(one.id, other)
        assert journal.page(other, 10) == ([], False)
    assert journals.traces.get(one.id, reader) == one


def test_pages_are_newest_first(journals: Journals, reader: str) -> None:
    made = entries(reader, 5)
    journals.traces.add(made)
    journals.traces.add(entries(reader_of("other", ()), 3))
    first, more = journals.traces.page(reader, 2)
    assert (first, more) == (made[:2:-1], True)
    second, more = journals.traces.page(reader, 3, first[-1].id)
    assert (second, more) == (made[2::-1], False)
    with pytest.raises(InvalidError, match="is no id of this list"):
        journals.traces.page(reader, 2, "nothing")


def test_what_is_about_an_entry_goes_with_it(journals: Journals, reader: str) -> None:
    kept, gone = entries(reader, 2)
    journals.traces.add([kept, gone])
    journals.feedback.add(entries(reader, 2, gone.id))
    (stays,) = entries(reader, 1, kept.id)
    journals.feedback.add([stays])
    journals.traces.remove(gone.id, reader)
    assert journals.traces.page(reader, 9)[0] == [kept]
    assert journals.feedback.page(reader, 9)[0] == [stays]


def test_what_is_older_goes_of_every_reader(journals: Journals, reader: str) -> None:
    for one in (reader, reader_of("other", ())):
        journals.traces.add(entries(one, 4))
        journals.feedback.add(entries(one, 1))
    assert journals.traces.expire(NOW + timedelta(seconds=3)) == 6
    assert [one.created_at for one in journals.traces.page(reader, 9)[0]] == [NOW + timedelta(seconds=3)]
    assert len(journals.feedback.page(reader, 9)[0]) == 1


def test_the_same_id_again_takes_its_place(journals: Journals, reader: str) -> None:
    first, second = entries(reader, 2)
    again = Entry(first.id, reader, second.created_at, "new")
    journals.traces.add([first, second])
    journals.traces.add([first, again])
    assert journals.traces.get(first.id, reader) == again


def test_nothing_is_added_without_entries(journals: Journals, reader: str) -> None:
    journals.traces.add([])
    assert journals.traces.page(reader, 1) == ([], False)


def test_a_second_journal_finds_what_the_first_one_wrote(tmp_path: Path, reader: str) -> None:
    (one,) = entries(reader, 1)
    for write in (True, False):
        catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
        journal = Journal(catalog.engine, "trace")
        if write:
            journal.add([one])
        assert journal.get(one.id, reader) == one
        catalog.close()


NAMES = st.text(min_size=1, max_size=6)


@given(NAMES, st.sets(NAMES), NAMES, st.sets(NAMES))
def test_readers_are_the_same_where_tenant_and_groups_are(
    tenant: str, groups: set[str], other: str, others: set[str]
) -> None:
    same = tenant == other and groups - {"everyone"} == others - {"everyone"}
    assert (reader_of(tenant, groups) == reader_of(other, [*others, "everyone"])) == same


def test_entries_of_one_moment_are_all_read(journals: Journals, reader: str) -> None:
    made = [replace(one, created_at=NOW) for one in entries(reader, 250)]
    journals.traces.add(made)
    read = [one.id for page in journals.traces.pages(NOW, NOW) for one in page]
    assert read == sorted(one.id for one in made)


def test_all_entries_can_be_rewritten(journals: Journals, reader: str) -> None:
    made = entries(reader, 250)
    journals.traces.add(made)
    since, until = made[1].created_at, made[239].created_at
    pages = list(journals.traces.pages(since, until))
    assert ([one for page in pages for one in page if one.reader == reader], len(pages)) == (made[1:240], 3)
    journals.traces.remove(made[1].id, reader)
    journals.traces.rewrite([replace(one, body="new") for one in made[:2]])
    journals.traces.rewrite([])
    assert journals.traces.get(made[0].id, reader) == replace(made[0], body="new")
    with pytest.raises(NotFoundError):
        journals.traces.get(made[1].id, reader)
