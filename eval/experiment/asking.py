"""One question under one configuration: searched for and answered, not yet judged."""

import asyncio
from dataclasses import dataclass
from time import perf_counter

from api.bootstrap import Collection, Services
from eval.experiment.judging import ranking
from eval.experiment.sets import Case
from generation.answerer import drain
from generation.types import Answer
from retrieval.types import Hit, Query

_CHUNKS_A_DOCUMENT = 3
"""How many chunks are looked at for each document that is to be ranked."""


@dataclass(frozen=True)
class Asked:
    """`ranking`: what was found, as the things that are judged. `hits`: what is served, or what the answerer read.

    `answer` is the one that is served; `unguarded` is the one that would have been if nothing were ever refused.
    """

    case: Case
    query: Query
    ranking: list[str]
    hits: tuple[Hit, ...]
    search_ms: float
    answer: Answer | None = None
    unguarded: Answer | None = None
    answer_ms: float = 0.0


class Asker:
    """Asks the cases of one data set of one open collection.

    Args:
        depth: how many ranks are judged.
        answers: whether to answer, beside searching.
    """

    def __init__(
        self, services: Services, collection: Collection, runner: asyncio.Runner, depth: int, answers: bool
    ) -> None:
        self._services, self._collection, self._runner = services, collection, runner
        self._depth, self._answers = depth, answers
        self._unguarded = services.answerer(collection.store, collection.searcher, min_confidence=0.0)

    def ask(self, case: Case) -> Asked:
        settings = self._services.settings
        deep = self._search(case, self._depth * (_CHUNKS_A_DOCUMENT if case.grades else 1))
        started = perf_counter()
        served = self._search(case, settings.retrieval.top_k)
        search_ms = (perf_counter() - started) * 1000
        ranked = ranking(case, deep)[: self._depth]
        query = self._query(case, settings.retrieval.top_k)
        if not self._answers or case.grades:
            return Asked(case, query, ranked, tuple(served), search_ms)
        query = self._query(case, settings.answers.passages)
        started = perf_counter()
        answer = self._runner.run(drain(self._collection.answerer.answer(query)))
        answer_ms = (perf_counter() - started) * 1000
        unguarded = self._runner.run(drain(self._unguarded.answer(query))) if answer.refused else answer
        return Asked(case, query, ranked, answer.hits, search_ms, answer, unguarded, answer_ms)

    def _query(self, case: Case, top_k: int) -> Query:
        settings = self._services.settings
        access = settings.access
        return Query(case.text, self._collection.name, access.tenant, access.groups, top_k, settings.retrieval.mode)

    def _search(self, case: Case, top_k: int) -> list[Hit]:
        return self._collection.searcher.search_blocking(self._query(case, top_k))
