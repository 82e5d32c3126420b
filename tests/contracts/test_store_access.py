"""Who finds what: tenants, groups and filters, whichever engine is behind the store."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.ports import Store
from retrieval.store import layout
from retrieval.types import Access
from tests.contracts.conftest import Backend, chunk, found, put

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]

GROUPS = st.sets(st.sampled_from(["hr", "legal", "it", "everyone"])).map(lambda names: tuple(sorted(names)))
TENANTS = st.sampled_from(["acme", "other", "third"])


def test_tenants_are_apart(store: Store) -> None:
    put(store, chunk("leave here"), chunk("leave there", tenant="other"))
    assert found(store) == {"leave here"}
    assert found(store, Access("other")) == {"leave there"}
    assert found(store, Access("oth")) == set()


def test_groups(store: Store) -> None:
    put(store, chunk("leave all"), chunk("leave hr", groups=("hr",)), chunk("leave two", groups=("hr", "legal")))
    assert found(store) == {"leave all"}
    assert found(store, Access("acme", ("legal",))) == {"leave all", "leave two"}
    assert found(store, Access("acme", ("hr", "x"))) == {"leave all", "leave hr", "leave two"}


@pytest.mark.parametrize(
    "filters",
    [
        {"year": {"$gte": 2024}},
        {"year": {"$gt": 2023, "$lt": 2025}},
        {"year": {"$lte": 2024, "$gt": 2023.5}},
        {"metadata.rate": {"$lt": 0.2}},
        {"page": {"$gte": 7, "$lte": 8}},
        {"since": {"$lte": "2024-02-29"}},
        {"since": {"$gt": "2024-02-28", "$lt": "2024-03-01T00:00:00+01:00"}},
        {"year": {"$ne": 2023}, "since": {"$exists": True}},
        {"year": {"$nin": [2023, 1999]}, "draft": {"$in": [True]}},
        {"$or": [{"year": 1900}, {"$and": [{"page": 7}, {"draft": {"$eq": True}}]}]},
        {"$not": {"$or": [{"draft": False}, {"year": {"$exists": False}}]}},
        {"page": {"$exists": True}, "$not": {"page": 70}},
        {"source": "a/b.md"},
        {"title": 'The "title"'},
        {"page": 7},
        {"kind": "table"},
        {"headings": "Annual"},
        {"document_id": "wanted"},
        {"metadata.year": 2024},
        {"year": 2024},
        {"year": 2024.0},
        {"rate": 0.1},
        {"draft": True},
        {"metadata.kind": "memo"},
        {"odd 'key\".[0]": "ü"},
        {"year": (1999, "2024", 2024)},
        {"source": ("x", "a/b.md"), "page": (7, 8), "draft": True},
    ],
    ids=str,
)
def test_filters(store: Store, filters: Mapping[str, object]) -> None:
    metadata = {"year": 2024, "rate": 0.1, "since": "2024-02-29", "draft": True, "kind": "memo", "odd 'key\".[0]": "ü"}
    wanted = chunk("leave wanted", "wanted", 0, page=7, headings=("Leave", "Annual"), kind="table", metadata=metadata)
    other = {"year": 2023, "rate": 0.2, "draft": False, "kind": "note", "since": "2024-03-01"}
    put(
        store,
        replace(wanted, source="a/b.md", title='The "title"'),
        chunk("leave other", "other", 1, page=70, headings=("Annual leave",), metadata=other),
        chunk("leave bare", "bare", 2),
    )
    assert found(store, filters=filters) == {"leave wanted"}


@pytest.mark.parametrize(
    "filters",
    [
        {"year": []},
        {"flag": 1},
        {"flag": {"$gte": 0}},
        {"absent": 1},
        {"absent": {"$lt": 1}},
        {"page": "7"},
        {"year": "2024"},
        {"year": {"$lt": "2030-01-01"}},
    ],
    ids=str,
)
def test_filters_that_nothing_fulfils(store: Store, filters: Mapping[str, object]) -> None:
    put(store, chunk("leave", page=7, metadata={"year": 2024, "flag": True}))
    assert found(store, filters=filters) == set()


def test_fields_are_those_the_reader_may_read(store: Store) -> None:
    assert store.fields(Access("acme")) == frozenset()
    put(
        store,
        chunk("leave", page=3, metadata={"year": 2024, "odd 'key\".[0]": "x"}),
        chunk("leave hr", groups=("hr",), metadata={"salary": 1}),
        chunk("leave there", tenant="other", metadata={"secret": True}),
    )
    assert store.fields(Access("acme")) == {"year", "odd 'key\".[0]"}
    assert store.fields(Access("acme", ("hr",))) == {"year", "odd 'key\".[0]", "salary"}


def test_a_field_that_is_asked_for_is_known_among_more_than_are_listed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MOST_FIELDS", 3)
    put(
        store,
        chunk("leave", page=3, metadata={f"key {number}": number for number in range(9)}),
        chunk("leave hr", groups=("hr",), metadata={"salary": 1}),
    )
    named = ["key 0", "key 5", "key 8", "salary", "none"]
    assert set(named) & store.fields(Access("acme"), named) == {"key 0", "key 5", "key 8"}
    assert "salary" in store.fields(Access("acme", ("hr",)), named)


def test_numbers_and_dates_can_be_compared_after_reopening(backend: Backend) -> None:
    put(backend.reopen(), chunk("leave", metadata={"year": 2024}))
    again = backend.reopen()
    put(again, chunk("leave later", position=1, metadata={"year": 2025, "since": "2025-01-01"}))
    assert found(again, filters={"year": {"$gt": 2024}}) == {"leave later"}
    assert found(again, filters={"since": {"$gte": "2025-01-01"}}) == {"leave later"}


def test_numbers_without_an_index_can_be_compared_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_NUMBERS", 0)
    put(store, chunk("leave old", metadata={"year": 2023}), chunk("leave new", metadata={"year": 2025}))
    assert found(store, filters={"year": {"$gte": 2024}}) == {"leave new"}
    assert found(store, filters={"$not": {"year": {"$gt": 2024}}}) == {"leave old"}


def test_filters_cannot_widen_access(store: Store) -> None:
    put(store, chunk("leave", tenant="other"), chunk("leave", groups=("hr",)))
    for filters in ({"tenant": "other"}, {"groups": "hr"}, {"metadata.tenant": "other"}):
        assert found(store, filters=filters) == set()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owners=st.lists(st.tuples(TENANTS, GROUPS), max_size=12), tenant=TENANTS, groups=GROUPS)
def test_nobody_ever_finds_what_they_may_not_read(
    store: Store, owners: list[tuple[str, tuple[str, ...]]], tenant: str, groups: tuple[str, ...]
) -> None:
    store.delete(["doc"])
    chunks = [chunk(f"leave {i}", "doc", i, owner, groups=only) for i, (owner, only) in enumerate(owners)]
    if chunks:
        put(store, *chunks)
    readable = {
        one.text
        for one in chunks
        if one.tenant == tenant and (not one.groups or set(one.groups) & {*groups, "everyone"})
    }
    assert found(store, Access(tenant, groups)) == readable
