"""Inverse document frequencies of one tenant in a large collection, without counting them for every query."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeAlias

from ingest.errors import UnavailableError

LARGE = 20_000
"""Chunks. In smaller collections the engine counts a tenant's chunks in less than a millisecond; with a million, in 25
(2 cores with AVX2)."""
_TOLERATED = 0.01
"""Share of the collection that may change before what is known is counted anew."""
_MOST_TERMS = 1_000_000

Key: TypeAlias = tuple[str, int]
"""Tenant and term."""


class TenantStatistics:
    """What a term must weigh in a query of one tenant so that, times the engine's IDF, which counts the chunks of all
    tenants, it weighs as the tenant's own chunks say.

    Terms are learnt in the background, when they are first asked for, and remembered until a hundredth of the
    collection has changed. Any thread may call.

    Args:
        idf: term, tenant -> IDF among the tenant's chunks, None where none of them holds the term; for None instead of
            a tenant, what the engine itself reckons with.
        chunks: how many the collection has.
    """

    def __init__(self, idf: Callable[[int, str | None], float | None], chunks: int, large: int = LARGE) -> None:
        self._idf, self.chunks, self._large = idf, chunks, large
        self._weights: dict[Key, float] = {}
        self._absent: dict[Key, float] = {}
        self._learning: set[Key] = set()
        self._changed = 0
        self._beside = ThreadPoolExecutor(1, "statistics")

    def changed(self, written: int, chunks: int) -> None:
        """To be called after each write: how many chunks it wrote, new or not, and how many there are now."""
        self._changed += max(written, abs(chunks - self.chunks))
        self.chunks = chunks
        self._absent = {}  # a word that nobody used may have come
        if self._changed > _TOLERATED * chunks or len(self._weights) > _MOST_TERMS:
            self._weights, self._changed = {}, 0

    def weights(self, terms: Iterable[int], tenant: str) -> dict[int, float] | None:
        """Terms that no chunk of the tenant holds weigh 0. None: the engine must count, for the collection is small or
        a term not learnt yet."""
        if self.chunks < self._large:
            return None
        known, absent = self._weights, self._absent  # of this moment: writes put others in their place
        found = {term: known.get((tenant, term), absent.get((tenant, term))) for term in terms}
        for term in (term for term, weight in found.items() if weight is None):
            self._learn((tenant, term), known, absent)
        weights = {term: weight for term, weight in found.items() if weight is not None}
        return weights if len(weights) == len(found) else None

    def close(self) -> None:
        self._beside.shutdown(cancel_futures=True)

    def _learn(self, key: Key, known: dict[Key, float], absent: dict[Key, float]) -> None:
        if key not in self._learning:
            self._learning.add(key)
            with suppress(RuntimeError):  # closed meanwhile: the query that asks says so itself
                self._beside.submit(self._measure, key, known, absent)

    def _measure(self, key: Key, known: dict[Key, float], absent: dict[Key, float]) -> None:
        tenant, term = key
        try:
            own, whole = self._idf(term, tenant), self._idf(term, None)
        except UnavailableError:
            return  # the query that needs it says so itself
        finally:
            self._learning.discard(key)
        if own and whole:
            known[key] = own / whole
        else:
            absent[key] = 0.0
