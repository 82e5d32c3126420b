"""The catalog: what goes in comes out, and a commit is one moment."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from ingest.catalog import Catalog
from ingest.catalog_rows import _pack, _unpack
from ingest.errors import IndexLockedError, UnavailableError
from ingest.types import Document, Section

NOW = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    opened = Catalog(catalog_url)
    yield opened
    for collection in (*opened.collections(), "default", "other"):
        opened.finish(opened.unfinished(collection))
        for tenant in ("acme", "other"):
            opened.remove([entry.id for entry in opened.page(collection, tenant)], NOW)
    opened.deletions.erased(opened.deletions.to_erase().deleted, datetime.now(UTC) + timedelta(days=2))
    opened.close()


def document(key: str = "a", revision: str = "r1", **more: object) -> Document:
    sections = (Section("Thirty days.", None, ("Leave",)), Section("a | b", 2, (), None, "table"))
    blank = Document(key, "default", "acme", (), f"/docs/{key}.md", key.upper(), "0" * 64, revision, sections, {})
    return replace(blank, **more)  # type: ignore[arg-type]


def put(catalog: Catalog, *documents: Document) -> None:
    keys = [one.id for one in documents]
    catalog.begin("default", keys)
    catalog.commit([(one, len(one.sections)) for one in documents], NOW)
    catalog.finish(keys)


def ids(catalog: Catalog, source_prefix: str = "", limit: int | None = None, after: str = "") -> list[str]:
    return [entry.id for entry in catalog.page("default", "acme", source_prefix, limit, after)]


def test_an_entry_comes_back_as_it_was(catalog: Catalog) -> None:
    metadata = {"year": 2025, "rate": 0.1, "whole": 3.0, "draft": False, "größe": "🕰", "empty": ""}
    put(catalog, document("a", groups=("hr", "legal"), title="Ünïcode 残業", metadata=metadata))
    entry = catalog.get("a")
    assert entry is not None
    assert (entry.groups, entry.title, entry.metadata) == (("hr", "legal"), "Ünïcode 残業", metadata)
    assert (entry.revision, entry.chunks, entry.characters) == ("r1", 2, len("Thirty days.\n\na | b"))
    assert entry.indexed_at == NOW
    assert catalog.get("b") is None


def test_sections_come_back_as_they_were(catalog: Catalog) -> None:
    boxes = np.array([[72.0, 100.25, 78.31, 112.0], [78.3, 100.2, 84.62, 112.0], [0, 0, 0, 0]], np.float32)
    put(catalog, document("a", sections=(Section("abc", 3, ("A", "B"), boxes), Section("", 4), Section("🕰\x01"))))
    first, second, third = catalog.sections("a")
    assert (first, second, third) == (Section("abc", 3, ("A", "B")), Section("", 4), Section("🕰\x01"))
    assert first.boxes is not None
    assert first.boxes.dtype == np.float32
    assert np.abs(first.boxes - boxes).max() <= 0.0501
    assert second.boxes is None
    assert catalog.sections("absent") == ()


@given(
    boxes=hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.just(4)), elements=st.floats(-3000, 3000, width=32))
)
def test_boxes_keep_a_twentieth_of_a_point(boxes: NDArray[np.float32]) -> None:
    back = _unpack(_pack(boxes))
    assert back.shape == boxes.shape
    assert back.dtype == np.float32
    assert not boxes.size or float(np.abs(back.astype(float) - boxes.astype(float)).max()) <= 0.0505


def test_a_commit_replaces_entry_and_sections(catalog: Catalog) -> None:
    put(catalog, document("a", "r1"), document("b", "r1"))
    put(catalog, document("a", "r2", sections=(Section("Forty."),)))
    assert catalog.revisions(["a", "b", "absent"]) == {"a": "r2", "b": "r1"}
    assert [section.text for section in catalog.sections("a")] == ["Forty."]
    assert catalog.count() == 2


def test_what_another_process_has_cleared_up_is_not_committed(catalog: Catalog) -> None:
    catalog.begin("default", ["a", "b"])
    with catalog.finishing("default") as unfinished:
        assert sorted(unfinished) == ["a", "b"]
    catalog.begin("default", ["b"])
    with pytest.raises(IndexLockedError, match="lock of the collection was lost"):
        catalog.commit([(document("a"), 1), (document("b"), 1)])
    assert catalog.count("default") == 0


def test_a_commit_is_all_or_nothing(catalog: Catalog) -> None:
    put(catalog, document("a", "r1"))
    twice = document("b", "r1")
    with pytest.raises(Exception, match=r"(?i)unique"):
        put(catalog, document("a", "r2"), twice, twice)
    assert catalog.revisions(["a", "b"]) == {"a": "r1"}
    assert len(catalog.sections("a")) == 2


def test_removing(catalog: Catalog) -> None:
    put(catalog, document("a"), document("b"))
    catalog.remove(["a", "absent"])
    assert ids(catalog) == ["b"]
    assert catalog.sections("a") == ()
    catalog.remove([])


def test_unfinished_work_is_named_until_it_is_finished(catalog: Catalog) -> None:
    catalog.begin("default", ["a", "b"])
    catalog.begin("other", ["c"])
    catalog.begin("default", ["a"])  # once more, as after a crash
    assert sorted(catalog.unfinished("default")) == ["a", "b"]
    catalog.finish(["a", "c"])
    assert catalog.unfinished("default") == ["b"]
    assert catalog.unfinished("other") == []


def test_one_writer_of_a_collection_at_a_time(catalog: Catalog, catalog_url: str) -> None:
    other = Catalog(catalog_url)
    with catalog.writing("default"):
        with pytest.raises(IndexLockedError, match="is writing the collection 'default'; try again when it has"):
            other.writing("default", wait_s=0).__enter__()
        with other.writing("other", wait_s=0):
            pass
    with other.writing("default", wait_s=0):
        pass
    other.close()


def test_the_next_writer_waits(catalog: Catalog, catalog_url: str) -> None:
    other, order = Catalog(catalog_url), []

    def follow() -> None:
        with other.writing("default"):
            order.append("second")

    follower = threading.Thread(target=follow)
    with catalog.writing("default"):
        follower.start()
        follower.join(0.3)
        order.append("first")
    follower.join()
    other.close()
    assert order == ["first", "second"]


def test_a_writer_that_died_is_not_waited_for(catalog: Catalog, catalog_url: str) -> None:
    code = (
        "import os, sys; from ingest.catalog import Catalog; "
        "lock = Catalog(sys.argv[1]).writing('default'); lock.__enter__(); print('locked', flush=True); os._exit(1)"
    )
    died = subprocess.run([sys.executable, "-c", code, catalog_url], capture_output=True, text=True, cwd=ROOT)
    assert (died.returncode, died.stdout) == (1, "locked\n")
    with catalog.writing("default", wait_s=5):
        pass


def test_a_writer_that_fails_lets_the_next_one_in(catalog: Catalog) -> None:
    with pytest.raises(UnavailableError), catalog.writing("default"):
        raise UnavailableError("The disk is full; make room.")
    with catalog.writing("default", wait_s=0):
        pass


def test_paging_visits_each_document_of_the_tenant_and_collection_once(catalog: Catalog) -> None:
    mine = [document(f"{number:03}") for number in range(25)]
    put(catalog, *mine, document("x", tenant="other"), document("y", collection="other"))
    seen: list[str] = []
    while page := ids(catalog, limit=10, after=seen[-1] if seen else ""):
        seen += page
    assert seen == [one.id for one in mine]
    assert catalog.collections() == ["default", "other"]
    assert (catalog.count(), catalog.count("default"), catalog.count("absent")) == (27, 26, 0)


def test_a_source_prefix_is_taken_literally(catalog: Catalog) -> None:
    put(catalog, document("a", source="/d_c%/a.md"), document("b", source="/docs/a.md"))
    assert ids(catalog, source_prefix="/d_c%") == ["a"]


@pytest.mark.parametrize(
    ("groups", "reader", "readable"),
    [
        ((), (), True),
        (("hr",), (), False),
        (("hr",), ("hr",), True),
        (("hr", "legal"), ("it", "legal"), True),
        (("everyone",), (), True),
    ],
)
def test_who_may_read(catalog: Catalog, groups: tuple[str, ...], reader: tuple[str, ...], readable: bool) -> None:
    put(catalog, document("a", groups=groups))
    entry = catalog.get("a")
    assert entry is not None
    assert entry.readable_by("acme", reader) is readable
    assert not entry.readable_by("other", (*groups, *reader))


def test_readers_in_other_threads_see_whole_commits_only(catalog: Catalog) -> None:
    put(catalog, document("a", "0"), document("b", "0"))
    seen: list[dict[str, str]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(catalog.revisions(["a", "b"]))

    reader = threading.Thread(target=read)
    reader.start()
    for revision in range(1, 30):
        put(catalog, document("a", str(revision)), document("b", str(revision)))
    done.set()
    reader.join()
    assert seen
    assert all(len(found) == 2 and found["a"] == found["b"] for found in seen)


def test_what_was_deleted_or_is_not_the_readers_is_withheld(catalog: Catalog) -> None:
    put(catalog, document("a"), document("b", groups=("hr",)), document("c"), document("d"))
    before, deleted, after = (NOW + timedelta(hours=number) for number in range(3))
    catalog.remove(["c", "d", "absent"], deleted)
    put(catalog, document("d", "r2"))

    def withheld(since: datetime, *groups: str, tenant: str = "acme") -> str:
        return "".join(sorted(catalog.withheld("abcd", tenant, groups, since)))

    assert (withheld(before), withheld(before, "hr")) == ("bcd", "cd")
    assert (withheld(after), withheld(after, "hr")) == ("bc", "c")
    assert withheld(after, "hr", tenant="other") == "abcd"
    assert catalog.withheld([], "acme", (), before) == frozenset()


def test_deletions_are_remembered_for_a_day(catalog: Catalog) -> None:
    put(catalog, document("a"), document("b"))
    catalog.remove(["a"], NOW)
    catalog.remove(["b"], NOW + timedelta(hours=2))
    deletions = catalog.deletions
    done = deletions.to_erase().deleted
    assert (done["a"], done["b"]) == (NOW, NOW + timedelta(hours=2))
    assert "acme" in deletions.to_erase().tenants
    put(catalog, document("a"))
    catalog.remove(["a"], NOW + timedelta(hours=3))  # while the copies from before were erased
    deletions.erased(done, NOW + timedelta(hours=3, minutes=30))
    assert deletions.to_erase().deleted == {"a": NOW + timedelta(hours=3)}
    deletions.erased(deletions.to_erase().deleted, NOW + timedelta(hours=5))
    assert (deletions.to_erase().deleted, withheld_of(catalog)) == ({}, {"a", "b"})
    put(catalog, document("a"), document("b"))
    assert withheld_of(catalog) == {"a", "b"}
    deletions.erased({}, NOW + timedelta(days=2))
    assert withheld_of(catalog) == set()


def test_of_old_deletions_only_late_copies_are_looked_for(catalog: Catalog) -> None:
    put(catalog, document("a"), document("b"))
    catalog.remove(["a"], NOW)
    first = catalog.deletions.to_erase()
    assert first.since < NOW - timedelta(days=10_000)
    catalog.deletions.erased(first.deleted, NOW + timedelta(minutes=10))
    assert catalog.deletions.to_erase() == replace(first, since=NOW - timedelta(hours=1))
    catalog.remove(["b"], NOW + timedelta(minutes=11))
    assert catalog.deletions.to_erase().since == first.since


def withheld_of(catalog: Catalog) -> set[str]:
    return {*catalog.withheld("ab", "acme", (), NOW)}


def test_a_page_for_readers_has_all_that_they_may_read(catalog: Catalog) -> None:
    groups = ["hr", 'q"uo\\te', "ünïcode", "50%_off", "everyone", "HR-all"]
    put(catalog, document("none"), *(document(f"{number}", groups=("x", one)) for number, one in enumerate(groups)))

    def found(*readers: str, limit: int | None = None) -> list[str]:
        page = catalog.page("default", "acme", limit=limit, readers=readers)
        return [entry.id for entry in page if entry.readable_by("acme", readers)]

    for number, one in enumerate(groups):
        assert set(found(one)) == {"none", str(number), "4"}
    assert found() == found("absent") == ["4", "none"]
    assert found(limit=2) == ["4", "none"]  # what others alone may read takes no place
    assert len(found("x")) == 7
