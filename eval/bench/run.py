"""Speed and quality of Citewell on a BEIR folder, side by side with peers.

`python -m eval.bench --data FOLDER --out FILE.json` ingests the corpus into a temporary data folder through the real
pipeline, searches it, prints one table and writes one JSON document.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from api.settings import Settings
from eval.bench.ingest import ObservedServices, ingest_corpus
from eval.bench.measure import ModeFigures, Queries
from eval.bench.peers import PeerFigures, rank_bm25, sentence_transformers_exact
from eval.bench.report import Report, to_json, to_table
from eval.bench.search import MODES, api_figures, embedded, mode_figures, reranked_figures
from eval.datasets.beir import BeirDataset, load_beir
from eval.environment import add_settings, consoles, load, machine, settings_of, shown
from ingest.errors import CitewellError


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = consoles()
    asked = _parser().parse_args(arguments)
    try:
        dataset = _limited(load_beir(asked.data), asked.queries)
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
            settings = settings_of(asked, Path(folder) / "data")
            report = run(dataset, settings, Path(folder), asked.peers, err)
        if asked.out:
            asked.out.write_text(json.dumps(to_json(report), indent=2) + "\n", encoding="utf-8")
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        return 1
    out.print(to_table(report))
    return 0


def run(dataset: BeirDataset, settings: Settings, folder: Path, with_peers: bool, progress: Console) -> Report:
    """Everything, one thing after the other: nothing runs beside what is measured. `folder` is scratch space."""
    load_before = load()
    sources = folder / "documents"
    sources.mkdir()
    with closing(ObservedServices(settings)) as services:
        progress.print(f"Ingesting {len(dataset.corpus):,} documents")
        ingest = ingest_corpus(services, dataset.corpus, sources)
        queries = embedded(services, dataset.queries, dataset.qrels)
        progress.print(f"Searching with {len(queries.texts)} queries")
        modes: dict[str, ModeFigures] = {name: mode_figures(services, name, queries) for name in MODES}
        if services.reranker:
            progress.print("Reranking")
            modes["hybrid+rerank"] = reranked_figures(services, queries)
        progress.print("Measuring REST")
        api = api_figures(services, queries)
        peers = _peers(dataset, services, queries, folder, progress) if with_peers else []
        return Report(
            dataset={"name": dataset.name, "documents": len(dataset.corpus), "queries": len(queries.texts)},
            machine=machine(services.embedder.inner, load_before),
            settings=shown(settings),
            ingest=ingest,
            modes=modes,
            api=api,
            peers=peers,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="measure peers as well")
    parser.add_argument("--queries", type=_positive, metavar="N", help="use only the first N judged queries")
    add_settings(parser)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _limited(dataset: BeirDataset, queries: int | None) -> BeirDataset:
    return replace(dataset, queries=dict(islice(dataset.queries.items(), queries)))


def _peers(
    dataset: BeirDataset, services: ObservedServices, queries: Queries, folder: Path, progress: Console
) -> list[PeerFigures]:
    from eval.bench.peers_haystack import haystack
    from eval.bench.peers_llama import llama_index
    from eval.bench.peers_txtai import txtai

    progress.print("Measuring rank_bm25")
    words = rank_bm25(dataset.corpus, queries)
    progress.print("Measuring sentence-transformers, exact")
    exact = sentence_transformers_exact(dataset.corpus, services.embedder, queries)
    progress.print("Measuring LlamaIndex")
    llama = llama_index(dataset.corpus, services.embedder, queries, folder / "qdrant")
    progress.print("Measuring Haystack")
    hay = haystack(dataset.corpus, services.embedder, queries)
    progress.print("Measuring txtai")
    return [words, exact, llama, hay, txtai(dataset.corpus, services.embedder, queries)]
