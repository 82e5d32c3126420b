"""What API clients keep: uploads, stores, files in them, the queue; in both databases."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ingest.catalog import Catalog
from ingest.errors import InvalidError, NotFoundError
from ingest.library.batches import MOST_BYTES
from ingest.library.files import attach
from ingest.library.pages import PageOf
from ingest.library.places import uploads_of
from ingest.library.rows import STORES, Batch, NamedStore, Status, Task, Upload, filename_of, source_of
from ingest.library.shelves import Library
from ingest.library.stores import Stores
from ingest.library.uploads import require_uploads
from ingest.types import Document, Section, document_id_of

NOW = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    opened = Catalog(catalog_url)
    yield opened
    opened.close()


@pytest.fixture
def library(catalog: Catalog, tmp_path: Path, tenant: str) -> Iterator[Library]:
    numbers = count()
    ids = (f"{tenant[:8]}{number:04}" for number in numbers)
    opened = Library.opened(
        catalog.engine, tmp_path / "files", lambda: next(ids), lambda: NOW + timedelta(seconds=next(numbers))
    )
    yield opened
    for collection in ("one", "two"):
        opened.stores.remove(collection, tenant)
        catalog.remove([entry.id for entry in catalog.page(collection, tenant)])


@pytest.fixture
def tenant() -> str:
    return uuid4().hex


def uploaded(library: Library, tenant: str, *groups: str, name: str = "a.txt", size: int = 1) -> Upload:
    return library.uploads.add(tenant, groups, name, "assistants", io.BytesIO(b"x" * size))


def indexed(catalog: Catalog, collection: str, tenant: str, source: str, *groups: str) -> str:
    key = document_id_of(collection, tenant, source)
    sections = (Section("Thirty days."),)
    document = Document(key, collection, tenant, groups, source, "A", "0" * 64, "r", sections, {"year": 2025})
    catalog.begin(collection, [key])
    catalog.commit([(document, 1)], NOW)
    catalog.finish([key])
    return key


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (source_of("file-1", "Q3: plan.md"), "Q3: plan.md"),
        ("upload:a.txt", "a.txt"),
        ("upload:plans\\Q3: plan.md", "Q3: plan.md"),
        ("reports/2025/a.md", "a.md"),
        ("C:\\docs\\a.md", "a.md"),
        ("wiki:Leave", "wiki:Leave"),
    ],
)
def test_the_name_of_a_file_is_the_end_of_its_source(source: str, name: str) -> None:
    assert filename_of(source) == name


def test_pages_in_both_directions_leave_out_what_is_not_for_the_reader(library: Library, tenant: str) -> None:
    ids = [uploaded(library, tenant, *(["hr"] if number % 3 == 1 else [])).id for number in range(9)]
    own = [one for number, one in enumerate(ids) if number % 3 != 1]

    def page(**more: object) -> tuple[list[str], bool]:
        found, more_there = library.uploads.page(tenant, (), PageOf(**{"descending": False, **more}))  # type: ignore[arg-type]
        return [one.id for one in found], more_there

    assert page() == (own, False)
    assert page(limit=2) == (own[:2], True)
    assert page(limit=2, after=own[1]) == (own[2:4], True)
    assert page(limit=3, after=own[2]) == (own[3:], False)
    assert page(limit=2, before=own[4]) == (own[2:4], True)
    assert page(limit=9, before=own[2]) == (own[:2], False)
    assert page(limit=2, descending=True) == (own[:-3:-1], True)
    assert page(limit=2, descending=True, before=own[0]) == ([own[2], own[1]], True)
    for cursor in (ids[1], "none"):
        with pytest.raises(InvalidError, match="is no id of this list"):
            page(after=cursor)
    assert page(after=own[0], before=own[1]) == ([], False)
    assert page(limit=2, after=own[0], before=own[4]) == (own[1:3], True)
    assert page(limit=2, after=own[4], before=own[1], descending=True) == ([own[3], own[2]], False)


def test_where_a_deleted_entry_stood_is_known_for_a_day(
    catalog: Catalog, tmp_path: Path, library: Library, tenant: str
) -> None:
    ids = [uploaded(library, tenant).id for _ in range(3)]
    upload = library.uploads.get(ids[1], tenant, ())
    library.places.leave(uploads_of(tenant), upload.id, upload.created_at)
    library.places.leave(uploads_of(tenant), upload.id, upload.created_at)
    library.uploads.remove(upload.id)

    def after_it() -> list[str]:
        page = PageOf(descending=False, after=upload.id)
        return [one.id for one in library.uploads.page(tenant, (), page)[0]]

    library.places.forget()
    assert after_it() == [ids[2]]
    Library.opened(catalog.engine, tmp_path, now=lambda: NOW + timedelta(days=2)).places.forget()
    with pytest.raises(InvalidError, match="is no id of this list"):
        after_it()


def test_stores_are_named_ones_and_those_with_documents(library: Library, catalog: Catalog, tenant: str) -> None:
    made = library.stores.add("one", tenant, "One", None, {"a": "b"})
    indexed(catalog, "one", tenant, "x.md")
    indexed(catalog, "two", tenant, "x.md")
    found, _ = library.stores.page(tenant, PageOf())
    assert {store.collection: store.name for store in found} == {"one": "One", "two": "two"}
    assert library.stores.get("one", tenant) == made
    other = library.stores.get("two", tenant)
    assert (other.metadata, other.description, other.created_at) == ({}, None, NOW)
    assert library.stores.change("two", tenant, {"name": "Second"}) == replace(other, name="Second")
    assert library.stores.change("two", tenant, {}).name == "Second"
    with pytest.raises(NotFoundError):
        library.stores.get("one", "another")


@pytest.mark.parametrize("filled", [True, False])
def test_a_change_leaves_what_others_do_meanwhile(
    library: Library, catalog: Catalog, tenant: str, filled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = library.stores
    indexed(catalog, "one", tenant, "x.md") if filled else stores.add("one", tenant, "One", None, {})

    def meanwhile(act: Callable[[], object]) -> Callable[[str, str], NamedStore]:
        def overtaken(collection: str, tenant: str) -> NamedStore:
            store = Stores.get(stores, collection, tenant)
            monkeypatch.undo()
            act()
            return store

        return overtaken

    monkeypatch.setattr(stores, "get", meanwhile(lambda: stores.change("one", tenant, {"metadata": {"a": "b"}})))
    changed = stores.change("one", tenant, {"name": "Second"})
    assert (changed.name, changed.metadata) == ("Second", {"a": "b"})
    catalog.remove([entry.id for entry in catalog.page("one", tenant)])
    monkeypatch.setattr(stores, "get", meanwhile(lambda: stores.remove("one", tenant)))
    with pytest.raises(NotFoundError):
        stores.change("one", tenant, {"name": "Third"})
    assert stores.page(tenant, PageOf()) == ([], False)


def test_two_who_name_a_store_at_once(library: Library, catalog: Catalog, tenant: str) -> None:
    indexed(catalog, "one", tenant, "x.md")
    with ThreadPoolExecutor() as pool:
        changes = [{"name": "Second"}, {"metadata": {"a": "b"}}] * 4
        list(pool.map(partial(library.stores.change, "one", tenant), changes))
    changed = library.stores.get("one", tenant)
    assert (changed.name, changed.metadata) == ("Second", {"a": "b"})


def test_a_store_holds_uploads_and_what_was_ingested(library: Library, catalog: Catalog, tenant: str) -> None:
    plain, secret = uploaded(library, tenant), uploaded(library, tenant, "hr")
    library.batches.add("one", tenant, (), [(plain, {"k": 1}), (secret, {})])
    key = indexed(catalog, "one", tenant, source_of(plain.id, plain.filename))
    other = indexed(catalog, "one", tenant, "other.md")
    indexed(catalog, "one", tenant, "secret.md", "hr")
    holding = library.stores.holding("one", tenant, ())
    assert (dict(holding.files), holding.characters) == ({"in_progress": 1, "completed": 1}, 24)
    assert library.stores.holding("one", tenant, ("hr",)).files.total() == 4
    found, _ = library.files.page("one", tenant, (), PageOf())
    assert {(file.id, file.document_id, file.uploaded, file.characters) for file in found} == {
        (plain.id, key, True, 12),
        (f"file-{other}", other, False, 12),
    }
    assert [file.id for file in library.files.page("one", tenant, (), PageOf(), "in_progress")[0]] == [plain.id]
    assert library.files.get("one", tenant, (), plain.id).attributes == {"k": 1}


def test_a_cursor_need_not_meet_the_filter_any_more(library: Library, tenant: str) -> None:
    uploads = [uploaded(library, tenant) for _ in range(3)]
    batch = library.batches.add("one", tenant, (), [(one, {}) for one in uploads])
    tasks = {task.file_id: task for task in taken(library, tenant)}
    in_store = partial(library.files.page, "one", tenant, (), status="in_progress")
    in_batch = partial(library.batches.page, batch, tenant, (), status="in_progress")
    for page in (in_store, in_batch):
        first, _ = page(page=PageOf(1))
        library.batches.settle(tasks[first[0].id], "completed")
        second, _ = page(page=PageOf(1, after=first[0].id))
        assert second[0].status == "in_progress"


def taken(library: Library, tenant: str, most: int = 10) -> list[Task]:
    """In a database that others use, too."""
    with library.batches.taken(most) as tasks:  # and dies
        pass
    assert {task.tenant for task in tasks} <= {tenant}
    return tasks


def settled(library: Library, tasks: list[Task]) -> None:
    for task in tasks:
        assert library.batches.wanted(task)
        library.batches.settle(task, "completed")
        assert not library.batches.wanted(task)


def test_batches_take_turns_and_slices_have_one_kind_of_reader(library: Library, tenant: str) -> None:
    first = [uploaded(library, tenant) for _ in range(3)] + [uploaded(library, tenant, "hr")]
    second = [uploaded(library, tenant, size=MOST_BYTES), uploaded(library, tenant)]
    library.batches.add("one", tenant, (), [(one, {}) for one in first])
    library.batches.add("two", tenant, (), [(one, {}) for one in second])
    slices = []
    while tasks := taken(library, tenant, most=2):
        slices.append([task.file_id for task in tasks])
        settled(library, tasks)
    ids, others = [one.id for one in first], [one.id for one in second]
    assert slices == [ids[:2], others[:1], ids[2:3], others[1:], ids[3:]]


def test_what_somebody_died_with_is_taken_alone(library: Library, tenant: str) -> None:
    uploads = [uploaded(library, tenant) for _ in range(3)]
    batch = library.batches.add("one", tenant, (), [(one, {}) for one in uploads])
    assert [task.attempts for task in taken(library, tenant, most=2)] == [1, 1]
    (again,) = taken(library, tenant)
    assert (again.file_id, again.attempts) == (uploads[0].id, 2)
    library.batches.settle(again, "failed", "server_error", "Why.")
    library.files.remove([document_id_of("one", tenant, source_of(uploads[1].id, uploads[1].filename))])
    (last,) = taken(library, tenant)
    assert last.file_id == uploads[2].id
    library.batches.settle(last, "completed")
    assert dict(library.batches.counts(batch.id)) == {"failed": 1, "cancelled": 1, "completed": 1}
    assert library.files.get("one", tenant, (), uploads[0].id).error == "Why."
    assert taken(library, tenant) == []


def test_what_another_process_works_on_is_left_to_it(
    catalog: Catalog, library: Library, tenant: str, tmp_path: Path
) -> None:
    other = Library.opened(catalog.engine, tmp_path / "files", now=lambda: NOW)
    first, second = (library.batches.add("one", tenant, (), [(uploaded(library, tenant), {})]) for _ in range(2))
    with library.batches.taken(10) as tasks:
        assert [task.batch_id for task in tasks] == [first.id]
        with other.batches.taken(10) as more:
            several = catalog.engine.dialect.name == "postgresql"  # in SQLite one process works at a time
            assert [task.batch_id for task in more] == ([second.id] if several else [])
            assert taken(other, tenant) == []
            settled(other, more)
        settled(library, tasks)
    assert [task.attempts for task in taken(other, tenant)] == ([] if several else [1])


def test_bytes_that_are_not_here_are_left_to_others_for_a_while(
    catalog: Catalog, library: Library, tenant: str, tmp_path: Path
) -> None:
    file, lost = uploaded(library, tenant), uploaded(library, tenant)
    library.uploads.path(lost.id, lost.filename).unlink()
    library.batches.add("one", tenant, (), [(lost, {}), (file, {})])
    assert [task.file_id for task in taken(library, tenant)] == [file.id]
    elsewhere = Library.opened(catalog.engine, tmp_path / "elsewhere", now=lambda: NOW + timedelta(minutes=9))
    assert taken(elsewhere, tenant) == []
    late = Library.opened(catalog.engine, tmp_path / "elsewhere", now=lambda: NOW + timedelta(minutes=11))
    assert [task.file_id for task in taken(late, tenant)] == [lost.id]


def test_a_batch_shows_each_reader_his_own_files(library: Library, tenant: str) -> None:
    one, both = uploaded(library, tenant, "a"), uploaded(library, tenant, "a", "b")
    batch = library.batches.add("one", tenant, ("a", "b"), [(one, {}), (both, {})])

    def shown(*groups: str) -> set[str]:
        return {file.id for file in library.batches.page(batch, tenant, groups, PageOf(), None)[0]}

    assert (shown("a"), shown("b"), shown("c")) == ({one.id, both.id}, {both.id}, set())
    assert library.files.all_readable("one", tenant, ("a",))
    assert not library.files.all_readable("one", tenant, ("b",))
    library.files.remove([document_id_of("one", tenant, source_of(both.id, both.filename))])
    assert library.uploads.remove(both.id)
    assert (shown("a"), shown("b")) == ({one.id}, set())


def test_what_is_given_back_was_never_begun(library: Library, tenant: str) -> None:
    uploads = [uploaded(library, tenant) for _ in range(3)]
    batch = library.batches.add("one", tenant, (), [(one, {}) for one in uploads])
    tasks = taken(library, tenant)
    library.batches.settle(tasks[0], "completed")
    library.batches.give_back(tasks)
    assert [(task.file_id, task.attempts) for task in taken(library, tenant)] == [(one.id, 1) for one in uploads[1:]]
    assert dict(library.batches.counts(batch.id)) == {"completed": 1, "in_progress": 2}


def test_nobody_wants_what_has_left_the_store(library: Library, tenant: str) -> None:
    uploads = [uploaded(library, tenant) for _ in range(2)]
    library.batches.add("one", tenant, (), [(one, {}) for one in uploads])
    tasks = taken(library, tenant)
    assert [library.batches.wanted(task) for task in tasks] == [True, True]
    document_id = library.files.get("one", tenant, (), uploads[0].id).document_id
    assert library.files.attached(document_id)
    library.files.remove([document_id])
    assert not library.files.attached(document_id)
    assert [library.batches.wanted(task) for task in tasks] == [False, True]
    library.stores.remove("one", tenant)
    assert [library.batches.wanted(task) for task in tasks] == [False, False]


def test_cancelling_keeps_what_was_indexed_before(library: Library, catalog: Catalog, tenant: str) -> None:
    old, new = uploaded(library, tenant), uploaded(library, tenant)
    indexed(catalog, "one", tenant, source_of(old.id, old.filename))
    batch = library.batches.cancel(library.batches.add("one", tenant, (), [(old, {}), (new, {})]), tenant)
    assert dict(library.batches.counts(batch.id)) == {"cancelled": 2}
    assert library.batches.get(batch.id, "one", tenant, ()).cancelled
    assert [library.files.get("one", tenant, (), one.id).status for one in (old, new)] == ["completed", "cancelled"]
    assert taken(library, tenant) == []


def test_the_last_request_for_a_file_counts(library: Library, tenant: str) -> None:
    file, other = uploaded(library, tenant), uploaded(library, tenant)
    first = library.batches.add("one", tenant, (), [(other, {}), (file, {"year": 2024})])
    elsewhere = library.batches.add("two", tenant, (), [(file, {"year": 2023})])
    begun = taken(library, tenant)[1]
    library.batches.add("one", tenant, (), [(file, {"year": 2025})])
    assert not library.batches.wanted(begun)
    library.batches.settle(begun, "completed")
    assert library.files.get("one", tenant, (), file.id).status == "in_progress"
    while tasks := taken(library, tenant):
        settled(library, tasks)
    shown = library.files.get("one", tenant, (), file.id)
    assert (shown.status, shown.attributes) == ("completed", {"year": 2025})
    assert dict(library.batches.counts(first.id)) == {"completed": 1, "cancelled": 1}
    assert dict(library.batches.counts(elsewhere.id)) == {"completed": 1}


def test_attributes_are_those_that_a_file_is_indexed_with(library: Library, catalog: Catalog, tenant: str) -> None:
    file = uploaded(library, tenant)

    def added(year: int) -> Batch:
        return library.batches.add("one", tenant, (), [(file, {"year": year})])

    def shown() -> object:
        return library.files.get("one", tenant, (), file.id).attributes["year"]

    def ended(status: Status) -> None:
        (task,) = taken(library, tenant)
        library.batches.settle(task, status)

    added(2024)
    assert shown() == 2024
    indexed(catalog, "one", tenant, source_of(file.id, file.filename))
    ended("completed")
    library.batches.cancel(added(2025), tenant)
    assert shown() == 2024
    added(2026)
    ended("failed")
    assert shown() == 2024
    added(2026)
    ended("completed")
    assert shown() == 2026


def test_a_file_in_a_store_is_not_removed_and_a_removed_one_is_in_none(library: Library, tenant: str) -> None:
    kept, gone = uploaded(library, tenant), uploaded(library, tenant)
    library.batches.add("one", tenant, (), [(kept, {})])
    assert not library.uploads.remove(kept.id)
    assert library.uploads.kept(library.uploads.get(kept.id, tenant, ())).exists()
    assert library.uploads.remove(gone.id)
    with pytest.raises(NotFoundError, match=f"There is no file '{gone.id}'"):
        library.batches.add("one", tenant, (), [(kept, {}), (gone, {})])  # as whoever found both there a moment ago
    assert library.files.holders(gone.id, tenant) == []
    assert [file.id for file in library.files.page("one", tenant, (), PageOf())[0]] == [kept.id]


def test_a_file_that_is_being_added_is_waited_for(library: Library, catalog: Catalog, tenant: str) -> None:
    upload = uploaded(library, tenant)
    with ThreadPoolExecutor(1) as pool:
        with catalog.engine.begin() as connection:
            connection.execute(sa.update(STORES).where(sa.false()).values(name=""))  # takes SQLite's lock
            require_uploads(connection, [upload.id])
            removing = pool.submit(library.uploads.remove, upload.id)
            assert wait([removing], 0.3).not_done
            attach(connection, "one", [(upload, {})], lambda: NOW)
        assert removing.result() is False
    assert library.files.holders(upload.id, tenant) == ["one"]
