"""Our BM25 against an implementation that shares nothing with it."""

import itertools
import math
import re
from collections import Counter
from contextlib import closing
from pathlib import Path
from pydoc_data.topics import topics
from uuid import UUID

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from ingest.types import Chunk
from retrieval.filters import EVERYTHING
from retrieval.store.bm25 import Bm25Encoder, Bm25Parameters
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Access

READER = Access("acme")
DOCUMENTS, QUERIES = 400, 60


def vocabulary() -> list[str]:
    """Real English words, most frequent first: those of the Python manual that comes with Python."""
    counts = Counter(re.findall(r"[a-z]{2,}", " ".join(topics.values()).lower()))
    return [word for word, _ in counts.most_common(2000)]


def texts(number: int, lengths: tuple[int, int], seed: int) -> list[str]:
    """Texts of words drawn with Zipf's law."""
    random, words = np.random.default_rng(seed), vocabulary()
    odds = 1 / np.arange(1, len(words) + 1)
    return [" ".join(random.choice(words, random.integers(*lengths), p=odds / odds.sum())) for _ in range(number)]


def tokens(encoder: Bm25Encoder, text: str) -> list[int]:
    """The terms of a text of plain words in their order, with repetitions."""
    return list(itertools.chain.from_iterable(encoder.document(word).indices for word in text.split()))


def oracle(corpus: list[list[int]], parameters: Bm25Parameters) -> BM25Okapi:
    """rank_bm25 with our fixed average length, and Lucene's IDF in place of its own."""
    model = BM25Okapi(corpus, k1=parameters.k1, b=parameters.b)
    model.avgdl = parameters.avg_len
    counts = Counter(itertools.chain.from_iterable(set(document) for document in corpus))
    model.idf = {term: math.log(1 + (len(corpus) - n + 0.5) / (n + 0.5)) for term, n in counts.items()}
    return model


def chunk(number: int, text: str) -> Chunk:
    return Chunk(
        id=str(UUID(int=number)),
        document_id=f"doc-{number}",
        revision="1",
        tenant=READER.tenant,
        groups=(),
        source="s",
        title="t",
        text=text,
        context="",
        position=0,
        page=None,
        headings=(),
        char_start=0,
        char_end=len(text),
    )


@pytest.mark.parametrize(
    "parameters",
    [Bm25Parameters(avg_len=12), Bm25Parameters(0.9, 0.4, 20), Bm25Parameters(2.0, 0.9, 8), Bm25Parameters(1.2, 0.0)],
    ids=str,
)
def test_the_ranking_is_that_of_rank_bm25(tmp_path: Path, parameters: Bm25Parameters) -> None:
    documents, encoder = texts(DOCUMENTS, (3, 40), seed=1), Bm25Encoder(parameters)
    model = oracle([tokens(encoder, text) for text in documents], parameters)
    with closing(EdgeStore(tmp_path, Identity("test-model", 2, parameters))) as store:
        store.upsert([chunk(i, text) for i, text in enumerate(documents)], np.ones((DOCUMENTS, 2), np.float32))
        rankings = [
            (query, store.bm25(query, READER, EVERYTHING, DOCUMENTS)) for query in texts(QUERIES, (1, 8), seed=2)
        ]
    for query, ranking in rankings:
        expected = model.get_scores(sorted(set(tokens(encoder, query))))
        ours = {UUID(key).int: score for key, score in ranking}
        assert set(ours) == set(np.flatnonzero(expected).tolist())
        assert ours == pytest.approx({number: expected[number] for number in ours}, rel=1e-5)
        # Equal up to ties: going down our ranking, the other's scores never rise.
        in_our_order = [expected[number] for number in ours]
        assert all(first >= second - 1e-5 for first, second in itertools.pairwise(in_our_order))
