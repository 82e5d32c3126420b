"""Chunks become payloads and come back; conditions say who reads what."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import InvalidError, SettingsError
from ingest.types import Chunk
from retrieval.filters import METADATA_PREFIX, AnyOf, Either, Every, Filter, Not, Within, parse
from retrieval.store import layout
from retrieval.store.bm25 import Bm25Encoder, Bm25Parameters
from retrieval.store.identity import Identity, check_identity
from retrieval.types import Access
from tests.retrieval.shelves import hit

VALUES = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
CHUNKS = st.builds(
    Chunk,
    id=st.uuids().map(str),
    document_id=st.text(),
    revision=st.text(),
    tenant=st.text(),
    groups=st.lists(st.text()).map(tuple),
    source=st.text(),
    title=st.text(),
    text=st.text(),
    context=st.text(),
    position=st.integers(0),
    page=st.none() | st.integers(0),
    headings=st.lists(st.text()).map(tuple),
    char_start=st.integers(0),
    char_end=st.integers(0),
    kind=st.sampled_from(["text", "table"]),
    metadata=st.dictionaries(st.text(), VALUES),
)


@given(CHUNKS)
def test_a_chunk_comes_back_from_its_payload(chunk: Chunk) -> None:
    back = layout.from_payload(chunk.id, layout.to_payload(chunk))
    assert back == chunk
    assert [type(value) for value in back.metadata.values()] == [type(value) for value in chunk.metadata.values()]


def fulfils(chunk: Chunk, condition: Filter) -> bool:
    """What an engine does with a condition of payload fields."""
    payload = layout.to_payload(chunk)
    match condition:
        case Every(inner):
            return all(fulfils(chunk, one) for one in inner)
        case Either(inner):
            return any(fulfils(chunk, one) for one in inner)
        case Not(one):
            return not fulfils(chunk, one)
        case AnyOf(field, values):
            stored = payload[field]
            return not set(stored if isinstance(stored, list) else [stored]).isdisjoint(values)
        case Within(field, gte, gt, lte, lt):
            value = payload.get(field)
            return value is not None and not (
                (gte is not None and value < gte)
                or (gt is not None and value <= gt)
                or (lte is not None and value > lte)
                or (lt is not None and value >= lt)
            )
        case _:
            raise AssertionError(f"no engine takes {condition}")


def found(chunk: Chunk, filters: dict[str, Any], access: Access | None = None) -> bool:
    return fulfils(chunk, layout.condition(access or Access(chunk.tenant, chunk.groups), parse(filters)))


@given(CHUNKS)
def test_every_attribute_can_be_filtered(chunk: Chunk) -> None:
    metadata = {METADATA_PREFIX + key: value for key, value in chunk.metadata.items()}
    assert found(chunk, {"source": chunk.source, "title": chunk.title, "kind": chunk.kind, **metadata})
    for name in metadata:
        assert found(chunk, {name: {"$exists": True}})
        assert not found(chunk, {name: {"$exists": False}})
    assert found(chunk, {"page": {"$exists": chunk.page is not None}, "title": {"$exists": True}})


@given(CHUNKS, st.text(), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_numbers_are_compared_as_numbers(chunk: Chunk, name: str, value: float, bound: float) -> None:
    field, one = METADATA_PREFIX + name, replace(chunk, metadata={name: value})
    assert found(one, {field: {"$gt": bound}}) is (value > bound)
    assert found(one, {field: {"$gte": bound}}) is (value >= bound)
    assert found(one, {field: {"$lt": bound}}) is (value < bound)
    assert found(one, {field: {"$lte": bound}}) is (value <= bound)
    assert found(one, {"$not": {field: {"$lte": bound}}}) is (value > bound)
    assert not found(replace(chunk, metadata={}), {field: {"$lte": bound}})


@given(CHUNKS, st.dates(), st.dates())
def test_days_are_compared_as_days(chunk: Chunk, value: date, bound: date) -> None:
    one = replace(chunk, metadata={"since": value.isoformat()})
    assert found(one, {"since": {"$gt": bound.isoformat()}}) is (value > bound)
    assert found(one, {"since": {"$gte": bound.isoformat()}}) is (value >= bound)
    assert found(one, {"since": {"$lt": bound.isoformat()}}) is (value < bound)
    assert found(one, {"since": {"$lte": bound.isoformat()}}) is (value <= bound)


@given(CHUNKS, st.text(), VALUES, st.text(), VALUES)
def test_a_value_is_equal_only_if_field_and_value_are(
    chunk: Chunk, key: str, value: str | int | float | bool, other_key: str, other_value: str | int | float | bool
) -> None:
    one = replace(chunk, metadata={key: value})
    same_type = isinstance(value, bool) == isinstance(other_value, bool)
    equal = key == other_key and value == other_value and same_type
    assert found(one, {METADATA_PREFIX + other_key: other_value}) is equal
    assert found(one, {METADATA_PREFIX + other_key: {"$ne": other_value}}) is not equal


@given(CHUNKS, st.text(), st.lists(st.text()).map(tuple))
def test_may_read_says_what_the_conditions_say(chunk: Chunk, tenant: str, groups: tuple[str, ...]) -> None:
    for access in (Access(tenant, groups), Access(chunk.tenant, groups), Access(chunk.tenant, chunk.groups)):
        assert layout.may_read(access, chunk) is found(chunk, {}, access)


def test_conditions_are_readers_and_filters() -> None:
    readers, document = layout.condition(Access("acme", ("hr",)), parse({"document_id": "d"})).conditions  # type: ignore[union-attr]
    assert readers == AnyOf("readers", ('["acme", "hr"]', '["acme", "everyone"]'))
    assert document == AnyOf("document_id", ("d",))


def test_equal_scores_are_ordered_by_id() -> None:
    assert layout.ranked([("b", 1.0), ("c", 2.0), ("a", 1.0)]) == [("c", 2.0), ("a", 1.0), ("b", 1.0)]


@pytest.mark.parametrize(
    "parameters", [Bm25Parameters(language="klingon"), Bm25Parameters(b=2), Bm25Parameters(avg_len=0)], ids=str
)
def test_bm25_parameters_that_make_no_sense_are_refused(parameters: Bm25Parameters) -> None:
    with pytest.raises(SettingsError, match="BM25 settings"):
        Bm25Encoder(parameters)


def test_terms_are_those_of_stems_without_stop_words() -> None:
    encoder = Bm25Encoder(Bm25Parameters(avg_len=3))
    weights = encoder.document("The cats and the cat run")
    assert set(weights.indices) == encoder.terms("cat running")
    # len == avg_len, so tf * (k1 + 1) / (tf + k1): cat twice, run once.
    assert sorted(weights.values) == pytest.approx([1.0, 2 * 2.2 / 3.2])
    assert encoder.terms("") == frozenset()


def test_accents_are_one_letter_or_two() -> None:
    composed, apart = "Übersicht.pdf", "U\u0308bersicht.pdf"
    assert composed != apart
    one = hit("leave", 1.0, source=composed, metadata={"place": apart}).chunk
    for written in (composed, apart):
        assert found(one, {"source": written, "place": [written, "x"]})
        assert not found(one, {"source": {"$ne": written}})


def test_so_many_numbers_are_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_NUMBERS", 3)
    payloads = [layout.to_payload(hit("leave", 1.0, metadata={f"measure {n}": n for n in range(9)}).chunk)]
    first = layout.to_index(payloads, set())
    assert len(first) == 3
    assert layout.to_index(payloads, {*first[:2], "tenant"}) == []
    assert len(layout.to_index(payloads, set(first[:2]))) == 1


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(InvalidError, match="not valid Unicode"):
        Bm25Encoder().query("\ud800")


@pytest.mark.parametrize("stored", [None, "", "{", "[]", '{"model": "m"}', '{"model": "m", "bm25": {"k2": 1}}'])
def test_an_identity_that_cannot_be_read_is_refused(stored: str | None) -> None:
    with pytest.raises(InvalidError, match="something unknown"):
        check_identity(stored, Identity("m", 3), "here")


def test_an_identity_is_equal_to_what_was_stored_of_it() -> None:
    identity = Identity("m", 3, Bm25Parameters(avg_len=99.5))
    check_identity(identity.to_json(), identity, "here")


def test_an_identity_of_before_has_no_grams() -> None:
    identity = Identity("m", 3)
    stored = identity.to_json().replace('"grams": true, ', "")
    assert "grams" not in stored
    assert check_identity(stored, identity, "here") == replace(identity, bm25=Bm25Parameters(grams=False))


def test_other_weights_under_one_name_are_refused_where_they_are_known() -> None:
    old, new, unknown = (Identity("/models/ours", 3, weights=key) for key in ("a1", "b2", None))
    for stored, wanted in ((old, old), (old, unknown), (unknown, new)):
        check_identity(stored.to_json(), wanted, "here")
    with pytest.raises(InvalidError, match=r"weights a1\), the settings ask for .* weights b2"):
        check_identity(old.to_json(), new, "here")
