"""A wrapper that lets the valid one of several versions of a document win."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from ingest.validity import VALID_FROM, VALID_UNTIL, Version, superseded, version_of
from retrieval.filters import AnyOf, Every, Filter, Not, both, parse
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SEARCHES = 3
"""What comes up in place of a superseded document may be superseded itself."""


class VersionReader(Protocol):
    def versions(
        self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
    ) -> Mapping[str, Version]:
        """Document id -> its version, of every document of these series that the reader may read."""
        ...


class CurrentSearcher:
    """Port `Searcher` round another one, without documents that made way for a newer version.

    Two documents are versions of one where their titles say so and both state since when they are in force
    (`ingest.validity`). What counts is the day that the query gives (`as_of`: then documents that are not yet or no
    longer in force on it are left out as well), else the end of a past year that its text names, else today.
    """

    def __init__(self, inner: Searcher, catalog: VersionReader, today: Callable[[], date]) -> None:
        self._inner, self._catalog, self._today = inner, catalog, today

    def search(self, query: Query) -> list[Hit]:
        day = query.as_of or self._named(query.text)
        if query.as_of:
            query = replace(query, filters=both(query.filters, in_force(query.as_of)))
        hits = self._inner.search(query)
        gone: set[str] = set()
        for _ in range(_SEARCHES):
            found = self._superseded(query, hits, day) - gone
            if not found:
                break
            gone |= found
            without = Not(AnyOf("document_id", tuple(sorted(gone))))
            hits = self._inner.search(replace(query, filters=both(query.filters, without)))
        return hits

    def _superseded(self, query: Query, hits: Iterable[Hit], day: date) -> set[str]:
        seen = {
            hit.chunk.document_id: version_of(hit.chunk.source, hit.chunk.title, hit.chunk.metadata) for hit in hits
        }
        series = {one.series for one in seen.values() if one}
        if not series:
            return set()
        versions = self._catalog.versions(query.collection, query.tenant, query.groups, series)
        return superseded(versions, day).keys() & seen.keys()

    def _named(self, text: str) -> date:
        today = self._today()
        years = [int(year) for year in _YEAR.findall(text)]
        past = [year for year in years if year < today.year]
        return date(max(past), 12, 31) if past and len(past) == len(years) else today


def in_force(day: date) -> Filter:
    """Documents that state nothing are in force on every day."""
    following = (day + timedelta(days=1)).isoformat()
    return Every((Not(parse({VALID_FROM: {"$gte": following}})), Not(parse({VALID_UNTIL: {"$lt": day.isoformat()}}))))
