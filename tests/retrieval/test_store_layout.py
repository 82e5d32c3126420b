"""Chunks become payloads and come back; conditions say who reads what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import InvalidError, SettingsError
from ingest.types import Chunk
from retrieval.store import layout
from retrieval.store.bm25 import Bm25Encoder, Bm25Parameters
from retrieval.store.identity import Identity, check_identity
from retrieval.types import Access, Filters

VALUES = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans())
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


@given(CHUNKS)
def test_every_attribute_that_can_be_filtered_is_a_facet(chunk: Chunk) -> None:
    facets = set(layout.to_payload(chunk)[layout.FACETS])
    metadata = {layout.METADATA_PREFIX + key: value for key, value in chunk.metadata.items()}
    filters: Filters = {"source": chunk.source, "title": chunk.title, "kind": chunk.kind, **metadata}
    wanted = layout.conditions(Access("t"), filters)[2:]
    assert all(condition.field == layout.FACETS and facets & set(condition.values) for condition in wanted)


@given(st.text(), VALUES, st.text(), VALUES)
def test_two_facets_are_equal_only_if_field_and_value_are(
    key: str, value: str | int | float | bool, other_key: str, other_value: str | int | float | bool
) -> None:
    ours, theirs = (
        layout.conditions(Access("t"), {layout.METADATA_PREFIX + one: what})[2]
        for one, what in ((key, value), (other_key, other_value))
    )
    same_type = isinstance(value, bool) == isinstance(other_value, bool)
    assert (ours == theirs) == (key == other_key and value == other_value and same_type)


@given(CHUNKS, st.text(), st.lists(st.text()).map(tuple))
def test_may_read_says_what_the_conditions_say(chunk: Chunk, tenant: str, groups: tuple[str, ...]) -> None:
    for access in (Access(tenant, groups), Access(chunk.tenant, groups), Access(chunk.tenant, chunk.groups)):
        payload = layout.to_payload(chunk)
        stored = {layout.TENANT: {payload[layout.TENANT]}, layout.GROUPS: set(payload[layout.GROUPS])}
        found = all(stored[condition.field] & set(condition.values) for condition in layout.conditions(access, {}))
        assert layout.may_read(access, chunk) == found


def test_conditions_are_tenant_groups_and_filters() -> None:
    tenant, groups, document = layout.conditions(Access("acme", ("hr",)), {"document_id": "d"})
    assert tenant == layout.AnyOf("tenant", ("acme",))
    assert groups == layout.AnyOf("groups", ("hr", "everyone"))
    assert document == layout.AnyOf("document_id", ("d",))


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
