"""What both engines share: names of vectors and payload fields, chunk <-> payload, and who may read what.

Payload of a point: `readers` (an indexed keyword per group that may read it, the tenant in each: one condition to check
a vector by instead of two), `tenant`, `document_id` and `revision` (indexed keywords), `facets` (indexed keywords, one
per value that a user may filter by), `fields` (indexed keywords: names of the metadata), a number for each numeric or
date value (the first `MOST_NUMBERS` fields are indexed, each when it first appears) and `chunk` (everything else, as
JSON). JSON in one string is written and read faster than a field per attribute, and it brings every int, float and
string back exactly as it was.

A facet is `field=value`, the value as JSON. With it any metadata key can be filtered by index, whatever its name or
type: the engines themselves cannot match floats, mix types in one condition or address keys with a quote. The fields of
numbers are named by a hash for the same reason.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.errors import InvalidError
from ingest.types import EVERYONE, Chunk, MetadataValue
from ingest.writing import composed
from retrieval.filters import (
    ATTRIBUTES,
    EVERYTHING,
    METADATA_PREFIX,
    AnyOf,
    Either,
    Every,
    Filter,
    Not,
    Present,
    Within,
    full_name,
    moment,
)
from retrieval.numbers import finite
from retrieval.types import Access

LAYOUT_VERSION = 3
"""Raised when points written before can no longer be read or searched."""

DENSE = "dense"
BM25 = "bm25"

TENANT = "tenant"
READERS = "readers"
DOCUMENT_ID = "document_id"
REVISION = "revision"
FACETS = "facets"
FIELDS = "fields"
CHUNK = "chunk"
NUMBER, TIME = "number_", "time_"
"""Begin the names of payload fields that hold numbers and moments (seconds since 1970)."""
MOST_FIELDS = 1_000
"""How many names of fields an engine is asked for at once."""
MOST_NUMBERS = 200
"""Fields with an index. Each takes a write its time and the process memory maps for good; whoever filters by others
waits for the engine to look through the chunks."""
KEYWORD_INDEXES = (TENANT, READERS, DOCUMENT_ID, REVISION, FACETS, FIELDS)
"""Fields with a keyword index; the tenant's says so to the engine (`is_tenant`), which stores tenants together."""

READ_BACK = (TENANT, DOCUMENT_ID, REVISION, CHUNK)
"""What `from_payload` needs."""
FACET_FIELDS = ATTRIBUTES - {"document_id"}

EXACT_BELOW = 8_000
"""Vectors up to this number are scanned: exact, and no slower than the graph."""

Payload: TypeAlias = dict[str, Any]

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps with an option makes an encoder each time


def scan_kilobytes(dimension: int) -> int:
    """Size of `EXACT_BELOW` float32 vectors, in the unit of the engine's thresholds (KiB)."""
    return EXACT_BELOW * dimension * 4 // 1024


def check_shape(vectors: NDArray[np.float32], expected: tuple[int, ...]) -> None:
    """Raises InvalidError where the vectors have another shape."""
    if vectors.shape != expected:
        raise InvalidError(f"The vectors have shape {vectors.shape} where the index needs {expected}.")


def to_payload(chunk: Chunk) -> Payload:
    """Payload of the point whose id is `chunk.id`."""
    return {
        TENANT: chunk.tenant,
        READERS: _readers(chunk.tenant, chunk.groups or (EVERYONE,)),
        DOCUMENT_ID: chunk.document_id,
        REVISION: chunk.revision,
        FACETS: list(_facets(chunk)),
        FIELDS: list(_optional(chunk)),
        **dict(_numbers(chunk)),
        CHUNK: _to_json(_body(chunk)),
    }


def from_payload(chunk_id: str, payload: Mapping[str, Any]) -> Chunk:
    """The chunk that `to_payload` was given."""
    body = json.loads(payload[CHUNK])
    body["groups"] = tuple(body["groups"])
    body["headings"] = tuple(body["headings"])
    keys = {name: payload[name] for name in (TENANT, DOCUMENT_ID, REVISION)}
    return Chunk(id=chunk_id, **keys, **body)


def tenant_condition(tenant: str) -> AnyOf:
    return AnyOf(TENANT, (tenant,))


def readable(access: Access) -> AnyOf:
    """What a point must fulfil to be seen by this reader."""
    return AnyOf(READERS, tuple(_readers(access.tenant, _groups(access))))


def condition(access: Access, filters: Filter) -> Filter:
    """What a point must fulfil to be found by this reader with these filters, in terms of payload fields."""
    stored = _stored(filters)
    more = stored.conditions if isinstance(stored, Every) else (stored,)
    return Every((readable(access), *more))


def having(access: Access, key: str) -> Filter:
    """What a point must fulfil to be seen by this reader and to have this metadata key."""
    return condition(access, Present(METADATA_PREFIX + key))


def metadata_keys(names: Iterable[str]) -> frozenset[str]:
    """Those among the values of `FIELDS`."""
    return frozenset(name.removeprefix(METADATA_PREFIX) for name in names if name.startswith(METADATA_PREFIX))


def to_index(payloads: Iterable[Payload], indexed: Set[str]) -> list[str]:
    """Payload fields that hold numbers or moments and have no index yet, up to `MOST_NUMBERS` with those that have."""
    found = {name for payload in payloads for name in payload if name.startswith((NUMBER, TIME))}
    return sorted(found - indexed)[: max(0, MOST_NUMBERS - len(indexed))]


def may_read(access: Access, chunk: Chunk) -> bool:
    """The access part of `conditions`, for a chunk at hand."""
    groups = chunk.groups or (EVERYONE,)
    return chunk.tenant == access.tenant and not set(groups).isdisjoint(_groups(access))


def is_readable(access: Access, payload: Mapping[str, Any]) -> bool:
    """The same for the payload of a point."""
    return not set(payload[READERS]).isdisjoint(_readers(access.tenant, _groups(access)))


def readable_chunks(ids: Sequence[str], payloads: Mapping[str, Mapping[str, Any]], access: Access) -> list[Chunk]:
    """Chunks in the order of `ids`, without those that are not there or not for this reader."""
    chunks = [from_payload(one, payloads[one]) for one in ids if one in payloads]
    return [chunk for chunk in chunks if may_read(access, chunk)]


def readable_vectors(
    found: Iterable[tuple[str, Mapping[str, Any] | None, Any]], access: Access
) -> dict[str, NDArray[np.float32]]:
    """Chunk id -> vector.

    Args:
        found: id, payload (its access part at least) and vectors by name, of each point.
    """
    return {
        key: np.array(vectors[DENSE], np.float32)
        for key, payload, vectors in found
        if is_readable(access, payload or {})
    }


def ranked(scores: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Best first; equal scores by id, so that the same question always gets the same answer."""
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def _groups(access: Access) -> tuple[str, ...]:
    return (*access.groups, EVERYONE)


def _readers(tenant: str, groups: Iterable[str]) -> list[str]:
    return [_to_json([tenant, group]) for group in groups]


def _body(chunk: Chunk) -> dict[str, Any]:
    return {
        "groups": chunk.groups,
        "source": chunk.source,
        "title": chunk.title,
        "text": chunk.text,
        "context": chunk.context,
        "position": chunk.position,
        "page": chunk.page,
        "headings": chunk.headings,
        "char_start": chunk.char_start,
        "char_end": chunk.char_end,
        "kind": chunk.kind,
        "metadata": dict(chunk.metadata),
    }


def _facets(chunk: Chunk) -> Iterator[str]:
    yield _facet("source", chunk.source)
    yield _facet("title", chunk.title)
    yield _facet("kind", chunk.kind)
    if chunk.page is not None:
        yield _facet("page", chunk.page)
    for heading in chunk.headings:
        yield _facet("headings", heading)
    for key, value in chunk.metadata.items():
        yield _facet(METADATA_PREFIX + key, _composed(value))


def _composed(value: MetadataValue) -> MetadataValue:
    """Letters with accents are written in one way or another, depending on the system; ingestion composes sources and
    titles, and older indexes hold metadata as it was given."""
    return composed(value) if isinstance(value, str) else value


def _optional(chunk: Chunk) -> Iterator[str]:
    """Names of the fields that not every chunk has and that this one has."""
    if chunk.page is not None:
        yield "page"
    if chunk.headings:
        yield "headings"
    yield from (METADATA_PREFIX + key for key in chunk.metadata)


def _numbers(chunk: Chunk) -> Iterator[tuple[str, float]]:
    """Payload field -> what a range is compared with."""
    metadata = {METADATA_PREFIX + key: value for key, value in chunk.metadata.items()}
    for name, value in {"page": chunk.page, **metadata}.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield _slot(NUMBER, name), finite(value)
        elif value is not None and (seconds := moment(value)) is not None:
            yield _slot(TIME, name), seconds


def _stored(given: Filter) -> Filter:
    """Fields as users name them become fields of the payload."""
    match given:
        case Every(conditions):
            return Every(tuple(map(_stored, conditions)))
        case Either(conditions):
            return Either(tuple(map(_stored, conditions)))
        case Not(one):
            return Not(_stored(one))
        case AnyOf(field, values) if field == DOCUMENT_ID:
            return AnyOf(DOCUMENT_ID, tuple(map(str, values)))
        case AnyOf(field, values):
            composed_too = [value for given in values for value in (given, _composed(given))]
            return AnyOf(FACETS, tuple(dict.fromkeys(_facet(full_name(field), value) for value in composed_too)))
        case Within():
            return replace(given, field=_slot(TIME if given.dates else NUMBER, full_name(given.field)))
        case Present(field):
            return _present(field)


def _present(field: str) -> Filter:
    return EVERYTHING if field in (DOCUMENT_ID, "source", "title", "kind") else AnyOf(FIELDS, (full_name(field),))


def _slot(kind: str, field: str) -> str:
    return kind + hashlib.blake2b(field.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _facet(field: str, value: MetadataValue) -> str:
    # 3 and 3.0 are equal, so they must be one facet; true and 1 must not.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{field}={_to_json(value)}"
