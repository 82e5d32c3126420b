"""What hybrid search finds for a question: hard negatives to learn from, and the lists that are judged."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.tuning.reranker.pairs import Asked
from ingest.ports import Embedder
from ingest.types import Chunk
from retrieval.fusion import scaled
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.store.bm25 import Bm25Parameters
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Hit, Query

TRUSTED = 0.95
"""A candidate whose cosine with the question is over this share of the positive's may answer it as well, and is no
negative (Moreira et al., NV-Retriever, 2024)."""
_BATCH = 512
_PLACE = "pairs"


@dataclass(frozen=True)
class Serving:
    """How a collection is searched before the reranker reads: what it learns from must look like what it will see.

    Args:
        candidates: of each branch, before fusion.
        read: how many of the best hits the reranker reads.
    """

    fusion: FusionOptions = field(default_factory=FusionOptions)
    candidates: int = 200
    read: int = 50
    words: Bm25Parameters = field(default_factory=Bm25Parameters)


@dataclass(frozen=True)
class Listed:
    """Texts for one question, with the score that hybrid search gave each, scaled to [0, 1]; those that it did not find
    have 0. The first `right` texts answer the question."""

    query: str
    texts: tuple[str, ...]
    fused: tuple[float, ...]
    right: int = 1


class Corpus:
    """The positives of all questions as a searchable collection in `folder`; use it as a context manager."""

    def __init__(self, asked: Sequence[Asked], embedder: Embedder, folder: Path, serving: Serving) -> None:
        self._texts = list(dict.fromkeys(text for one in asked for text in one.positives))
        self._embedder, self._read = embedder, serving.read
        self._store = EdgeStore(folder, Identity(embedder.name, embedder.dimension, serving.words))
        self._searcher = HybridSearcher(self._store, embedder.embed_query, _current, serving.fusion, serving.candidates)

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *error: object) -> None:
        self._store.close()

    def fill(self, on_texts: Callable[[int], None] = lambda done: None) -> None:
        """What an interrupted run has written already is not embedded again."""
        for start in range(0, len(self._texts), _BATCH):
            part = self._texts[start : start + _BATCH]
            if self._store.count() < start + len(part):
                self._store.upsert([_chunk(text) for text in part], self._embedder.embed_documents(part))
            on_texts(start + len(part))
        self._store.optimize()

    def lessons(self, asked: Sequence[Asked]) -> list[Listed]:
        """Questions for which nothing but what answers them is found are left out."""
        found = (lesson(one, self._hits(one), self._cosine(one)) for one in asked)
        return [one for one in found if one]

    def served(self, asked: Sequence[Asked]) -> list[Listed]:
        """What a reranker would be given, all of it and nothing else."""
        return [served(one, self._hits(one)) for one in asked]

    def _hits(self, one: Asked) -> list[Hit]:
        return self._searcher.search(Query(one.query, _PLACE, _PLACE, top_k=self._read))

    def _cosine(self, one: Asked) -> float:
        """Of the question with the nearest of its positives."""
        ids = [_id(text) for text in one.positives]
        vectors: dict[str, NDArray[np.float32]] = self._store.vectors(ids, Query("", _PLACE, _PLACE).access)
        question = self._embedder.embed_query(one.query)
        return max(float(vectors[key] @ question) for key in ids)


def lesson(one: Asked, hits: Sequence[Hit], cosine: float) -> Listed | None:
    """All positives, found or not, before the hits that are surely wrong; None where there is none of these.

    Args:
        hits: best first.
        cosine: of the question with the nearest of its positives.
    """
    fused = _fused(hits)
    negatives = [
        hit.chunk.text
        for hit in hits
        if hit.chunk.text not in one.positives and hit.origin.get("dense", 0.0) < TRUSTED * cosine
    ]
    if not negatives:
        return None
    texts = (*one.positives, *negatives)
    return Listed(one.query, texts, tuple(fused.get(text, 0.0) for text in texts), len(one.positives))


def served(one: Asked, hits: Sequence[Hit]) -> Listed:
    """The hits alone: a positive that was not found cannot be ranked. `right` may be 0."""
    fused = _fused(hits)
    texts = sorted(fused, key=lambda text: text not in one.positives)
    found = sum(text in fused for text in one.positives)
    return Listed(one.query, tuple(texts), tuple(fused[text] for text in texts), found)


def _fused(hits: Sequence[Hit]) -> dict[str, float]:
    return dict(zip((hit.chunk.text for hit in hits), scaled([hit.score for hit in hits]), strict=True))


def _current(ids: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(ids, "1")


def _id(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


def _chunk(text: str) -> Chunk:
    key = _id(text)
    return Chunk(key, key, "1", _PLACE, (), key, "", text, "", 0, None, (), 0, len(text))
