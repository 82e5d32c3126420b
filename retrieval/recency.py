"""A wrapper that prefers what was written lately."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from math import ceil

from ingest.types import Metadata
from ingest.validity import DATED, VALID_FROM
from retrieval.filters import moment
from retrieval.fusion import scaled
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_CANDIDATES = 50
_DAY_S = 86_400


class RecencySearcher:
    """Port `Searcher` round another one: the best candidates are ranked anew by their score, scaled to [0, 1], and how
    fresh their documents are, 2 ** (-age / half life). A document without a date counts as one half life old, one of
    the future as new.

    Args:
        weight: share of freshness in the final score, in [0, 1].
        half_life_days: the age at which a document is half as fresh.
    """

    def __init__(self, inner: Searcher, weight: float, half_life_days: float, today: Callable[[], date]) -> None:
        self._inner, self._weight, self._half_life, self._today = inner, weight, half_life_days, today

    def search(self, query: Query) -> list[Hit]:
        hits = self._inner.search(replace(query, top_k=max(query.top_k, _CANDIDATES)))
        day = query.as_of or self._today()
        mixed = []
        for hit, score in zip(hits, scaled([hit.score for hit in hits]), strict=True):
            fresh = self._freshness(hit.chunk.metadata, day)
            total = (1 - self._weight) * score + self._weight * fresh
            mixed.append(replace(hit, score=total, origin={**hit.origin, "freshness": fresh}))
        return sorted(mixed, key=lambda hit: (-hit.score, hit.chunk.id))[: query.top_k]

    def _freshness(self, metadata: Metadata, day: date) -> float:
        stated = (moment(metadata.get(key, "")) for key in (DATED, VALID_FROM))
        written = next((seconds for seconds in stated if seconds is not None), None)
        if written is None:
            return 0.5
        begins = datetime.combine(day, time(), UTC).timestamp()
        age = ceil((begins - written) / _DAY_S)  # of the day it was written, which `date` cannot always tell
        return float(2.0 ** (-max(age, 0) / self._half_life))
