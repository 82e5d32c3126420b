"""Runs in a process of its own that is killed, or kills itself, in the middle of an ingestion."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.catalog import Catalog
from ingest.ports import ChunkSink
from ingest.sources.filesystem import SourceFile
from ingest.types import Chunk, Document
from tests.ingest.workshop import COLLECTION, LABEL, Workshop

Step = Callable[[], None]


class SteppedSink:
    """Port `ChunkSink` that takes a step before and after each write."""

    def __init__(self, inner: ChunkSink, step: Step) -> None:
        self._inner, self._step = inner, step

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        self._step()
        self._inner.upsert(chunks, vectors)
        self._step()

    def delete(self, document_ids: Sequence[str]) -> None:
        self._step()
        self._inner.delete(document_ids)
        self._step()

    def delete_stale(self, revisions: dict[str, str]) -> None:
        self._step()
        self._inner.delete_stale(revisions)
        self._step()


class SteppedCatalog(Catalog):
    """Takes a step after each commit that ingestion makes."""

    def __init__(self, url: str, step: Step) -> None:
        super().__init__(url)
        self._step = step

    def begin(self, collection: str, document_ids: Sequence[str]) -> None:
        super().begin(collection, document_ids)
        self._step()

    def commit(self, documents: Sequence[tuple[Document, int]], now: object = None) -> None:
        super().commit(documents)
        self._step()

    def remove(self, document_ids: Sequence[str], now: object = None) -> None:
        super().remove(document_ids)
        self._step()


def suicide(steps: int) -> Step:
    """A step that ends the process the given number of times later, as a power cut would."""
    left = [steps]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def ingest(data: Path, files: Sequence[SourceFile], dies_after: int | None, started: Path) -> None:
    """Index `files` and forget every other document."""
    with Workshop(data) as workshop:
        started.touch()
        if dies_after is None:
            work(workshop, files, lambda: time.sleep(0.005))
        else:
            work(workshop, files, suicide(dies_after))


def work(workshop: Workshop, files: Sequence[SourceFile], step: Step) -> None:
    catalog = SteppedCatalog(workshop.catalog_url, step)
    ingestor = workshop.ingestor(SteppedSink(workshop.store, step), catalog)
    ids = [result.document_id for result in ingestor.run(files, LABEL)]
    ingestor.remove(departed(workshop.catalog, ids))
    catalog.close()


def departed(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    kept = set(ids)
    return [entry.id for entry in catalog.page(COLLECTION, LABEL.tenant) if entry.id not in kept]
