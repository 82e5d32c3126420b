"""One question under one configuration: searched for and answered, not yet judged."""

import asyncio
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from api.bootstrap import Collection, Services
from api.parts import searcher
from eval.experiment.judging import ranking
from eval.experiment.sets import Case
from generation.answerer import drain
from generation.types import Answer
from ingest.errors import CitewellError
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

GIVE_UP = 3
"""So many questions in a row that fail, and nothing more is asked."""
_CHUNKS_A_DOCUMENT = 3
"""How many chunks are looked at for each document that is to be ranked, before more are."""


@dataclass(frozen=True)
class Asked:
    """`ranking`: what was found, as the things that are judged. `hits`: what is served, or what the answerer read.

    `answer` is the one that is served; `unguarded` is the one that would have been if nothing were ever refused.
    `failed`: why there is nothing.
    """

    case: Case
    query: Query
    ranking: list[str]
    hits: tuple[Hit, ...]
    search_ms: float
    answer: Answer | None = None
    unguarded: Answer | None = None
    answer_ms: float = 0.0
    failed: str = ""


class Asker:
    """Asks the cases of one data set of one open collection.

    Args:
        depth: how many ranks are judged; fewer where the search finds no more.
        answers: whether to answer, beside searching.
    """

    def __init__(
        self, services: Services, collection: Collection, runner: asyncio.Runner, depth: int, answers: bool
    ) -> None:
        self._services, self._collection, self._runner = services, collection, runner
        self._depth, self._answers = depth, answers
        self._failed = 0
        deepened = collection.hybrid.deepened(services.settings.retrieval.top_k)
        self._deep = services.searcher(collection.store, deepened)
        self._deeper = cache(self._search_of)
        self._unguarded = services.answerer(collection.store, collection.searcher, min_confidence=0.0)

    def ask(self, case: Case) -> Asked:
        """The search that is timed is the first one with this question: those that follow find the way prepared."""
        settings = self._services.settings
        query = self._query(case, settings.retrieval.top_k)
        started = perf_counter()
        served = self._collection.searcher.search(query)
        search_ms = (perf_counter() - started) * 1000
        ranked = self._ranked(case)
        if not self._answers or case.grades:
            return Asked(case, query, ranked, tuple(served), search_ms)
        query = self._query(case, settings.answers.passages)
        started = perf_counter()
        answer = self._runner.run(drain(self._collection.answerer.answer(query)))
        answer_ms = (perf_counter() - started) * 1000
        unguarded = self._runner.run(drain(self._unguarded.answer(query))) if _guarded(answer) else answer
        return Asked(case, query, ranked, answer.hits, search_ms, answer, unguarded, answer_ms)

    def ask_or_fail(self, case: Case) -> Asked:
        """As `ask`; a failure that may be of this question alone is noted.

        Raises:
            CitewellError: so many questions failed in a row that it is not.
        """
        try:
            found = self.ask(case)
        except CitewellError as error:
            self._failed += 1
            if self._failed >= GIVE_UP:
                raise
            return Asked(case, self._query(case, 1), [], (), 0.0, failed=str(error))
        self._failed = 0
        return found

    def _ranked(self, case: Case) -> list[str]:
        """What is served, and on from there down to `depth`, or to the last hit that there is."""
        top_k = self._depth * (_CHUNKS_A_DOCUMENT if case.grades else 1)
        hits = {hit.chunk.id: hit for hit in self._deep.search(self._query(case, top_k))}
        found = ranking(case, [*hits.values()])
        reach = min(top_k, self._services.settings.retrieval.candidates)
        while len(found) < self._depth and reach < self._collection.store.count():
            reach *= 2
            deeper = self._deeper(reach).search(self._query(case, max(top_k, reach)))
            more = {hit.chunk.id: hit for hit in deeper if hit.chunk.id not in hits}
            if not more:
                break
            hits |= more
            found = ranking(case, [*hits.values()])
        return found[: self._depth]

    def _search_of(self, candidates: int) -> Searcher:
        """From so many candidates of each branch; without the reranker, which reads the first hits alone."""
        services, store = self._services, self._collection.store
        deeper = self._collection.hybrid.deepened(candidates)
        return searcher(services.settings, store, deeper, services.catalog, None)

    def _query(self, case: Case, top_k: int) -> Query:
        settings = self._services.settings
        access = settings.access
        return Query(case.text, self._collection.name, access.tenant, access.groups, top_k, settings.retrieval.mode)


def _guarded(answer: Answer) -> bool:
    """Whether the threshold refused: a generator that was asked and does not know would only be asked again."""
    return answer.refused and not (answer.provenance and answer.provenance.prompt)
