"""What every store must do, whichever engine is behind it."""

import math
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest

from ingest.errors import IndexMismatchError, InvalidError, NotFoundError, UnavailableError
from retrieval.filters import EVERYTHING
from retrieval.ports import Store
from retrieval.store.bm25 import Bm25Parameters
from retrieval.store.identity import Identity
from retrieval.types import Access
from tests.contracts.conftest import DIMENSION, IDENTITY, READER, Backend, chunk, found, put, unit

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


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


def test_vectors_are_those_of_chunks_that_the_reader_may_read(store: Store) -> None:
    one, secret, foreign = chunk("leave"), chunk("leave hr", groups=("hr",)), chunk("leave", tenant="other")
    store.upsert([one, secret, foreign], np.stack([unit(1), unit(1, 1), unit(0, 1)]))
    ids = [secret.id, one.id, foreign.id, str(uuid4())]
    assert store.vectors([], READER) == {}
    assert set(store.vectors(ids, READER)) == {one.id}
    found = store.vectors(ids, Access("acme", ("hr",)))
    assert set(found) == {one.id, secret.id}
    assert found[secret.id] == pytest.approx(unit(1, 1), abs=1e-6)
    assert found[one.id].dtype == np.float32


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
    before = store.bm25("leave number 3", READER, EVERYTHING, 10) + store.dense(unit(1), READER, EVERYTHING, 10)
    put(store, *chunks)
    after = store.bm25("leave number 3", READER, EVERYTHING, 10) + store.dense(unit(1), READER, EVERYTHING, 10)
    assert sorted(key for key, _ in after) == sorted(key for key, _ in before)
    assert [score for _, score in after] == pytest.approx([score for _, score in before])
    assert store.count() == 5


def test_upsert_replaces_what_has_the_same_id(store: Store) -> None:
    old = chunk("old leave")
    put(store, old)
    new = replace(old, revision="2", text="new leave", metadata={"year": 2})
    put(store, new)
    assert store.fetch([old.id], READER) == [new]
    assert store.bm25("old", READER, EVERYTHING, 10) == []


def test_delete(store: Store) -> None:
    put(store, *(chunk("leave " + name, name) for name in "abc"))
    store.delete(["a", "c", "absent"])
    assert found(store) == {"leave b"}
    assert store.count() == 1


def test_delete_stale_keeps_the_revision_and_other_documents(store: Store) -> None:
    put(store, *(chunk(f"leave {name}{r}", name, r, revision=str(r)) for name in "abc" for r in (1, 2, 3)))
    store.delete_stale({"a": "3", "b": "1", "absent": "1"})
    assert found(store) == {"leave a3", "leave b1", "leave c1", "leave c2", "leave c3"}


def test_dense_ranks_by_cosine(store: Store) -> None:
    chunks = [chunk(f"leave {i}", position=i) for i in range(4)]
    store.upsert(chunks, np.stack([unit(1), unit(1, 1), unit(0, 1), unit(-1)]))
    ranking = store.dense(unit(1), READER, EVERYTHING, 10)
    assert [key for key, _ in ranking] == [one.id for one in chunks]
    assert [score for _, score in ranking] == pytest.approx([1, math.sqrt(0.5), 0, -1], abs=1e-6)


def test_bm25_is_the_documented_formula_on_the_readers_tenant_alone(store: Store) -> None:
    put(store, chunk("annual leave leave", position=0), chunk("leave", position=1), chunk("office", position=2))
    put(store, *(chunk(f"annual {i}", tenant="other", position=i) for i in range(5)))
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    scores = [idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / 4)) for tf, length in ((2, 3), (1, 1))]
    ranking = store.bm25("the leave", READER, EVERYTHING, 10)
    assert [score for _, score in ranking] == pytest.approx(sorted(scores, reverse=True), rel=1e-5)


def test_bm25_follows_every_write(store: Store) -> None:
    """What is remembered of a tenant's words must not outlive them, nor depend on those of others."""

    def idf(holding: int, chunks: int) -> float:
        ((_, score), *_) = store.bm25("leave", READER, EVERYTHING, 10)
        weight = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 4))
        assert score / weight == pytest.approx(math.log(1 + (chunks - holding + 0.5) / (holding + 0.5)), rel=1e-5)
        return score

    put(store, *(chunk(f"leave n{i}", f"doc-{i}", position=i) for i in range(3)), chunk("office hours", "office"))
    alone = idf(3, 4)
    put(store, *(chunk(f"leave n{i}", f"far-{i}", tenant="other", position=i) for i in range(40)))
    assert idf(3, 4) == pytest.approx(alone, rel=1e-6)
    store.delete(["doc-0"])
    idf(2, 3)
    store.optimize()
    idf(2, 3)
    store.delete([f"far-{i}" for i in range(30)])
    idf(2, 3)
    put(store, chunk("sick leave", "new"))
    idf(3, 4)
    store.delete_stale({"doc-1": "another revision"})
    idf(2, 3)


@pytest.mark.parametrize("text", ["", "   ", "the of and", "nonexistent", "🕰", "!?"])
def test_bm25_without_a_matching_word(store: Store, text: str) -> None:
    put(store, chunk("annual leave"))
    assert store.bm25(text, READER, EVERYTHING, 10) == []


def test_words_are_found_in_other_forms_and_scripts(store: Store) -> None:
    put(store, chunk("Employees were WORKING überall"), chunk("残業 手当", position=1))
    assert found(store, filters={"position": 9}) == set()
    assert len(store.bm25("employee works", READER, EVERYTHING, 10)) == 1
    assert len(store.bm25("ÜBERALL", READER, EVERYTHING, 10)) == 1
    assert len(store.bm25("残業", READER, EVERYTHING, 10)) == 1


def test_idf_is_that_of_the_readers_tenant(store: Store) -> None:
    put(store, chunk("annual leave leave", position=0), chunk("leave", position=1), chunk("office", position=2))
    put(store, chunk("office leave", tenant="other"))
    (leave,), (office,), (absent,) = store.terms("the leaves"), store.terms("office"), store.terms("zebra")
    expected = {term: math.log(1 + (3 - n + 0.5) / (n + 0.5)) for term, n in ((leave, 2), (office, 1), (absent, 0))}
    assert store.idf([leave, office, absent], READER) == pytest.approx(expected, rel=1e-5)
    assert store.idf([], READER) == {}
    assert store.absent([leave, office, absent], READER) == {absent}
    assert store.absent([leave, office], Access("nobody")) == {leave, office}


def test_the_context_is_indexed_with_the_text(store: Store) -> None:
    put(store, chunk("thirty days", context="Handbook > Parental leave"))
    assert found(store, text="parental") == {"thirty days"}


def test_limits_and_order(store: Store) -> None:
    put(store, *(chunk("leave", position=i) for i in range(30)))
    for ranking in (store.dense(unit(1), READER, EVERYTHING, 20), store.bm25("leave", READER, EVERYTHING, 20)):
        assert len(ranking) == 20
        assert ranking == sorted(ranking, key=lambda pair: (-pair[1], pair[0]))
    assert store.dense(unit(1), READER, EVERYTHING, 0) == store.bm25("leave", READER, EVERYTHING, 0) == []
    assert len(store.dense(unit(1), READER, EVERYTHING, 1000)) == 30


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


UNCUT = replace(IDENTITY, bm25=replace(IDENTITY.bm25, grams=False))
LEAVE = "年次有給休暇は入社6か月後に10日間付与されます。"


def test_an_older_index_is_searched_by_the_words_that_it_has(backend: Backend) -> None:
    put(backend.reopen(UNCUT), chunk(LEAVE), chunk("annual leave", position=1))
    store = backend.reopen()
    assert by_words(store, "leave") == ["annual leave"]
    assert by_words(store, LEAVE) == [LEAVE]
    assert by_words(store, "有給休暇") == []


def by_words(store: Store, asked: str) -> list[str]:
    ids = [key for key, _ in store.bm25(asked, READER, EVERYTHING, 10)]
    return [one.text for one in store.fetch(ids, READER)]


def test_words_are_found_in_scripts_without_spaces(store: Store) -> None:
    texts = {
        "有給休暇": LEAVE,
        "10 日間": LEAVE,
        "パスワード": "社内ﾕｰｻﾞｰのﾊﾟｽﾜｰﾄﾞ",
        "带薪年假": "员工每年享有十天带薪年假",
        "휴가": "연차휴가는 15일입니다",
        "วันลา": "วันลาพักร้อนประจำปี",
        "ขั้นต่ำ": "ค่าแรงขั้นต่ำ",
        "ခွင့်": "ဝန်ထမ်းများသည် နှစ်ပတ်လည်ခွင့်ရှိသည်",
    }
    put(store, *(chunk(text, position=at) for at, text in enumerate(dict.fromkeys(texts.values()))))
    assert {asked: by_words(store, asked) for asked in texts} == {asked: [text] for asked, text in texts.items()}


def test_vectors_of_another_shape_are_refused(store: Store) -> None:
    with pytest.raises(InvalidError, match="shape"):
        store.upsert([chunk("a")], np.zeros((1, 3), np.float32))
    with pytest.raises(InvalidError, match="shape"):
        store.upsert([chunk("a")], np.zeros((2, DIMENSION), np.float32))
    with pytest.raises(InvalidError, match="shape"):
        store.dense(np.zeros(3, np.float32), READER, EVERYTHING, 5)


def test_what_cannot_be_stored_is_refused(store: Store) -> None:
    with pytest.raises(InvalidError):
        put(store, replace(chunk("a"), text="not Unicode: \ud800"))
    with pytest.raises(InvalidError):
        put(store, replace(chunk("a"), id="not a uuid"))
    assert store.count() == 0


def test_a_dropped_store_is_gone_and_can_be_made_anew(backend: Backend) -> None:
    store = backend.reopen()
    put(store, chunk("leave"))
    assert not store.gone()
    store.drop()
    assert store.gone()
    with pytest.raises((UnavailableError, NotFoundError)):
        store.count()
    with pytest.raises((UnavailableError, NotFoundError)):
        put(store, chunk("leave"))
    again = backend.reopen(replace(IDENTITY, model="another"))
    assert (again.count(), found(again)) == (0, set())
