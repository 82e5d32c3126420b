"""The peer Haystack: its in-memory store, BM25 and embedding retrievers, joined by reciprocal rank fusion."""

import os
from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from typing import Any

from eval.bench.measure import DEEP, HEAD, Mode, Queries, RecordingEmbedder, Vector, figures
from eval.bench.peers import Corpus, PeerFigures, whole
from eval.metrics.ranking import first_of_each

NAME = "haystack"
ABOUT = (
    "InMemoryDocumentStore with its BM25 and embedding retrievers and a DocumentJoiner with reciprocal rank fusion, "
    "default DocumentSplitter, the same embedding model"
)
_CHUNKS_FOR_DEEP = 3 * DEEP
_BATCH = 256


def haystack(corpus: Corpus, embedder: RecordingEmbedder, queries: Queries) -> PeerFigures:
    """Figures, or what to install."""
    os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
    try:
        parts = {name: import_module(f"haystack.{name}") for name in ("dataclasses", "document_stores.in_memory")}
        stages = import_module("haystack.components.preprocessors"), import_module("haystack.components.joiners")
        retrievers = import_module("haystack.components.retrievers.in_memory")
    except ImportError:
        return PeerFigures(NAME, ABOUT, state="not installed: pip install '.[peers]' in the checkout")
    splitter = stages[0].DocumentSplitter()
    splitter.warm_up()
    embedder.reset()
    started = perf_counter()
    made = [parts["dataclasses"].Document(content=whole(*one), meta={"key": key}) for key, one in corpus.items()]
    chunks = splitter.run(documents=[one for one in made if one.content.strip()])["documents"]
    for start in range(0, len(chunks), _BATCH):
        batch = chunks[start : start + _BATCH]
        for chunk, vector in zip(batch, embedder.embed_documents([one.content for one in batch]), strict=True):
            chunk.embedding = vector.tolist()
    store = parts["document_stores.in_memory"].InMemoryDocumentStore(embedding_similarity_function="dot_product")
    store.write_documents(chunks)
    seconds = perf_counter() - started
    finders = _finders(store, retrievers, stages[1], embedder)
    return PeerFigures(
        name=NAME,
        about=ABOUT,
        docs_per_s=round(len(corpus) / seconds, 2),
        chunks_per_s=round(len(chunks) / seconds, 2),
        encode_share=round(embedder.seconds / seconds, 3),
        modes={name: figures(_mode(name, find), queries) for name, find in finders.items()},
    )


Finder = Callable[[str, Vector | None, int], list[str]]


def _finders(store: Any, retrievers: Any, joiners: Any, embedder: RecordingEmbedder) -> dict[str, Finder]:
    """By mode; without a vector the query is embedded first."""

    def dense(text: str, vector: Vector | None, count: int) -> list[Any]:
        vector = embedder.embed_query(text) if vector is None else vector
        retriever = retrievers.InMemoryEmbeddingRetriever(document_store=store, top_k=count)
        return list(retriever.run(query_embedding=vector.tolist())["documents"])

    def bm25(text: str, _vector: Vector | None, count: int) -> list[Any]:
        return list(retrievers.InMemoryBM25Retriever(document_store=store, top_k=count).run(query=text)["documents"])

    def hybrid(text: str, vector: Vector | None, count: int) -> list[Any]:
        joiner = joiners.DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=count)
        found = [dense(text, vector, count), bm25(text, vector, count)]
        return list(joiner.run(documents=found)["documents"])

    found = {"dense": dense, "bm25": bm25, "hybrid": hybrid}
    return {name: _keys(find) for name, find in found.items()}


def _keys(find: Callable[[str, Vector | None, int], list[Any]]) -> Finder:
    return lambda text, vector, count: first_of_each(str(one.meta["key"]) for one in find(text, vector, count))


def _mode(name: str, find: Finder) -> Mode:
    """Quality is read from a deep retrieval, in the peer's favour."""
    return Mode(
        head=lambda text, vector: find(text, vector, _CHUNKS_FOR_DEEP),
        deep=lambda text, vector: find(text, vector, _CHUNKS_FOR_DEEP),
        search=lambda text: find(text, None, HEAD),
        engine=None if name == "bm25" else lambda text, vector: find(text, vector, HEAD),
    )
