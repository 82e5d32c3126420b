"""What every store must do, whichever engine is behind it."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from qdrant_client import QdrantClient

from ingest.errors import IndexMismatchError, InvalidError
from ingest.types import Chunk
from retrieval.ports import Store
from retrieval.store.bm25 import Bm25Parameters
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.store.server import ServerStore
from retrieval.types import Access, Filters

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]

DIMENSION = 8
IDENTITY = Identity("test-model", DIMENSION, Bm25Parameters(avg_len=4))
READER = Access("acme")


@dataclass
class Backend:
    """Opens the same index again and again; `reopen` gives up the store that was open."""

    make: Callable[[Identity], Store]
    close_first: bool
    store: Store | None = None

    def reopen(self, identity: Identity = IDENTITY) -> Store:
        if self.store and self.close_first:
            self.store.close()
        self.store = self.make(identity)
        return self.store


@pytest.fixture(params=["edge", "memory", "server"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    if request.param == "edge":
        yield (edge := Backend(lambda identity: EdgeStore(tmp_path / "index", identity), close_first=True))
        if edge.store:
            edge.store.close()
        return
    url = os.environ.get("QDRANT_URL")
    if request.param == "server" and not url:
        pytest.skip("set QDRANT_URL to a Qdrant server to run this")
    client = QdrantClient(url=url, check_compatibility=False) if request.param == "server" else QdrantClient(":memory:")
    name = f"test-{uuid4()}"
    yield Backend(lambda identity: ServerStore(client, url or ":memory:", name, identity), close_first=False)
    client.delete_collection(f"{name}-1")
    client.close()


@pytest.fixture
def store(backend: Backend) -> Store:
    return backend.reopen()


def chunk(text: str, document_id: str = "doc", position: int = 0, tenant: str = "acme", **more: object) -> Chunk:
    blank = Chunk(
        id=str(uuid5(NAMESPACE_URL, f"{tenant}|{document_id}|{position}|{text}")),
        document_id=document_id,
        revision="1",
        tenant=tenant,
        groups=(),
        source="handbook/leave.md",
        title="Leave",
        text=text,
        context="",
        position=position,
        page=None,
        headings=(),
        char_start=0,
        char_end=len(text),
    )
    return replace(blank, **more)  # type: ignore[arg-type]


def unit(*values: float) -> NDArray[np.float32]:
    """A vector of shape (DIMENSION,) and length 1 that starts with `values`."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def put(store: Store, *chunks: Chunk) -> None:
    store.upsert(chunks, np.stack([unit(1, 0.1 * chunk.position) for chunk in chunks]))


def found(store: Store, access: Access = READER, filters: Filters | None = None, text: str = "leave") -> set[str]:
    """Texts that both branches find, which must be the same ones."""
    dense = store.fetch([key for key, _ in store.dense(unit(1), access, filters or {}, 100)], access)
    words = store.fetch([key for key, _ in store.bm25(text, access, filters or {}, 100)], access)
    assert {one.id for one in dense} == {one.id for one in words}
    return {one.text for one in dense}


def test_chunks_come_back_as_they_were(store: Store) -> None:
    plain = chunk("annual leave")
    rich = chunk(
        "Überstunden: 残業 🕰 \x00 leave",
        position=1,
        groups=("hr", "everyone"),
        context="Leave > Annual",
        page=3,
        headings=("Leave", "Annual"),
        kind="table",
        metadata={"year": 2024, "rate": 0.1, "whole": 3.0, "draft": False, 'odd "key".[0]': "ü", "": -(2**70)},
    )
    put(store, plain, rich)
    assert store.fetch([rich.id, plain.id], Access("acme", ("hr",))) == [rich, plain]
    assert [type(value) for value in store.fetch([rich.id], READER)[0].metadata.values()] == [
        type(value) for value in rich.metadata.values()
    ]


def test_fetch_leaves_out_what_is_missing_or_not_for_the_reader(store: Store) -> None:
    secret, foreign = chunk("leave", groups=("hr",)), chunk("leave", tenant="other")
    put(store, secret, foreign)
    assert store.fetch([secret.id, foreign.id, str(uuid4())], READER) == []
    assert store.fetch([secret.id, foreign.id], Access("acme", ("hr",))) == [secret]
    assert store.fetch([], READER) == []


def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert found(store) == set()
    assert store.count() == 0
    store.upsert([], np.zeros((0, DIMENSION), np.float32))
    store.delete([])
    store.delete_stale({})
    store.optimize()
    assert store.count() == 0


def test_upsert_is_idempotent(store: Store) -> None:
    chunks = [chunk(f"leave number {i}", position=i) for i in range(5)]
    put(store, *chunks)
    before = store.bm25("leave number 3", READER, {}, 10) + store.dense(unit(1), READER, {}, 10)
    put(store, *chunks)
    after = store.bm25("leave number 3", READER, {}, 10) + store.dense(unit(1), READER, {}, 10)
    assert sorted(key for key, _ in after) == sorted(key for key, _ in before)
    assert [score for _, score in after] == pytest.approx([score for _, score in before])
    assert store.count() == 5


def test_upsert_replaces_what_has_the_same_id(store: Store) -> None:
    old = chunk("old leave")
    put(store, old)
    new = replace(old, revision="2", text="new leave", metadata={"year": 2})
    put(store, new)
    assert store.fetch([old.id], READER) == [new]
    assert store.bm25("old", READER, {}, 10) == []


def test_delete(store: Store) -> None:
    put(store, *(chunk("leave " + name, name) for name in "abc"))
    store.delete(["a", "c", "absent"])
    assert found(store) == {"leave b"}
    assert store.count() == 1


def test_delete_stale_keeps_the_revision_and_other_documents(store: Store) -> None:
    put(store, *(chunk(f"leave {name}{r}", name, r, revision=str(r)) for name in "abc" for r in (1, 2, 3)))
    store.delete_stale({"a": "3", "b": "1", "absent": "1"})
    assert found(store) == {"leave a3", "leave b1", "leave c1", "leave c2", "leave c3"}


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
def test_filters(store: Store, filters: Filters) -> None:
    metadata = {"year": 2024, "rate": 0.1, "draft": True, "kind": "memo", "odd 'key\".[0]": "ü"}
    wanted = chunk("leave wanted", "wanted", 0, page=7, headings=("Leave", "Annual"), kind="table", metadata=metadata)
    other = {"year": 2023, "rate": 0.2, "draft": False, "kind": "note"}
    put(
        store,
        replace(wanted, source="a/b.md", title='The "title"'),
        chunk("leave other", "other", 1, page=70, headings=("Annual leave",), metadata=other),
        chunk("leave bare", "bare", 2),
    )
    assert found(store, filters=filters) == {"leave wanted"}


@pytest.mark.parametrize(
    "filters", [{"year": ()}, {"flag": 1}, {"absent": 1}, {"page": "7"}, {"year": "2024"}], ids=str
)
def test_filters_that_nothing_fulfils(store: Store, filters: Filters) -> None:
    put(store, chunk("leave", page=7, metadata={"year": 2024, "flag": True}))
    assert found(store, filters=filters) == set()


def test_filters_cannot_widen_access(store: Store) -> None:
    put(store, chunk("leave", tenant="other"), chunk("leave", groups=("hr",)))
    for filters in ({"tenant": "other"}, {"groups": "hr"}, {"metadata.tenant": "other"}):
        assert found(store, filters=filters) == set()


def test_dense_ranks_by_cosine(store: Store) -> None:
    chunks = [chunk(f"leave {i}", position=i) for i in range(4)]
    store.upsert(chunks, np.stack([unit(1), unit(1, 1), unit(0, 1), unit(-1)]))
    ranking = store.dense(unit(1), READER, {}, 10)
    assert [key for key, _ in ranking] == [one.id for one in chunks]
    assert [score for _, score in ranking] == pytest.approx([1, math.sqrt(0.5), 0, -1], abs=1e-6)


def test_bm25_is_the_documented_formula_on_the_readers_tenant_alone(store: Store) -> None:
    put(store, chunk("annual leave leave", position=0), chunk("leave", position=1), chunk("office", position=2))
    put(store, *(chunk(f"annual {i}", tenant="other", position=i) for i in range(5)))
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    scores = [idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / 4)) for tf, length in ((2, 3), (1, 1))]
    ranking = store.bm25("the leave", READER, {}, 10)
    assert [score for _, score in ranking] == pytest.approx(sorted(scores, reverse=True), rel=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "the of and", "nonexistent", "🕰", "!?"])
def test_bm25_without_a_matching_word(store: Store, text: str) -> None:
    put(store, chunk("annual leave"))
    assert store.bm25(text, READER, {}, 10) == []


def test_words_are_found_in_other_forms_and_scripts(store: Store) -> None:
    put(store, chunk("Employees were WORKING überall"), chunk("残業 手当", position=1))
    assert found(store, filters={"position": 9}) == set()
    assert len(store.bm25("employee works", READER, {}, 10)) == 1
    assert len(store.bm25("ÜBERALL", READER, {}, 10)) == 1
    assert len(store.bm25("残業", READER, {}, 10)) == 1


def test_idf_is_that_of_the_readers_tenant(store: Store) -> None:
    put(store, chunk("annual leave leave", position=0), chunk("leave", position=1), chunk("office", position=2))
    put(store, chunk("office leave", tenant="other"))
    (leave,), (office,), (absent,) = store.terms("the leaves"), store.terms("office"), store.terms("zebra")
    expected = {term: math.log(1 + (3 - n + 0.5) / (n + 0.5)) for term, n in ((leave, 2), (office, 1), (absent, 0))}
    assert store.idf([leave, office, absent], READER) == pytest.approx(expected, rel=1e-5)
    assert store.idf([], READER) == {}


def test_the_context_is_indexed_with_the_text(store: Store) -> None:
    put(store, chunk("thirty days", context="Handbook > Parental leave"))
    assert found(store, text="parental") == {"thirty days"}


def test_limits_and_order(store: Store) -> None:
    put(store, *(chunk("leave", position=i) for i in range(30)))
    for ranking in (store.dense(unit(1), READER, {}, 20), store.bm25("leave", READER, {}, 20)):
        assert len(ranking) == 20
        assert ranking == sorted(ranking, key=lambda pair: (-pair[1], pair[0]))
    assert store.dense(unit(1), READER, {}, 0) == store.bm25("leave", READER, {}, 0) == []
    assert len(store.dense(unit(1), READER, {}, 1000)) == 30


def test_what_was_written_is_there_after_reopening(backend: Backend) -> None:
    put(backend.reopen(), chunk("leave"))
    assert found(backend.reopen()) == {"leave"}


@pytest.mark.parametrize(
    "other",
    [
        replace(IDENTITY, model="another-model"),
        replace(IDENTITY, dimension=4),
        replace(IDENTITY, bm25=Bm25Parameters(avg_len=5)),
        replace(IDENTITY, layout=0),
    ],
    ids=str,
)
def test_another_identity_is_refused(backend: Backend, other: Identity) -> None:
    backend.reopen()
    with pytest.raises(IndexMismatchError, match=r"was made with test-model .* the settings ask for .* ingest again"):
        backend.reopen(other)
    backend.reopen()


def test_vectors_of_another_shape_are_refused(store: Store) -> None:
    with pytest.raises(InvalidError, match="shape"):
        store.upsert([chunk("a")], np.zeros((1, 3), np.float32))
    with pytest.raises(InvalidError, match="shape"):
        store.upsert([chunk("a")], np.zeros((2, DIMENSION), np.float32))
    with pytest.raises(InvalidError, match="shape"):
        store.dense(np.zeros(3, np.float32), READER, {}, 5)


def test_what_cannot_be_stored_is_refused(store: Store) -> None:
    with pytest.raises(InvalidError):
        put(store, replace(chunk("a"), text="not Unicode: \ud800"))
    with pytest.raises(InvalidError):
        put(store, replace(chunk("a"), id="not a uuid"))
    assert store.count() == 0


GROUPS = st.sets(st.sampled_from(["hr", "legal", "it", "everyone"])).map(lambda names: tuple(sorted(names)))
TENANTS = st.sampled_from(["acme", "other", "third"])


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
