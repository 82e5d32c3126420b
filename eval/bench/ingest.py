"""Ingestion of a BEIR corpus through the product's own pipeline, against the bare embedding model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

from api.bootstrap import Collection, Services
from eval.bench.measure import PeakMemory, RecordingEmbedder
from eval.datasets.beir import write_corpus
from ingest.pipeline import Label
from ingest.sources.filesystem import SourceFile

SLICES = 6
COLLECTION = "bench"


@dataclass(frozen=True)
class Slice:
    """One part of the corpus: through the pipeline, then its chunks' texts through the model alone.

    `inside_s` is the share of `ingest_s` that was spent in the model.
    """

    documents: int
    chunks: int
    failed: int
    ingest_s: float
    inside_s: float
    raw_s: float


@dataclass(frozen=True)
class IngestFigures:
    documents: int
    chunks: int
    failed: int
    seconds: float
    docs_per_s: float
    chunks_per_s: float
    raw_docs_per_s: float
    raw_chunks_per_s: float
    raw_ratio: float
    """Median over the slices of raw seconds / ingest seconds."""
    raw_ratio_total: float
    encode_share: float
    """Of the pipeline's time, how much the model was at work."""
    optimize_s: float
    """Building the search index afterwards; not part of `seconds`."""
    whole_docs_per_s: float
    """With the search index built, as peers are measured."""
    index_mb: float
    catalog_mb: float
    peak_memory_mb: float
    slices: tuple[Slice, ...]


class ObservedServices(Services):
    """The product's services with a record of what is embedded."""

    @cached_property
    def embedder(self) -> RecordingEmbedder:
        return RecordingEmbedder(super().embedder)


def ingest_corpus(services: ObservedServices, corpus: Mapping[str, tuple[str, str]], folder: Path) -> IngestFigures:
    """Write the corpus to `folder`, one file a document, and ingest it in slices; between them the model runs alone."""
    files = write_corpus(corpus, folder)
    collection = services.collection(COLLECTION, create=True)
    services.parse(files[0].path)  # starts the parser process
    services.embedder.embed_documents(["warm up"] * 16)
    with PeakMemory() as memory:
        slices = [_slice(services, collection, part) for part in split(files, SLICES)]
        started = perf_counter()
        collection.store.optimize()
        optimize_s = perf_counter() - started
    return _figures(slices, optimize_s, services.settings.data, memory.megabytes)


def split(files: Sequence[SourceFile], parts: int) -> Iterator[Sequence[SourceFile]]:
    """About equal parts, none empty."""
    bounds = [round(len(files) * part / parts) for part in range(parts + 1)]
    return (files[start:end] for start, end in pairwise(bounds) if end > start)


def _slice(services: ObservedServices, collection: Collection, files: Sequence[SourceFile]) -> Slice:
    embedder = services.embedder
    embedder.reset()
    started = perf_counter()
    results = list(collection.ingestor.run(files, Label(services.settings.access.tenant)))
    ingest_s, inside_s, texts = perf_counter() - started, embedder.seconds, embedder.texts
    started = perf_counter()
    embedder.inner.embed_documents(texts)
    return Slice(
        documents=len(results),
        chunks=len(texts),
        failed=sum(result.status == "failed" for result in results),
        ingest_s=ingest_s,
        inside_s=inside_s,
        raw_s=perf_counter() - started,
    )


def _figures(slices: Sequence[Slice], optimize_s: float, data: Path, peak_memory_mb: float) -> IngestFigures:
    documents, chunks = sum(one.documents for one in slices), sum(one.chunks for one in slices)
    seconds, raw_s = sum(one.ingest_s for one in slices), sum(one.raw_s for one in slices)
    return IngestFigures(
        documents=documents,
        chunks=chunks,
        failed=sum(one.failed for one in slices),
        seconds=round(seconds, 2),
        docs_per_s=round(documents / seconds, 2),
        chunks_per_s=round(chunks / seconds, 2),
        raw_docs_per_s=round(documents / raw_s, 2),
        raw_chunks_per_s=round(chunks / raw_s, 2),
        raw_ratio=round(median(one.raw_s / one.ingest_s for one in slices), 3),
        raw_ratio_total=round(raw_s / seconds, 3),
        encode_share=round(sum(one.inside_s for one in slices) / seconds, 3),
        optimize_s=round(optimize_s, 2),
        whole_docs_per_s=round(documents / (seconds + optimize_s), 2),
        index_mb=round(disk_megabytes(data / "collections"), 1),
        catalog_mb=round(disk_megabytes(data) - disk_megabytes(data / "collections"), 1),
        peak_memory_mb=round(peak_memory_mb, 1),
        slices=tuple(slices),
    )


def disk_megabytes(folder: Path) -> float:
    """What the files take on the disk; the engine's files are sparse."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) * 512 / 2**20
