"""How many of the documents found have which value of a field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.types import Chunk, MetadataValue
from retrieval.filters import METADATA_PREFIX
from retrieval.types import Hit


@dataclass(frozen=True)
class FacetValue:
    value: MetadataValue
    documents: int


def facets(hits: Sequence[Hit], fields: Iterable[str]) -> dict[str, tuple[FacetValue, ...]]:
    """Field -> its values with the number of documents among the hits, most frequent first."""
    return {field: _counted(hits, field) for field in fields}


def _counted(hits: Sequence[Hit], field: str) -> tuple[FacetValue, ...]:
    documents: dict[tuple[bool, MetadataValue], set[str]] = {}
    for hit in hits:
        for value in _values(hit.chunk, field):
            key = (isinstance(value, bool), value)  # True and 1 are two values, 1 and 1.0 are one
            documents.setdefault(key, set()).add(hit.chunk.document_id)
    found = [FacetValue(value, len(ids)) for (_, value), ids in documents.items()]
    return tuple(sorted(found, key=lambda one: (-one.documents, str(one.value))))


def _values(chunk: Chunk, field: str) -> Sequence[MetadataValue]:
    match field:
        case "document_id" | "source" | "title" | "kind":
            return (str(getattr(chunk, field)),)
        case "page":
            return () if chunk.page is None else (chunk.page,)
        case "headings":
            return chunk.headings
        case _:
            key = field.removeprefix(METADATA_PREFIX)
            return (chunk.metadata[key],) if key in chunk.metadata else ()
