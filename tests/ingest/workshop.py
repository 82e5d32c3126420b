"""A whole ingestion, small but real: SQLite catalog, embedded index, text parser, hash embedder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.catalog import Catalog, sqlite_url
from ingest.chunkers import TokenChunker
from ingest.pipeline import FileResult, Ingestor, Label
from ingest.ports import ChunkSink
from ingest.sources.filesystem import Selection, SourceFile, list_files
from ingest.types import Chunk, document_id_of
from retrieval.filters import AnyOf
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Access, Query
from tests.fakes import HashEmbedder, TextParser

COLLECTION = "default"
LABEL = Label("acme")
READER = Access("acme")
CHUNK_TOKENS = 16


@dataclass
class Workshop:
    """Everything that an ingestion needs, in `folder`; open it as a context manager."""

    folder: Path
    fingerprint: str = "v1"
    batch_chunks: int = 8
    max_bytes: int = 2**20
    parser: TextParser = field(default_factory=TextParser)
    embedder: HashEmbedder = field(default_factory=HashEmbedder)

    def __enter__(self) -> "Workshop":
        self.folder.mkdir(exist_ok=True)
        self.catalog = Catalog(self.catalog_url)
        self.store = EdgeStore(self.folder / "index", Identity("hash", self.embedder.dimension), reserve=0)
        return self

    def __exit__(self, *error: object) -> None:
        self.store.close()
        self.catalog.close()

    @property
    def catalog_url(self) -> str:
        return sqlite_url(self.folder / "catalog.sqlite")

    def ingestor(self, sink: ChunkSink | None = None, catalog: Catalog | None = None) -> Ingestor:
        return Ingestor(
            parser=self.parser,
            chunker=TokenChunker(self.embedder.token_spans, self.embedder.max_tokens, CHUNK_TOKENS),
            embedder=self.embedder,
            sink=sink or self.store,
            catalog=catalog or self.catalog,
            collection=COLLECTION,
            fingerprint=self.fingerprint,
            batch_chunks=self.batch_chunks,
            max_bytes=self.max_bytes,
        )

    def run(self, files: Sequence[SourceFile], label: Label = LABEL) -> dict[str, FileResult]:
        """Results by file name."""
        return {Path(result.source).name: result for result in self.ingestor().run(files, label)}

    @property
    def searcher(self) -> HybridSearcher:
        return HybridSearcher(self.store, self.embedder.embed_query, self.catalog.revisions, FusionOptions())

    def found(self, text: str, access: Access = READER) -> list[Chunk]:
        query = Query(text, COLLECTION, access.tenant, access.groups, 100, "bm25")
        return [hit.chunk for hit in self.searcher.search(query)]

    def stored(self, files: Sequence[SourceFile]) -> dict[str, set[str]]:
        """File name -> text of every chunk that is stored for it, of whatever revision."""
        anything = np.eye(1, self.embedder.dimension, dtype=np.float32)[0]
        texts: dict[str, set[str]] = {}
        for file in files:
            only = AnyOf("document_id", (document_id_of(COLLECTION, LABEL.tenant, file.source),))
            keys = [key for key, _ in self.store.dense(anything, READER, only, 10_000)]
            texts[file.path.name] = {chunk.text for chunk in self.store.fetch(keys, READER)}
        return texts


class FailingSink:
    """Port `ChunkSink` that raises `error` instead of the upsert number `fails_at`."""

    def __init__(self, inner: ChunkSink, error: Exception, fails_at: int) -> None:
        self._inner, self._error, self._fails_at = inner, error, fails_at
        self._upserts = 0

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        self._upserts += 1
        if self._upserts == self._fails_at:
            raise self._error
        self._inner.upsert(chunks, vectors)

    def delete(self, document_ids: Sequence[str]) -> None:
        self._inner.delete(document_ids)

    def delete_stale(self, revisions: dict[str, str]) -> None:
        self._inner.delete_stale(revisions)


def write(folder: Path, contents: Mapping[str, str]) -> list[SourceFile]:
    """Write files and list all that the folder then holds."""
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return files_of(folder)


def files_of(folder: Path) -> list[SourceFile]:
    return list(list_files([str(folder)], Selection(("*",))).files)


def texts(count: int, version: str = "v1") -> Iterator[tuple[str, str]]:
    """Documents of one to three chunks, whose every chunk names document and version."""
    for number in range(count):
        parts = [f"alpha doc{number} {version} part{part} of the handbook" for part in range(1 + number % 3)]
        yield f"{number:03}.txt", "\n\n".join(parts)
