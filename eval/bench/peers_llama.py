"""The peer that is built the same way: LlamaIndex with Qdrant's local mode, its BM25 retriever and its fusion."""

import warnings
from copy import copy
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import QueryBundle
from qdrant_client import QdrantClient

from eval.bench.measure import DEEP, HEAD, Mode, Queries, RecordingEmbedder, Vector, figures
from eval.bench.peers import Corpus, PeerFigures, whole
from eval.metrics.ranking import first_of_each
from ingest.ports import Embedder

NAME = "llama_index"
ABOUT = (
    "VectorStoreIndex over QdrantVectorStore in QdrantClient's local mode, BM25Retriever, QueryFusionRetriever with "
    "reciprocal rank fusion, default SentenceSplitter, the same embedding model"
)
NODES_FOR_DEEP = DEEP * 3 // 2
BATCH = 256

ModeName = Literal["dense", "bm25", "hybrid"]


class EmbedderAdapter(BaseEmbedding):
    """LlamaIndex asks our embedder."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.name, embed_batch_size=BATCH)
        self._embedder = embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed_documents(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._embedder.embed_query(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def llama_index(corpus: Corpus, embedder: RecordingEmbedder, queries: Queries, folder: Path) -> PeerFigures:
    """Figures, or what to install."""
    try:
        stores = import_module("llama_index.vector_stores.qdrant")
        retrievers = import_module("llama_index.retrievers.bm25")
    except ImportError:
        return PeerFigures(NAME, ABOUT, state="not installed: pip install '.[peers]' in the checkout")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # local mode advises against more than 20,000 points
        client = QdrantClient(path=str(folder))
        try:
            return _measured(corpus, embedder, queries, stores.QdrantVectorStore, retrievers.BM25Retriever, client)
        finally:
            client.close()


def _measured(
    corpus: Corpus, embedder: RecordingEmbedder, queries: Queries, store: Any, bm25: Any, client: QdrantClient
) -> PeerFigures:
    embedder.reset()
    started = perf_counter()
    nodes = SentenceSplitter().get_nodes_from_documents(
        [Document(text=whole(*document), id_=key) for key, document in corpus.items()]
    )
    context = StorageContext.from_defaults(vector_store=store(collection_name="bench", client=client))
    index = VectorStoreIndex(nodes, storage_context=context, embed_model=EmbedderAdapter(embedder))
    words = bm25.from_defaults(nodes=nodes, similarity_top_k=HEAD)
    seconds = perf_counter() - started
    names: tuple[ModeName, ...] = ("dense", "bm25", "hybrid")
    return PeerFigures(
        name=NAME,
        about=ABOUT,
        docs_per_s=round(len(corpus) / seconds, 2),
        chunks_per_s=round(len(nodes) / seconds, 2),
        encode_share=round(embedder.seconds / seconds, 3),
        modes={name: figures(_mode(name, index, words, len(nodes)), queries) for name in names},
    )


def _mode(name: ModeName, index: VectorStoreIndex, words: BaseRetriever, nodes: int) -> Mode:
    """Quality is read from a deep retrieval: more candidates for fusion than the default, in the peer's favour."""
    served = _retriever(name, index, words, min(HEAD, nodes))
    deep = _retriever(name, index, words, min(NODES_FOR_DEEP, nodes))
    return Mode(
        head=lambda text, vector: _documents(deep, text, vector),
        deep=lambda text, vector: _documents(deep, text, vector),
        search=lambda text: _documents(served, text, None),
        engine=None if name == "bm25" else lambda text, vector: _documents(served, text, vector),
    )


def _retriever(name: ModeName, index: VectorStoreIndex, words: Any, top_k: int) -> BaseRetriever:
    lexical: Any = copy(words)
    lexical.similarity_top_k = top_k
    dense = index.as_retriever(similarity_top_k=top_k)
    retrievers: dict[ModeName, BaseRetriever] = {"dense": dense, "bm25": lexical}
    return retrievers.get(name) or QueryFusionRetriever(
        [dense, lexical],
        llm=MockLLM(),
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=top_k,
        num_queries=1,
        use_async=False,
    )


def _documents(retriever: BaseRetriever, text: str, vector: Vector | None) -> list[str]:
    found = retriever.retrieve(QueryBundle(text, embedding=None if vector is None else vector.tolist()))
    return first_of_each(str(hit.node.ref_doc_id) for hit in found)
