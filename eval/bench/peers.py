"""Peers that need nothing beyond Citewell's own dependencies: textbook BM25 and exact vector search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from eval.bench.measure import DEEP, HEAD, Mode, ModeFigures, Queries, Vector, figures
from ingest.ports import Embedder

_WORD = re.compile(r"\w+")

Corpus = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class PeerFigures:
    """A peer's figures, or only `state` with what to do to get them."""

    name: str
    about: str
    state: str = "ok"
    docs_per_s: float | None = None
    chunks_per_s: float | None = None
    encode_share: float | None = None
    """Of the time to take the corpus in, how much the embedding model was at work."""
    modes: Mapping[str, ModeFigures] = field(default_factory=dict)


def rank_bm25(corpus: Corpus, queries: Queries) -> PeerFigures:
    ids = np.array(list(corpus))
    started = perf_counter()
    index = BM25Okapi([words(whole(*document)) for document in corpus.values()])
    seconds = perf_counter() - started

    def rank(text: str, _vector: Vector | None, count: int) -> list[str]:
        return best(index.get_scores(words(text)), ids, count)

    return PeerFigures(
        name="rank_bm25",
        about="BM25Okapi over lower-cased words of title and text, not cut into chunks, no stemming, no stop words",
        docs_per_s=round(len(ids) / seconds, 2),
        modes={
            "bm25": figures(
                Mode(
                    head=lambda text, vector: rank(text, vector, HEAD),
                    deep=lambda text, vector: rank(text, vector, DEEP),
                    search=lambda text: rank(text, None, HEAD),
                    engine=None,
                ),
                queries,
            )
        },
    )


def sentence_transformers_exact(corpus: Corpus, embedder: Embedder, queries: Queries) -> PeerFigures:
    ids = np.array(list(corpus))
    started = perf_counter()
    vectors = embedder.embed_documents([whole(*document) for document in corpus.values()])
    seconds = perf_counter() - started

    def rank(vector: Vector, count: int) -> list[str]:
        return best(vectors @ vector, ids, count)

    mode = Mode(
        head=lambda text, vector: rank(vector, HEAD),
        deep=lambda text, vector: rank(vector, DEEP),
        search=lambda text: rank(embedder.embed_query(text), HEAD),
        engine=lambda text, vector: rank(vector, HEAD),
    )
    return PeerFigures(
        name="sentence_transformers_exact",
        about=f"exact cosine over one vector a document (title and text, cut at {embedder.max_tokens} tokens)",
        docs_per_s=round(len(ids) / seconds, 2),
        chunks_per_s=round(len(ids) / seconds, 2),
        encode_share=1.0,
        modes={"dense": figures(mode, queries)},
    )


def whole(title: str, text: str) -> str:
    return f"{title}\n{text}" if title.strip() else text


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def best(scores: NDArray[np.floating], ids: NDArray[np.str_], count: int) -> list[str]:
    """Ids of the greatest scores, best first."""
    count = min(count, len(ids))
    candidates = np.argpartition(-scores, count - 1)[:count]
    return [str(key) for key in ids[candidates[np.argsort(-scores[candidates], kind="stable")]]]
