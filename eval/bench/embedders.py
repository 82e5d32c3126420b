"""Runtimes of one embedding model, side by side in one run.

`python -m eval.bench.embedders --data FOLDER` takes queries and documents from a BEIR folder and prints one table:
milliseconds a query with the machine to itself and with every core busy otherwise, documents a second, cosine to the
model in float32, and nDCG@10 of exact search among the documents that were embedded (a pool: compare only its rows).
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from os import cpu_count
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from rich.markup import escape
from rich.table import Table

from api.embedding import build_embedder
from api.settings import EmbeddingSettings
from eval.bench.measure import HEAD, WARM_UP, Vector, timed
from eval.datasets.beir import BeirDataset, load_beir
from eval.environment import add_settings, consoles, load, settings_of
from eval.metrics.ranking import mean, ranking_metrics
from ingest.errors import CitewellError
from ingest.ports import Embedder

RUNTIMES = {
    "torch float32": {"runtime": "torch", "precision": "float32"},
    "torch auto": {"runtime": "torch", "precision": "auto"},
    "onnx int8": {"runtime": "onnx"},
    "static": {"runtime": "static"},
}
COLUMNS = ("runtime", "query p50 ms", "p50 ms, busy", "documents/s", "cosine", "least", "nDCG@10")
_SPIN = "while True: pass"


@dataclass(frozen=True)
class Pool:
    """`documents` hold all that are relevant to `queries`, if there is room for them."""

    documents: dict[str, str]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Figures:
    query_ms: float
    busy_query_ms: float
    documents_per_s: float
    cosines: tuple[float, float] | None
    """Mean and least, to float32; None for a model of another space."""
    ndcg: float


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    try:
        pool = pool_of(load_beir(asked.data), asked.documents, asked.queries)
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
            data = asked.models or Path(folder)
            chosen = settings_of(asked, data).embedding
            before = load()
            out.print(to_table(dict(run(chosen, asked.runtimes, data / "models", pool)), pool, before))
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    return 0


def run(chosen: EmbeddingSettings, runtimes: Sequence[str], models: Path, pool: Pool) -> Iterator[tuple[str, Figures]]:
    """float32 comes first, because the others are compared with it."""
    reference: Vector | None = None
    for name, changes in RUNTIMES.items():
        if name not in runtimes and reference is not None:
            continue
        with ExitStack() as closing:
            one = build_embedder(chosen.model_copy(update=changes), models, closing)
            one.embed_documents(list(pool.documents.values())[:WARM_UP])
            started = perf_counter()
            vectors = one.embed_documents(list(pool.documents.values()))
            speed = len(vectors) / (perf_counter() - started)
            reference = vectors if reference is None else reference
            yield name, _figures(one, vectors, speed, reference, pool)


def pool_of(dataset: BeirDataset, documents: int, queries: int) -> Pool:
    asked = dict(islice(dataset.queries.items(), queries))
    relevant = [key for query in asked for key, grade in dataset.qrels[query].items() if grade > 0]
    kept = islice(dict.fromkeys([*relevant, *dataset.corpus]), documents)
    texts = {key: " ".join(dataset.corpus[key]).strip() for key in kept}
    return Pool(texts, asked, {query: dataset.qrels[query] for query in asked})


@contextmanager
def busy_cores() -> Iterator[None]:
    """As many processes as cores that do nothing, all the time."""
    spinning = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(cpu_count() or 1)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def to_table(figures: dict[str, Figures], pool: Pool, load_before: float) -> Table:
    size = f"{len(pool.documents):,} documents, {len(pool.queries)} queries; load {load_before:.1f} before"
    table = Table(title="Runtimes of the embedding model", caption=size, caption_justify="left")
    for position, name in enumerate(COLUMNS):
        table.add_column(name, justify="right" if position else "left", no_wrap=True)
    for name, one in figures.items():
        near = [f"{value:.4f}" for value in one.cosines] if one.cosines else ["", ""]
        times = (f"{one.query_ms:.2f}", f"{one.busy_query_ms:.2f}", f"{one.documents_per_s:,.1f}")
        table.add_row(name, *times, *near, f"{one.ndcg:.4f}")
    return table


def _figures(one: Embedder, vectors: Vector, speed: float, reference: Vector, pool: Pool) -> Figures:
    alone, asked = _ask(one, pool)
    with busy_cores():
        busy, _ = _ask(one, pool)
    return Figures(alone, busy, speed, _cosines(vectors, reference), _ndcg(asked, vectors, pool))


def _ask(one: Embedder, pool: Pool) -> tuple[float, list[Vector]]:
    """Median milliseconds, and the vectors of the queries."""
    texts = list(pool.queries.values())
    for text in texts[:WARM_UP]:
        one.embed_query(text)
    found: list[Vector] = []
    return median(timed(lambda text: found.append(one.embed_query(text)), text) for text in texts) * 1000, found


def _cosines(vectors: Vector, reference: Vector) -> tuple[float, float] | None:
    if vectors.shape != reference.shape:
        return None
    found = (vectors * reference).sum(axis=1)
    return float(found.mean()), float(found.min())


def _ndcg(asked: Sequence[Vector], vectors: Vector, pool: Pool) -> float:
    keys = np.asarray(list(pool.documents))
    ranked = {
        query: keys[np.argsort(-(vectors @ vector))[:HEAD]].tolist()
        for query, vector in zip(pool.queries, asked, strict=True)
    }
    return mean(found[f"ndcg@{HEAD}"] for found in ranking_metrics(ranked, pool.qrels).values())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.embedders", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv")
    parser.add_argument("--documents", type=int, default=1000, metavar="N", help="how many are embedded")
    parser.add_argument("--queries", type=int, default=100, metavar="N", help="how many are asked")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=list(RUNTIMES), help="float32 always runs")
    parser.add_argument("--models", type=Path, metavar="DIR", help="data folder that keeps what is made of the model")
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
