"""The peer txtai: its embeddings index with hybrid search."""

from collections.abc import Iterable
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bench.measure import DEEP, HEAD, Mode, Queries, RecordingEmbedder, figures
from eval.bench.peers import Corpus, PeerFigures, whole
from ingest.ports import Embedder

NAME = "txtai"
ABOUT = "Embeddings with hybrid: true (Faiss, its own BM25, convex combination), whole documents, the same model"


def txtai(corpus: Corpus, embedder: RecordingEmbedder, queries: Queries) -> PeerFigures:
    """Figures, or what to install."""
    try:
        library = import_module("txtai")
    except ImportError:
        return PeerFigures(NAME, ABOUT, state="not installed: pip install '.[peers]' in the checkout")
    embedder.reset()
    transform = _Transform(embedder)
    started = perf_counter()
    index = library.Embeddings(method="external", transform=transform, hybrid=True, content=False)
    index.index([(key, whole(*document), None) for key, document in corpus.items()])
    seconds, encoding_s = perf_counter() - started, embedder.seconds
    transform.indexed = True
    try:
        return PeerFigures(
            name=NAME,
            about=ABOUT,
            docs_per_s=round(len(corpus) / seconds, 2),
            chunks_per_s=round(len(corpus) / seconds, 2),
            encode_share=round(encoding_s / seconds, 3),
            modes={"hybrid": figures(_mode(index), queries)},
        )
    finally:
        index.close()


class _Transform:
    """Embeds documents until they are `indexed`, and queries from then on; the library has one function for both."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.indexed = False

    def __call__(self, texts: Iterable[str]) -> NDArray[np.float32]:
        if self.indexed:
            return np.stack([self._embedder.embed_query(text) for text in texts])
        return self._embedder.embed_documents(list(texts))


def _mode(index: Any) -> Mode:
    """It embeds the query by itself, so there is no separate engine."""

    def find(text: str, count: int) -> list[str]:
        return [str(key) for key, _ in index.search(text, count)]

    return Mode(
        head=lambda text, vector: find(text, HEAD),
        deep=lambda text, vector: find(text, DEEP),
        search=lambda text: find(text, HEAD),
        engine=None,
    )
