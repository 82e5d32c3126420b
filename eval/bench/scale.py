"""What size costs: `python -m eval.bench.scale --sizes 10000 100000 1000000 --out scale.json`.

Fills an embedded index with made-up chunks (`eval.bench.made_up`) and measures writing, building, reopening, memory,
latency and recall. The embedding model does not count into any figure.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import product
from math import inf
from pathlib import Path
from time import perf_counter
from typing import cast

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from eval.bench.ingest import disk_megabytes
from eval.bench.made_up import JUDGED, MODEL, SMALL_TENANT, TENANT, Base, base, blocks, exact
from eval.bench.measure import REPETITIONS, Percentiles, summary, timed
from retrieval.filters import EVERYTHING
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.store.options import IndexOptions, Quantization
from retrieval.types import Access, Query

CLIENTS = 8
"""That ask at once where throughput is measured."""
WIDTH = 160
"""Of the table, in characters."""


@dataclass(frozen=True)
class Written:
    chunks_per_s: float
    optimize_s: float
    disk_mb: float


@dataclass(frozen=True)
class Searched:
    """`resident_mb` is all that the system counts for the process after the queries; `own_mb` leaves out files that
    the system may drop at any time. `recall_10` is that of the vector search against an exact one. `new_words` is a
    hybrid search for the first questions after the start, `hybrid` and `small_tenant` one for others once the store
    knows how much each word weighs. `queries_per_s` is what `CLIENTS` threads get together that ask one question after
    the other."""

    reopen_s: float
    resident_mb: float
    own_mb: float
    recall_10: float
    new_words: Percentiles
    hybrid: Percentiles
    small_tenant: Percentiles
    queries_per_s: float


@dataclass(frozen=True)
class Figures:
    chunks: int
    quantization: str
    vectors: str
    written: Written
    searched: Searched


def measure(made_from: Base, size: int, options: IndexOptions, folder: Path) -> Figures:
    """Writing and searching happen in processes of their own: the memory of one must not count for the other."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        written = pool.apply(_write, (made_from, size, options, folder))
    with context.Pool(1) as pool:
        found = pool.apply(_search, (made_from, size, options, folder))
    return Figures(size, options.quantization, options.vectors, written, found)


def _write(made_from: Base, size: int, options: IndexOptions, folder: Path) -> Written:
    seconds = 0.0
    with closing(EdgeStore(folder, _identity(made_from), options)) as store:
        for chunks, vectors in blocks(made_from, size):
            started = perf_counter()
            store.upsert(chunks, vectors)
            seconds += perf_counter() - started
        started = perf_counter()
        store.optimize()
        optimize_s = perf_counter() - started
    return Written(size / seconds, optimize_s, disk_megabytes(folder))


def _search(made_from: Base, size: int, options: IndexOptions, folder: Path) -> Searched:
    started = perf_counter()
    with closing(EdgeStore(folder, _identity(made_from), options)) as store:
        find = _finder(store, made_from)
        find(TENANT, 0)
        reopen_s = perf_counter() - started
        first, others = in_two(range(len(made_from.questions)))
        new_words = fresh_percentiles(lambda number: find(TENANT, number), first)
        learn_words(store, made_from.questions)
        hybrid = fresh_percentiles(lambda number: find(TENANT, number), others)
        small = fresh_percentiles(lambda number: find(SMALL_TENANT, number), others)
        throughput = queries_per_s(lambda number: find(TENANT, number), len(made_from.questions))
        memory = psutil.Process(os.getpid()).memory_info()
        judged = made_from.asked[:JUDGED]
        found = [[key for key, _ in store.dense(one, Access(TENANT), EVERYTHING, 10)] for one in judged]
    return Searched(
        reopen_s=reopen_s,
        resident_mb=memory.rss / 2**20,
        own_mb=(memory.rss - memory.shared) / 2**20,
        recall_10=recall(found, exact(made_from, size)),
        new_words=new_words,
        hybrid=hybrid,
        small_tenant=small,
        queries_per_s=throughput,
    )


def in_two(questions: range) -> tuple[range, range]:
    return questions[: len(questions) // 2], questions[len(questions) // 2 :]


def learn_words(store: EdgeStore, questions: Iterable[str]) -> None:
    """One by one, so that no answer of a question is in the system's memory when it is timed; again and again, as long
    as it goes faster each time, for words are learnt beside the searches."""
    words = sorted({word for question in questions for word in question.split()})
    before, seconds = inf, 0.0
    while seconds < 0.8 * before:
        before = seconds or inf
        started = perf_counter()
        for word in words:
            for tenant in (TENANT, SMALL_TENANT):
                store.bm25(word, Access(tenant), EVERYTHING, 1)
        seconds = perf_counter() - started


def fresh_percentiles(ask: Callable[[int], object], questions: range) -> Percentiles:
    """No question is asked twice: the first part warms up, each of the others is a repetition. At least
    `REPETITIONS` + 1 questions."""
    each = len(questions) // (REPETITIONS + 1)
    parts = [questions[start : start + each] for start in range(0, each * (REPETITIONS + 1), each)]
    for number in parts[0]:
        ask(number)
    return summary([[timed(lambda key: ask(int(key)), str(number)) for number in part] for part in parts[1:]])


def queries_per_s(ask: Callable[[int], object], questions: int) -> float:
    started = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(ask, range(questions)))
    return questions / (perf_counter() - started)


def _finder(store: EdgeStore, made_from: Base) -> Callable[[str, int], object]:
    """Hybrid search as it is served, with the query's vector at hand."""

    def current(ids: Iterable[str]) -> dict[str, str]:
        return dict.fromkeys(ids, "1")

    searcher = HybridSearcher(store, lambda text: made_from.asked[0], current, FusionOptions())

    def find(tenant: str, number: int) -> object:
        query = Query(made_from.questions[number], "scale", tenant)
        return searcher.search_with(query, made_from.asked[number])

    return find


def recall(found: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, wanted, strict=True)]))


def _identity(made_from: Base) -> Identity:
    return Identity(MODEL, made_from.vectors.shape[1])


def table(found: Sequence[Figures]) -> Table:
    shown = Table(title="What size costs", title_justify="left")
    for name in ("chunks", "vectors", "written/s", "build s", "disk MB", "reopen s", "resident MB", "own MB"):
        shown.add_column(name, justify="right")
    for name in ("recall@10", "p50 ms", "p95 ms", "p99 ms", "new words p50", "tenant of 1/1000", "queries/s"):
        shown.add_column(name, justify="right")
    for one in found:
        kept = f"{one.vectors}, {one.quantization}" if one.quantization != "none" else one.vectors
        wrote, searched = one.written, one.searched
        writing = (wrote.chunks_per_s, wrote.optimize_s, wrote.disk_mb)
        reading = (searched.reopen_s, searched.resident_mb, searched.own_mb)
        times = (searched.hybrid.p50, searched.hybrid.p95, searched.hybrid.p99)
        shown.add_row(
            f"{one.chunks:,}",
            kept,
            *(f"{value:,.1f}" for value in (*writing, *reading)),
            f"{searched.recall_10:.3f}",
            *(f"{value:.2f}" for value in (*times, searched.new_words.p50)),
            f"x {searched.small_tenant.p50 / searched.hybrid.p50:.2f}",
            f"{searched.queries_per_s:.0f}",
        )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--quantization", nargs="+", default=["none", "int8"], choices=["none", "int8", "4bit"])
    parser.add_argument("--vectors", nargs="+", default=["memory"], choices=["memory", "disk"])
    parser.add_argument("--out", type=Path, help="JSON file to write")
    asked = parser.parse_args()
    made_from, found = base(), list[Figures]()
    for size, quantization, vectors in product(asked.sizes, asked.quantization, asked.vectors):
        options = IndexOptions(cast(Quantization, quantization), vectors)
        with tempfile.TemporaryDirectory(prefix="citewell-scale-") as folder:
            found.append(measure(made_from, size, options, Path(folder) / "index"))
        if asked.out:
            asked.out.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n", encoding="utf-8")
    Console(highlight=False, width=WIDTH).print(table(found))


if __name__ == "__main__":
    main()
