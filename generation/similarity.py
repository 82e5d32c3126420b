"""Evidence by embedding similarity, for languages that the cross-encoder was not trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.ports import Embedder

# Log-odds at which a sentence is as likely right as not, and how fast they rise with the cosine.
_SLOPE, _EVEN_COSINE = 12.0, 0.55


class SimilarityScorer:
    """Port `PairScorer`: the cosine of question and text, stretched to log-odds."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        cosines = self._embedder.embed_documents(texts) @ self._embedder.embed_query(question)
        return np.asarray(_SLOPE * (cosines - _EVEN_COSINE), np.float32)
