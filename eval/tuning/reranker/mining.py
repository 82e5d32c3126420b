"""Hard negatives: what hybrid search finds for a question beside the text that answers it."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.tuning.reranker.pairs import Pair
from ingest.ports import Embedder
from ingest.types import Chunk
from retrieval.fusion import scaled
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Hit, Query

CANDIDATES = 30
TRUSTED = 0.95
"""A candidate whose cosine with the question is over this share of the positive's may answer it as well, and is no
negative (Moreira et al., NV-Retriever, 2024)."""
_BATCH = 512
_PLACE = "pairs"


@dataclass(frozen=True)
class Listed:
    """What is trained on: texts for one question, the first of which answers it, with the score that hybrid search gave
    each, scaled to [0, 1]; those that it did not find have 0."""

    query: str
    texts: tuple[str, ...]
    fused: tuple[float, ...]


class Corpus:
    """The positives of all pairs as a searchable collection in `folder`; use it as a context manager."""

    def __init__(self, pairs: Sequence[Pair], embedder: Embedder, folder: Path) -> None:
        self._texts = list(dict.fromkeys(pair.positive for pair in pairs))
        self._embedder = embedder
        self._store = EdgeStore(folder, Identity(embedder.name, embedder.dimension))
        self._searcher = HybridSearcher(self._store, embedder.embed_query, _current, FusionOptions())

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

    def listed(self, pairs: Sequence[Pair]) -> Iterator[Listed]:
        """Pairs of which nothing but the positive is found are left out."""
        for pair in pairs:
            hits = self._searcher.search(Query(pair.query, _PLACE, _PLACE, top_k=CANDIDATES))
            if found := listed(pair, hits, self._cosine(pair)):
                yield found

    def _cosine(self, pair: Pair) -> float:
        """Of the question with its positive."""
        ids = [_id(pair.positive)]
        vectors: dict[str, NDArray[np.float32]] = self._store.vectors(ids, Query("", _PLACE, _PLACE).access)
        return float(vectors[ids[0]] @ self._embedder.embed_query(pair.query))


def listed(pair: Pair, hits: Sequence[Hit], cosine: float) -> Listed | None:
    """
    Args:
        hits: best first.
        cosine: of the question with its positive.
    """
    fused = dict(zip((hit.chunk.text for hit in hits), scaled([hit.score for hit in hits]), strict=True))
    negatives = [
        hit.chunk.text
        for hit in hits
        if hit.chunk.text != pair.positive and hit.origin.get("dense", 0.0) < TRUSTED * cosine
    ]
    if not negatives:
        return None
    texts = (pair.positive, *negatives)
    return Listed(pair.query, texts, tuple(fused.get(text, 0.0) for text in texts))


def _current(ids: object) -> dict[str, str]:
    return dict.fromkeys(ids, "1")  # type: ignore[call-overload,no-any-return]


def _id(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


def _chunk(text: str) -> Chunk:
    key = _id(text)
    return Chunk(key, key, "1", _PLACE, (), key, "", text, "", 0, None, (), 0, len(text))
