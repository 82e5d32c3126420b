"""Citewell's own search: quality and latency of each mode, and what REST adds to it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, sleep

import httpx
import uvicorn

from api.app import create_app
from api.bootstrap import Services
from api.server import bind
from eval.bench.ingest import COLLECTION
from eval.bench.measure import (
    DEEP,
    HEAD,
    MAX_QUERIES,
    REPETITIONS,
    WARM_UP,
    Mode,
    ModeFigures,
    Percentiles,
    Queries,
    Vector,
    figures,
    summary,
    timed,
)
from eval.metrics.ranking import first_of_each
from ingest.errors import UnavailableError
from retrieval.ports import Searcher
from retrieval.searcher import HybridSearcher
from retrieval.types import Access, Hit, Query
from retrieval.types import Mode as ModeName

MODES: tuple[ModeName, ...] = ("dense", "bm25", "hybrid")
START_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class ApiFigures:
    """`overhead`: a request's round trip minus the same search without REST, called right before it.

    `bm25_overhead`: the same in mode bm25, where no embedding model adds its noise.
    `around`: the round trip minus the time that the server itself reports for the search.
    """

    overhead: Percentiles
    bm25_overhead: Percentiles
    around: Percentiles


def embedded(services: Services, texts: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]]) -> Queries:
    vectors = {key: services.embedder.embed_query(text) for key, text in texts.items()}
    return Queries(dict(texts), vectors, qrels)


def mode_figures(services: Services, name: ModeName, queries: Queries) -> ModeFigures:
    return figures(_mode(services, name), queries)


def reranked_figures(services: Services, queries: Queries) -> ModeFigures:
    """Hybrid search with what the settings put round it; there is no figure without the embedding of the query."""
    opened = services.collection(COLLECTION)
    pool, access = services.settings.retrieval.candidates, services.settings.access
    reader = Access(access.tenant, access.groups)
    deep = services.searcher(opened.store, opened.hybrid.deepened(pool))

    def found(searcher: Searcher, text: str, top_k: int) -> list[str]:
        return _documents(searcher.search(_query(text, reader, "hybrid", top_k)))

    return figures(
        Mode(
            head=lambda text, vector: found(deep, text, pool),
            deep=lambda text, vector: found(deep, text, 3 * DEEP),
            search=lambda text: opened.searcher.search(_query(text, reader, "hybrid", HEAD)),
            engine=None,
        ),
        queries,
    )


def api_figures(services: Services, queries: Queries) -> ApiFigures:
    with serving(services) as url, httpx.Client(base_url=url) as client:
        hybrid, around = _overheads(services, client, "hybrid", queries)
        bm25, _ = _overheads(services, client, "bm25", queries)
    return ApiFigures(hybrid, bm25, around)


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The real server on a free port of this machine; gives its address."""
    with bind("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = perf_counter() + START_TIMEOUT_S
    while not server.started:
        if perf_counter() > deadline or not thread.is_alive():
            raise UnavailableError("The HTTP server of the benchmark did not start; see its messages above.")
        sleep(0.01)


def _mode(services: Services, name: ModeName) -> Mode:
    searcher = services.collection(COLLECTION).hybrid
    pool = services.settings.retrieval.candidates
    access = Access(services.settings.access.tenant, services.settings.access.groups)

    def find(text: str, vector: Vector, top_k: int) -> list[Hit]:
        return searcher.search_with(_query(text, access, name, top_k), None if name == "bm25" else vector)

    return Mode(
        # As many as fusion sees when ten are asked for, so that the order is the one that is served.
        head=lambda text, vector: _documents(find(text, vector, max(pool, HEAD))),
        deep=lambda text, vector: _deep(searcher, _query(text, access, name, pool), vector),
        search=lambda text: searcher.search(_query(text, access, name, HEAD)),
        engine=None if name == "bm25" else lambda text, vector: find(text, vector, HEAD),
    )


def _deep(searcher: HybridSearcher, query: Query, vector: Vector) -> list[str]:
    """As many chunks as it takes to see `DEEP` documents, or all there are."""
    top_k = 3 * DEEP
    while True:
        wanted = Query(query.text, query.collection, query.tenant, query.groups, top_k, query.mode)
        hits = searcher.search_with(wanted, None if query.mode == "bm25" else vector)
        documents = _documents(hits)
        if len(documents) >= DEEP or len(hits) < top_k:
            return documents
        top_k *= 2


def _query(text: str, access: Access, mode: ModeName, top_k: int) -> Query:
    return Query(text, COLLECTION, access.tenant, access.groups, top_k, mode)


def _documents(hits: list[Hit]) -> list[str]:
    return first_of_each(hit.chunk.source for hit in hits)


def _overheads(
    services: Services, client: httpx.Client, name: ModeName, queries: Queries
) -> tuple[Percentiles, Percentiles]:
    """Overhead against the direct call, and against the time that the server reports."""
    served, settings = services.collection(COLLECTION).searcher, services.settings.access
    reader = Access(settings.tenant, settings.groups)

    def direct(text: str) -> list[Hit]:
        return served.search(_query(text, reader, name, HEAD))

    sample = list(queries.texts.values())[:MAX_QUERIES]
    for text in sample[:WARM_UP]:
        _reported(client, name, text)
    overheads: list[list[float]] = []
    arounds: list[list[float]] = []
    for _ in range(REPETITIONS):
        pairs = [(timed(direct, text), *_reported(client, name, text)) for text in sample]
        overheads.append([total - alone for alone, total, _ in pairs])
        arounds.append([total - inside for _, total, inside in pairs])
    return summary(overheads), summary(arounds)


def _reported(client: httpx.Client, name: ModeName, text: str) -> tuple[float, float]:
    """Seconds of a round trip, and those that the server spent on the search."""
    body = {"query": text, "collection": COLLECTION, "mode": name, "top_k": HEAD}
    started = perf_counter()
    response = client.post("/v1/search", json=body)
    found = response.raise_for_status().json()
    return perf_counter() - started, found["timings"]["search_ms"] / 1000
