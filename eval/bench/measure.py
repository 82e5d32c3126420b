"""What is measured the same way for Citewell and for its peers: ranking quality, latency, memory."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TypeAlias

import numpy as np
import psutil
from numpy.typing import NDArray

from eval.metrics.ranking import mean, ranking_metrics
from ingest.ports import Embedder

Vector: TypeAlias = NDArray[np.float32]
HEAD, DEEP = 10, 100
"""Ranks that nDCG and recall look at."""
REPETITIONS = 3
MAX_QUERIES = 300
SLOW_BUDGET_S = 60.0
"""A repetition should take no longer: of slower systems fewer queries are timed."""
MIN_QUERIES = 20
WARM_UP = 5


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds; each is the median over the repetitions of that percentile over the queries."""

    p50: float
    p95: float
    p99: float
    queries: int
    repetitions: int = REPETITIONS


@dataclass(frozen=True)
class Mode:
    """One way to search. `search` and `engine` find the best ten, `engine` with the query's vector at hand.

    `head` and `deep` give document rankings: the one that is served, and one of at least `DEEP` documents.
    `vector` is None where a mode embeds nothing; then there is no separate `engine`.
    """

    head: Callable[[str, Vector], list[str]]
    deep: Callable[[str, Vector], list[str]]
    search: Callable[[str], object]
    engine: Callable[[str, Vector], object] | None


@dataclass(frozen=True)
class ModeFigures:
    ndcg: float
    recall: float
    latency: Percentiles
    engine_latency: Percentiles


@dataclass(frozen=True)
class Queries:
    """Judged queries with their vectors, shape (dimension,) each."""

    texts: dict[str, str]
    vectors: dict[str, Vector]
    qrels: Mapping[str, Mapping[str, int]]


class RecordingEmbedder:
    """Port `Embedder` round another one: remembers the document texts it was given and the seconds they took."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.texts: list[str] = []
        self.seconds = 0.0

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    @property
    def max_tokens(self) -> int:
        return self._inner.max_tokens

    @property
    def inner(self) -> Embedder:
        return self._inner

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._inner.token_spans(text)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        started = perf_counter()
        vectors = self._inner.embed_documents(texts)
        self.seconds += perf_counter() - started
        self.texts += texts
        return vectors

    def embed_query(self, text: str) -> Vector:
        return self._inner.embed_query(text)

    def reset(self) -> None:
        self.texts, self.seconds = [], 0.0


class PeakMemory:
    """Context manager: the greatest resident memory of this process and its children, sampled in a thread."""

    def __init__(self, interval_s: float = 0.1) -> None:
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.megabytes = 0.0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self.megabytes = max(self.megabytes, resident_megabytes())

    def _sample(self) -> None:
        while not self._stop.wait(self._interval_s):
            self.megabytes = max(self.megabytes, resident_megabytes())


def resident_megabytes() -> float:
    process = psutil.Process()
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return float(total / 2**20)


def figures(mode: Mode, queries: Queries) -> ModeFigures:
    """Quality over all queries, latency over a sample."""
    qrels = {key: queries.qrels[key] for key in queries.texts}
    heads = {key: mode.head(text, queries.vectors[key]) for key, text in queries.texts.items()}
    deeps = {key: mode.deep(text, queries.vectors[key]) for key, text in queries.texts.items()}
    engine = mode.engine
    whole = percentiles(lambda key: mode.search(queries.texts[key]), list(queries.texts))
    return ModeFigures(
        ndcg=mean(found[f"ndcg@{HEAD}"] for found in ranking_metrics(heads, qrels).values()),
        recall=mean(found[f"recall@{DEEP}"] for found in ranking_metrics(deeps, qrels).values()),
        latency=whole,
        engine_latency=whole
        if engine is None
        else percentiles(lambda key: engine(queries.texts[key], queries.vectors[key]), list(queries.texts)),
    )


def percentiles(call: Callable[[str], object], keys: Sequence[str]) -> Percentiles:
    """Time `call` of every key, several times over, after a warm-up that also says how many keys are affordable."""
    warm = [timed(call, key) for key in keys[:WARM_UP]]
    affordable = max(MIN_QUERIES, int(SLOW_BUDGET_S / max(median(warm), 1e-6)))
    sample = keys[: min(MAX_QUERIES, affordable)]
    return summary([[timed(call, key) for key in sample] for _ in range(REPETITIONS)])


def summary(repetitions: Sequence[Sequence[float]]) -> Percentiles:
    """Seconds of shape (repetitions, queries) -> percentiles in milliseconds."""
    each = np.percentile(np.asarray(repetitions), (50, 95, 99), axis=1) * 1000
    p50, p95, p99 = (round(float(value), 3) for value in np.median(each, axis=1))
    return Percentiles(p50, p95, p99, len(repetitions[0]), len(repetitions))


def timed(call: Callable[[str], object], key: str) -> float:
    started = perf_counter()
    call(key)
    return perf_counter() - started
