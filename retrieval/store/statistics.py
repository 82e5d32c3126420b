"""Inverse document frequencies of one tenant in a large collection, without counting them for every query."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from math import exp, log
from typing import Protocol, TypeAlias

from ingest.errors import UnavailableError

LARGE = 20_000
"""Chunks. In smaller collections the engine counts a tenant's chunks in less than a millisecond; with a million, in 25
(2 cores with AVX2)."""
RARE = 1_000
"""Chunks that hold a term, up to which they are found and counted within the query: in half a millisecond."""
_TOLERATED = 0.01
"""Share of the collection or of a tenant's chunks that may change before what is known of them is counted anew."""
_MOST_TERMS = 1_000_000
_MOST_ABSENT = 100_000
"""Questions bring words that nobody used for ever, also where nothing is written."""

Key: TypeAlias = tuple[str, int]
"""Tenant and term."""


class Counts(Protocol):
    """What an engine knows of the words and tenants of a collection."""

    def idf_in(self, term: int, tenant: str | None) -> float | None:
        """As the engine counts among the tenant's chunks, which takes it long; for None instead of a tenant what it
        reckons with anyway, which is at hand. None where no chunk holds the term."""
        ...

    def holding(self, term: int, tenant: str, most: int) -> int:
        """Chunks of the tenant that hold the term, `most` at most."""
        ...

    def size(self, tenant: str) -> int:
        """Chunks of the tenant."""
        ...

    def tenants(self) -> Collection[str]: ...


@dataclass(frozen=True)
class _Known:
    """Of one tenant: how many chunks he had, after how many changes that was, and what terms weigh."""

    size: int
    changes: int
    weights: dict[int, float] = field(default_factory=dict)


class TenantStatistics:
    """What a term must weigh in a query of one tenant so that, times the engine's IDF, which counts the chunks of all
    tenants, it weighs as the tenant's own chunks say.

    A rare term is counted at once. Others are learnt in the background, when they are first asked for. Both are
    remembered until a hundredth of the collection or of the tenant's chunks has changed. Any thread may call.

    Args:
        chunks: how many the collection has.
        dead: how many the engine counts that are no longer there.
    """

    def __init__(self, counts: Counts, chunks: int, large: int = LARGE, rare: int = RARE, dead: int = 0) -> None:
        self._counts, self.chunks, self._large, self._rare = counts, chunks, large, rare
        self._dead = dead
        self._known: dict[str, _Known] = {}
        self._absent: dict[Key, float] = {}
        self._terms = 0
        self._written: Counter[str] = Counter()
        self._deleted = 0
        self._tenants: frozenset[str] | None = None
        self._written_to: frozenset[str] = frozenset()
        self._learning: set[Key | None] = set()
        self._changed = 0
        self._beside = ThreadPoolExecutor(1, "statistics")

    def writing(self, tenants: Iterable[str]) -> None:
        """To be called before chunks of these tenants are written."""
        self._written_to |= frozenset(tenants)

    def changed(self, written: Mapping[str, int], chunks: int) -> None:
        """To be called after each write.

        Args:
            written: tenant -> how many of his chunks it wrote, new or not; none where it deleted.
            chunks: how many there are now.
        """
        self._written.update(written)
        if not written:
            self._deleted += abs(chunks - self.chunks)  # nobody knows whose
        self._dead += max(0, sum(written.values()) - (chunks - self.chunks))
        self._changed += max(sum(written.values()), abs(chunks - self.chunks))
        self.chunks = chunks
        self._absent = {}  # a word that nobody used may have come
        if self._changed > _TOLERATED * chunks:
            self._forget()

    def tidied(self, dead: int) -> None:
        """To be called where the engine has written its segments anew, with how many chunks it left in them that are no
        longer there. Its IDF, which the weights correct, no longer counts the others."""
        self._dead = dead
        self._forget()

    def alone(self, tenant: str) -> bool:
        """Whether all chunks are surely the tenant's, so that the engine's own count is his. Not asked in a small
        collection."""
        if self.chunks < self._large or self._dead > _TOLERATED * self.chunks:  # the engine's count has the dead in it
            return False
        if self._tenants is None:
            self._beside_queries(None, self._find_tenants)
            return False
        return self._tenants | self._written_to <= {tenant}

    def weights(self, terms: Iterable[int], tenant: str) -> dict[int, float] | None:
        """Terms that no chunk of the tenant holds weigh 0. None: the engine must count, for the collection is small or
        a common term not learnt yet."""
        asked = list(terms)
        found = self._weights(asked, tenant)
        return found if len(found) == len(set(asked)) else None

    def idf(self, terms: Iterable[int], tenant: str) -> dict[int, float]:
        """Term -> IDF among the chunks of the tenant, of those terms that the engine need not count; 0 where none of
        them holds it."""
        if self.alone(tenant):
            return {term: self._counts.idf_in(term, None) or 0.0 for term in terms}
        own = self._weights(terms, tenant).items()
        return {term: weight and weight * (self._counts.idf_in(term, None) or 0.0) for term, weight in own}

    def _weights(self, terms: Iterable[int], tenant: str) -> dict[int, float]:
        """Of those that are known or counted at once."""
        if self.chunks < self._large:
            return {}
        known, absent = self._of(tenant), self._absent  # of this moment: writes put others in their place
        found = {term: known.weights.get(term, absent.get((tenant, term))) for term in terms}
        for term in [term for term, weight in found.items() if weight is None]:
            found[term] = self._at_once((tenant, term), known, absent)
        return {term: weight for term, weight in found.items() if weight is not None}

    def close(self) -> None:
        self._beside.shutdown(cancel_futures=True)

    def _forget(self) -> None:
        self._known, self._changed, self._terms = {}, 0, 0

    def _of(self, tenant: str) -> _Known:
        """Anew where more than a few of the tenant's chunks have changed: of twenty a term may be in all, while one is
        remembered."""
        known, changes = self._known.get(tenant), self._written[tenant] + self._deleted
        if known is None or changes - known.changes > _TOLERATED * known.size:
            known = self._known[tenant] = _Known(self._counts.size(tenant), changes)
        return known

    def _at_once(self, key: Key, known: _Known, absent: dict[Key, float]) -> float | None:
        tenant, term = key
        whole = self._counts.idf_in(term, None)
        if whole and holders(whole, self.chunks) > self._rare:
            self._learn(key, whole, known, absent)
            return None
        most = 2 * self._rare
        held = self._counts.holding(term, tenant, most) if whole else 0
        if whole and held == most:  # or more
            self._learn(key, whole, known, absent)
            return None
        own = idf(held, max(held, known.size)) if held else None  # more may have been written than were counted
        return self._remember(key, own, whole, known, absent)

    def _learn(self, key: Key, whole: float, known: _Known, absent: dict[Key, float]) -> None:
        tenant, term = key
        self._beside_queries(key, lambda: self._remember(key, self._counts.idf_in(term, tenant), whole, known, absent))

    def _remember(
        self, key: Key, own: float | None, whole: float | None, known: _Known, absent: dict[Key, float]
    ) -> float:
        if not own or not whole:
            if len(absent) >= _MOST_ABSENT:
                absent.clear()
            absent[key] = 0.0
            return 0.0
        known.weights[key[1]] = own / whole
        self._terms += 1
        if self._terms > _MOST_TERMS:
            self._forget()
        return own / whole

    def _find_tenants(self) -> None:
        self._tenants = frozenset(self._counts.tenants())

    def _beside_queries(self, key: Key | None, work: Callable[[], object]) -> None:
        """Once at a time for each key."""

        def run() -> None:
            try:
                with suppress(UnavailableError):  # the query that needs it says so itself
                    work()
            finally:
                self._learning.discard(key)

        if key not in self._learning:
            self._learning.add(key)
            with suppress(RuntimeError):  # closed meanwhile: the query that asks says so itself
                self._beside.submit(run)


def idf(holding: int, chunks: int) -> float:
    """Of a term that so many of the chunks hold: ln(1 + (N - n + 0.5) / (n + 0.5)), Lucene's form and the engine's."""
    return log(1 + (chunks - holding + 0.5) / (holding + 0.5))


def holders(of_idf: float, chunks: int) -> float:
    """How many of the chunks hold a term of this IDF: `idf` turned round."""
    return (chunks + 1) / exp(of_idf) - 0.5


def idf_of(terms: Iterable[int], measured: Callable[[int], float | None], chunks: int) -> dict[int, float]:
    """Term -> IDF in a corpus of `chunks` texts.

    The engines keep their counts to themselves, but score / weight of any text that holds a term is its IDF:
    `measured` gives that, or None for a term that no text holds, whose IDF is computed.
    """
    return {term: idf(0, chunks) if (found := measured(term)) is None else found for term in terms}
