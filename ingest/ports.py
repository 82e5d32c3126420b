"""What the ingestion pipeline needs from others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.types import Chunk, Document, Section


class Parser(Protocol):
    """Bytes on disk become sections. Knows nothing of tenants or collections."""

    def parse(self, path: Path) -> list[Section]:
        """Read one file.

        Raises:
            UnreadableFileError: it is empty, damaged, encrypted or not what its name says.
            UnsupportedFormatError: no parser reads this kind of file.
        """
        ...


class Chunker(Protocol):
    """A document becomes chunks that are no longer than the embedding model reads."""

    def chunk(self, document: Document) -> list[Chunk]: ...


class Embedder(Protocol):
    """Texts become vectors, float32 and of unit length."""

    @property
    def name(self) -> str:
        """Identity of the model: stored with the index and compared when it is opened."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest input that the model reads, special tokens included."""
        ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Character span of every token of `text`, special tokens left out."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension)."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Shape (dimension,)."""
        ...


class ChunkSink(Protocol):
    """Where chunks are kept, for one collection.

    A document may be present in several revisions for a moment; readers keep only the one that the catalog
    calls current, so that no reader ever sees two.
    """

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Durably write chunks (of any number of documents); `vectors` has shape (len(chunks), dimension)."""
        ...

    def delete(self, document_ids: Sequence[str]) -> None:
        """Remove every chunk of these documents."""
        ...

    def delete_stale(self, revisions: dict[str, str]) -> None:
        """Remove the chunks of each document (key) that are not of its revision (value)."""
        ...
