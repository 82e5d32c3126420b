"""Indexes of data sets: built once for every configuration and run that needs the same one."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from api.bootstrap import Collection, Services
from api.settings import Settings
from eval.experiment.outcomes import IndexFigures
from eval.experiment.sets import EvaluationSet
from ingest.errors import UnreadableFileError
from ingest.pipeline import Label
from ingest.progress import Snapshot

_DECIDING: dict[str, Any] = {
    "embedding": {"model", "precision"},
    "ingestion": {"chunk_tokens", "overlap_tokens"},
    "bm25": True,
}
_DONE = "index.json"


def index_key(settings: Settings, dataset: EvaluationSet) -> str:
    """Names everything that decides what the index holds."""
    from ingest.chunkers import CHUNKER_VERSION
    from ingest.parsers.routing import PARSER_VERSION

    deciding = settings.model_dump(mode="json", include=_DECIDING)
    known = [dataset.kind, dataset.documents_sha256, PARSER_VERSION, CHUNKER_VERSION, deciding]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def build(
    services: Services, dataset: EvaluationSet, key: str, on_progress: Callable[[Snapshot], None]
) -> tuple[Collection, IndexFigures]:
    """The index of `dataset`, open; built where the data folder of `services` does not hold it complete.

    Raises:
        UnreadableFileError: not one document could be indexed.
    """
    collection = services.collection(f"eval-{key}", create=True)
    done = services.data / _DONE
    if done.exists():
        return collection, IndexFigures(**json.loads(done.read_text()))
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as scratch:
        files = dataset.write_documents(Path(scratch))
        results = list(collection.ingestor.run(files, Label(services.settings.access.tenant), on_progress))
    failed = [result for result in results if result.status == "failed"]
    if len(failed) == len(results):
        raise UnreadableFileError(f"No document of {dataset.name} could be indexed: {failed[0].reason}")
    collection.store.optimize()
    figures = IndexFigures(
        key=key,
        documents=len(results) - len(failed),
        chunks=collection.store.count(),
        failed=len(failed),
        seconds=round(perf_counter() - started, 2),
        megabytes=round(_megabytes(services.data), 1),
    )
    done.write_text(json.dumps(asdict(figures)))
    return collection, figures


def _megabytes(folder: Path) -> float:
    """What the files take on the disk; the engine's files are sparse."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) * 512 / 2**20
