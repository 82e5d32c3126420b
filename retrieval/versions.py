"""A wrapper that lets the valid one of several versions of a document win."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol

from ingest.catalog_rows import CatalogEntry
from ingest.supersession import Newest, superseded
from ingest.types import MetadataValue
from ingest.validity import VALID_FROM, VALID_UNTIL, Version, version_of
from retrieval.filters import METADATA_PREFIX, AnyOf, Every, Filter, Not, both, may_fulfil, parse
from retrieval.ports import Searcher
from retrieval.types import Hit, Query
from retrieval.years import looks_ahead, named_years

ROUNDS = 5
"""Each looks twice as deep: 16 times as many hits as were asked for, at most."""


class VersionReader(Protocol):
    def versions(
        self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
    ) -> Mapping[str, CatalogEntry]:
        """Document id -> entry, of every document of these series that the reader may read."""
        ...


class CurrentSearcher:
    """Port `Searcher` round another one, without documents that made way for a newer version or are still to come.

    Two documents are versions of one where their titles and paths say so and both state since when they are in force
    (`ingest.validity`). What counts is the day that the query gives (`as_of`: then documents that are not yet or no
    longer in force on it are left out as well), else the end of a past year that its text names (today where that is
    before the first version), else today; a text that names several years compares them, and is shown every version. A
    version that is not yet in force is shown where none is, and where the text speaks of what is to come or names this
    year or a later one. One that the query's filters leave out supersedes nothing.

    Args:
        supersede: false leaves every version in; `as_of` counts nevertheless.
    """

    def __init__(
        self, inner: Searcher, catalog: VersionReader, today: Callable[[], date], supersede: bool = True
    ) -> None:
        self._inner, self._catalog, self._today, self._supersede = inner, catalog, today, supersede

    def search(self, query: Query) -> list[Hit]:
        day = query.as_of or self._named(query.text)
        if query.as_of:
            query = replace(query, filters=both(query.filters, in_force(query.as_of)))
        if not self._supersede or day is None:
            return self._inner.search(query)
        gone: set[str] = set()
        for deeper in range(ROUNDS):
            deep = replace(query, top_k=query.top_k << deeper, filters=without(query.filters, gone))
            hits = self._inner.search(deep)
            gone |= self._superseded(query, hits, day)  # what came up in their place may have made way, too
            kept = [hit for hit in hits if hit.chunk.document_id not in gone]
            if len(kept) == len(hits) or len(kept) >= query.top_k:
                break
        return kept[: query.top_k]

    def left_out(self, query: Query, hits: Iterable[Hit]) -> set[str]:
        """Ids of documents, versions of those of the hits, that `search` does not show for this query."""
        day = query.as_of or self._named(query.text)
        return self._superseded(query, hits, day) if self._supersede and day else set()

    def _superseded(self, query: Query, hits: Iterable[Hit], day: date) -> set[str]:
        """Of all series that the hits belong to."""
        chunks = {hit.chunk.document_id: hit.chunk for hit in hits}
        found = (version_of(one.source, one.title, one.metadata) for one in chunks.values())
        series = {one.series for one in found if one}
        if not series:
            return set()
        entries = self._catalog.versions(query.collection, query.tenant, query.groups, series)
        allowed = {key: one for key, one in entries.items() if may_fulfil(query.filters, _known(one))}
        versions = _versions(allowed)
        gone = set(superseded(versions, day))
        if query.as_of:
            return gone
        gone |= set(superseded(_later_than(day, versions), self._today()))
        return gone if self._looks_ahead(query.text) else gone | _to_come(versions, self._today())

    def _named(self, text: str) -> date | None:
        """None where a text names several years."""
        today = self._today()
        years = named_years(text)
        if len(years) > 1:
            return None
        return date(min(years), 12, 31) if years and min(years) < today.year else today

    def _looks_ahead(self, text: str) -> bool:
        return looks_ahead(text) or any(year >= self._today().year for year in named_years(text))


def without(filters: Filter, documents: set[str]) -> Filter:
    """The filters that leave out these documents (ids), too."""
    return both(filters, Not(AnyOf("document_id", tuple(sorted(documents))))) if documents else filters


def in_force(day: date) -> Filter:
    """Documents that state nothing are in force on every day."""
    return Every(
        (Not(parse({VALID_FROM: {"$gt": day.isoformat()}})), Not(parse({VALID_UNTIL: {"$lt": day.isoformat()}})))
    )


def _versions(entries: Mapping[str, CatalogEntry]) -> dict[str, Version]:
    found = {key: version_of(one.source, one.title, one.metadata) for key, one in entries.items()}
    return {key: one for key, one in found.items() if one}


def _later_than(day: date, versions: Mapping[str, Version]) -> dict[str, Version]:
    """Those of documents that were not begun: a number that looks like a year asks for none of them."""
    begun = Newest({key: one for key, one in versions.items() if one.valid_from <= day})
    return {key: one for key, one in versions.items() if not begun.of_one_with(one)}


def _to_come(versions: Mapping[str, Version], today: date) -> set[str]:
    """Those that shall replace one that is in force today."""
    begun = Newest({key: one for key, one in versions.items() if one.in_force(today)})
    return {key for key, one in versions.items() if one.valid_from > today and begun.of_one_with(one)}


def _known(entry: CatalogEntry) -> dict[str, MetadataValue]:
    metadata = {METADATA_PREFIX + key: value for key, value in entry.metadata.items()}
    return {"document_id": entry.id, "source": entry.source, "title": entry.title, **metadata}
