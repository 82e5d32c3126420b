"""What both engines share: names of vectors and payload fields, chunk <-> payload, and who may read what.

Payload of a point: `tenant`, `groups`, `document_id` and `revision` (indexed keywords), `facets` (indexed keywords, one
per value that a user may filter by) and `chunk` (everything else, as JSON). JSON in one string is written and read
faster than a field per attribute, and it brings every int, float and string back exactly as it was.

A facet is `field=value`, the value as JSON. With it any metadata key can be filtered by index, whatever its name or
type: the engines themselves cannot match floats, mix types in one condition or address keys with a quote.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.errors import InvalidError
from ingest.types import EVERYONE, Chunk, MetadataValue
from retrieval.types import Access, Filters

LAYOUT_VERSION = 1
"""Raised when points written before can no longer be read or searched."""

DENSE = "dense"
BM25 = "bm25"

TENANT = "tenant"
GROUPS = "groups"
DOCUMENT_ID = "document_id"
REVISION = "revision"
FACETS = "facets"
CHUNK = "chunk"
KEYWORD_INDEXES = (TENANT, GROUPS, DOCUMENT_ID, REVISION, FACETS)
"""Fields with a keyword index; the tenant's says so to the engine (`is_tenant`), which stores tenants together."""

METADATA_PREFIX = "metadata."
FACET_FIELDS = ("source", "title", "page", "kind", "headings")
"""Attributes of a chunk that a user may filter by, besides `document_id` and metadata."""

HNSW_M = 24
HNSW_EF_CONSTRUCT = 128
HNSW_EF = 256
EXACT_BELOW = 8_000
"""Vectors up to this number are scanned: exact, and no slower than the graph."""

Payload: TypeAlias = dict[str, Any]

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps with an option makes an encoder each time


@dataclass(frozen=True)
class AnyOf:
    """Condition on an indexed keyword field: it holds at least one of `values`; nothing fulfils an empty tuple."""

    field: str
    values: tuple[str, ...]


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
        GROUPS: list(chunk.groups or (EVERYONE,)),
        DOCUMENT_ID: chunk.document_id,
        REVISION: chunk.revision,
        FACETS: list(_facets(chunk)),
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


def conditions(access: Access, filters: Filters) -> list[AnyOf]:
    """What a point must fulfil, all of it, to be found by this reader with these filters.

    Filter fields: source, title, page, kind, headings, document_id, `metadata.<key>`; any other name is a metadata key.
    """
    found = [tenant_condition(access.tenant), AnyOf(GROUPS, _groups(access))]
    return found + [_filter_condition(field, value) for field, value in filters.items()]


def may_read(access: Access, chunk: Chunk) -> bool:
    """The access part of `conditions`, for a chunk at hand."""
    groups = chunk.groups or (EVERYONE,)
    return chunk.tenant == access.tenant and not set(groups).isdisjoint(_groups(access))


def readable_chunks(ids: Sequence[str], payloads: Mapping[str, Mapping[str, Any]], access: Access) -> list[Chunk]:
    """Chunks in the order of `ids`, without those that are not there or not for this reader."""
    chunks = [from_payload(one, payloads[one]) for one in ids if one in payloads]
    return [chunk for chunk in chunks if may_read(access, chunk)]


def ranked(scores: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Best first; equal scores by id, so that the same question always gets the same answer."""
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def _groups(access: Access) -> tuple[str, ...]:
    return (*access.groups, EVERYONE)


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
        yield _facet(METADATA_PREFIX + key, value)


def _filter_condition(field: str, value: MetadataValue | tuple[MetadataValue, ...]) -> AnyOf:
    values = value if isinstance(value, tuple) else (value,)
    if field == DOCUMENT_ID:
        return AnyOf(DOCUMENT_ID, tuple(str(one) for one in values))
    known = field in FACET_FIELDS or field.startswith(METADATA_PREFIX)
    name = field if known else METADATA_PREFIX + field
    return AnyOf(FACETS, tuple(_facet(name, one) for one in values))


def _facet(field: str, value: MetadataValue) -> str:
    # 3 and 3.0 are equal, so they must be one facet; true and 1 must not.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{field}={_to_json(value)}"


def idf_of(terms: Iterable[int], measured: Callable[[int], float | None], chunks: int) -> dict[int, float]:
    """Term -> IDF in a corpus of `chunks` texts.

    The engines keep their counts to themselves, but score / weight of any text that holds a term is its IDF:
    `measured` gives that, or None for a term that no text holds, whose IDF (Lucene's form) is computed.
    """
    absent = math.log(1 + (chunks + 0.5) / 0.5)
    return {term: absent if (found := measured(term)) is None else found for term in terms}
