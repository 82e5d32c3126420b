"""Speed and quality of Citewell on a BEIR folder, side by side with peers.

`python -m eval.bench --data FOLDER --out FILE.json` ingests the corpus into a temporary data folder through the real
pipeline, searches it, prints one table and writes one JSON document.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import yaml
from rich.console import Console

from api.settings import Settings, load_settings
from eval.bench_ingest import ObservedServices, ingest_corpus
from eval.bench_measure import ModeFigures, Queries
from eval.bench_peers import PeerFigures, rank_bm25, sentence_transformers_exact
from eval.bench_report import Report, to_json, to_table
from eval.bench_search import MODES, api_figures, embedded, mode_figures
from eval.datasets import BeirDataset, load_beir
from ingest.errors import CitewellError, InvalidError

PACKAGES = (
    "citewell",
    "torch",
    "transformers",
    "sentence-transformers",
    "tokenizers",
    "numpy",
    "qdrant-edge-py",
    "qdrant-client",
    "rank-bm25",
    "llama-index-core",
    "llama-index-vector-stores-qdrant",
    "llama-index-retrievers-bm25",
)
TABLE_WIDTH = 140


def main(arguments: Sequence[str] | None = None) -> int:
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    if not out.is_terminal:
        out.width = TABLE_WIDTH
    asked = _parser().parse_args(arguments)
    try:
        dataset = _limited(load_beir(asked.data), asked.queries)
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
            settings = load_settings(asked.config, overrides(asked.set, Path(folder) / "data"))
            report = run(dataset, settings, Path(folder), asked.peers, err)
        if asked.out:
            asked.out.write_text(json.dumps(to_json(report), indent=2) + "\n", encoding="utf-8")
    except (CitewellError, OSError) as error:
        err.print(f"[red]error[/] {error}", soft_wrap=True)
        return 1
    out.print(to_table(report))
    return 0


def run(dataset: BeirDataset, settings: Settings, folder: Path, with_peers: bool, progress: Console) -> Report:
    """Everything, one thing after the other: nothing runs beside what is measured. `folder` is scratch space."""
    load_before = os.getloadavg()[0]
    sources = folder / "documents"
    sources.mkdir()
    with closing(ObservedServices(settings)) as services:
        progress.print(f"Ingesting {len(dataset.corpus):,} documents")
        ingest = ingest_corpus(services, dataset.corpus, sources)
        queries = embedded(services, dataset.queries, dataset.qrels)
        progress.print(f"Searching with {len(queries.texts)} queries")
        modes: dict[str, ModeFigures] = {name: mode_figures(services, name, queries) for name in MODES}
        progress.print("Measuring REST")
        api = api_figures(services, queries)
        peers = _peers(dataset, services, queries, folder, progress) if with_peers else []
        return Report(
            dataset={"name": dataset.name, "documents": len(dataset.corpus), "queries": len(queries.texts)},
            machine=_machine(services, load_before),
            settings=settings.model_dump(mode="json", exclude={"data", "access", "api", "answers"}),
            ingest=ingest,
            modes=modes,
            api=api,
            peers=peers,
        )


def overrides(assignments: Sequence[str], data: Path) -> dict[str, Any]:
    """`section.key=value` -> nested settings; values are read as YAML."""
    nested: dict[str, Any] = {"data": data}
    for assignment in assignments:
        path, separator, value = assignment.partition("=")
        section, dot, key = path.partition(".")
        if not (separator and dot and key):
            raise InvalidError(f"--set {assignment} must look like section.key=value, for example embedding.threads=1.")
        nested.setdefault(section, {})[key] = yaml.safe_load(value)
    return nested


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="measure peers as well")
    parser.add_argument("--queries", type=_positive, metavar="N", help="use only the first N judged queries")
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="a single setting")
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
    from eval.bench_peers_llama import llama_index

    progress.print("Measuring rank_bm25")
    words = rank_bm25(dataset.corpus, queries)
    progress.print("Measuring sentence-transformers, exact")
    exact = sentence_transformers_exact(dataset.corpus, services.embedder, queries)
    progress.print("Measuring LlamaIndex")
    return [words, exact, llama_index(dataset.corpus, services.embedder, queries, folder / "qdrant")]


def _machine(services: ObservedServices, load_before: float) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch_threads": torch.get_num_threads(),
        "precision": getattr(services.embedder.inner, "precision", "unknown"),
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
        "versions": _versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _versions() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
