"""Indexes of data sets: built once for every configuration and run that needs the same one."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from api.bootstrap import Collection, Services
from api.settings import Settings
from eval.environment import precision
from eval.experiment.outcomes import IndexFigures
from eval.experiment.sets import EvaluationSet
from ingest.errors import UnreadableFileError
from ingest.pipeline import Label
from ingest.progress import Snapshot
from ingest.whole import write_whole

_DECIDING: dict[str, Any] = {
    "access": {"tenant"},
    # The engine takes the others only when it makes an index; of one that is there they change nothing.
    "store": {"engine", "url", "quantization", "vectors", "hnsw_m", "hnsw_ef_construct", "shards"},
    "embedding": {"model", "runtime", "document_prefix", "url", "tokenizer", "max_tokens"},
    "ingestion": {"chunk_tokens", "overlap_tokens", "parse_timeout_s", "max_file_mb"},
    "bm25": True,
}
DONE = "index.json"


def index_key(settings: Settings, dataset: EvaluationSet, weights: Mapping[str, str]) -> str:
    """Names everything that decides what the index holds and where.

    Args:
        weights: files of the embedding model -> sha256; a name alone may come to mean another model.
    """
    from ingest.chunkers import CHUNKER_VERSION
    from ingest.parsers.routing import PARSER_VERSION

    deciding = settings.model_dump(mode="json", include=_DECIDING)
    model = [precision(settings), dict(weights)]
    known = [dataset.kind, dataset.documents_sha256, PARSER_VERSION, CHUNKER_VERSION, deciding, model]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def collection_of(key: str) -> str:
    return f"eval-{key}"


def build(
    services: Services,
    collection: Collection,
    dataset: EvaluationSet,
    key: str,
    on_progress: Callable[[Snapshot], None],
) -> IndexFigures:
    """Fills `collection` with the documents of `dataset`, unless it holds them already. Documents that failed before
    are tried again; all are written again where the store or the catalog lost some.

    Raises:
        UnreadableFileError: not one document could be indexed.
    """
    done = services.data / DONE
    known = _read(done)
    if known and not _holds(known, services, collection):
        services.catalog.mark_stale(collection.name)
        known = None
    if known and not known.failed:
        return known
    figures = _ingest(services, collection, dataset, key, on_progress)
    if known:
        figures = replace(figures, seconds=_seconds(known, figures))
    write_whole(done, json.dumps(asdict(figures)))
    return figures


def _seconds(known: IndexFigures, again: IndexFigures) -> float:
    """Of an index whose missing documents were tried again: what brought nothing is no part of building it."""
    return known.seconds if again.documents == known.documents else round(known.seconds + again.seconds, 2)


def _read(path: Path) -> IndexFigures | None:
    """None where nothing was built yet, or by another version."""
    try:
        return IndexFigures(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _holds(known: IndexFigures, services: Services, collection: Collection) -> bool:
    held = services.catalog.count(collection.name), collection.store.count()
    return held == (known.documents, known.chunks)


def _ingest(
    services: Services,
    collection: Collection,
    dataset: EvaluationSet,
    key: str,
    on_progress: Callable[[Snapshot], None],
) -> IndexFigures:
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as scratch:
        files = dataset.write_documents(Path(scratch))
        results = list(collection.ingestor.run(files, Label(services.settings.access.tenant), on_progress))
    failed = [result for result in results if result.status == "failed"]
    if failed and len(failed) == len(results):
        raise UnreadableFileError(f"No document of {dataset.name} could be indexed: {failed[0].reason}")
    collection.store.optimize()
    return IndexFigures(
        key=key,
        documents=len(results) - len(failed),
        chunks=collection.store.count(),
        failed=len(failed),
        seconds=round(perf_counter() - started, 2),
        megabytes=round(megabytes(services.data), 1),
    )


def megabytes(folder: Path) -> float:
    """What the files take on the disk; the engine's files are sparse."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) * 512 / 2**20
