"""Texts become sparse vectors whose inner product, with the engine's IDF, is the BM25 score."""

from collections.abc import Sequence
from dataclasses import dataclass

import qdrant_edge

from ingest.errors import InvalidError, SettingsError
from retrieval.store.spellings import spellings
from retrieval.store.unspaced import cut


@dataclass(frozen=True)
class Bm25Parameters:
    """`avg_len` is the usual length of a chunk in tokens, stop words left out. It is fixed, not counted, so that the
    weights of a chunk never depend on its neighbours (or on another tenant's). `grams` cuts what is written without
    spaces; an index in which it is not cut has it False."""

    k1: float = 1.2
    b: float = 0.75
    avg_len: float = 128.0
    language: str = "english"
    grams: bool = True


class Bm25Encoder:
    """Makes the weights of BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009).

        score(query, text) = sum over the distinct terms t of the query of idf(t) * weight(t, text)
        weight(t, text)    = tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / avg_len))
        idf(t)             = ln(1 + (N - n + 0.5) / (n + 0.5))

    tf counts t in the text and len counts the text's tokens. The engine multiplies by idf (the form that Lucene uses,
    never negative), with N texts of which n contain t, at the time of the query. Tokens are words in lower case,
    without the language's stop words, stemmed (Snowball); of scripts that put no spaces between words they are pairs or
    triples of characters. A term's id is a 31-bit hash of its stem.
    """

    def __init__(self, parameters: Bm25Parameters = Bm25Parameters()) -> None:
        """Raises SettingsError where a parameter is out of range or the language unknown."""
        self.parameters = parameters
        self._model = _model(parameters)
        self._cut = cut if parameters.grams else str

    def document(self, text: str) -> qdrant_edge.SparseVector:
        """Term id -> weight(t, text). Raises InvalidError if `text` is not valid Unicode."""
        try:
            return self._model.embed_document(self._cut(text))
        except UnicodeEncodeError as error:
            raise InvalidError(f"The text cannot be indexed: it is not valid Unicode ({error}).") from error

    def query(self, text: str, expansion: Sequence[tuple[int, float]] = ()) -> qdrant_edge.SparseVector:
        """Term id -> 1.0, also of what its words are in the other spelling ("Kündigung" for "Kuendigung"), and those of
        `expansion` that are in neither, with their weights. Empty where there is neither expansion nor a word that is
        no stop word. Raises InvalidError as `document` does."""
        own, others = self._stems(text), spellings(text)
        if not expansion and not others:
            return own
        more = self._stems(" ".join(others))
        weights = dict(expansion)
        for found in (more, own):
            weights |= dict(zip(found.indices, found.values, strict=True))
        return qdrant_edge.SparseVector(list(weights), list(weights.values()))

    def terms(self, text: str) -> frozenset[int]:
        """Ids of the distinct stems of `text`."""
        return frozenset(self._stems(text).indices)

    def _stems(self, text: str) -> qdrant_edge.SparseVector:
        try:
            return self._model.embed_query(self._cut(text))
        except UnicodeEncodeError as error:
            raise InvalidError(f"The query cannot be read: it is not valid Unicode ({error}).") from error


def _model(parameters: Bm25Parameters) -> qdrant_edge.Bm25:
    try:
        return qdrant_edge.Bm25(
            qdrant_edge.Bm25Config(
                k=parameters.k1, b=parameters.b, avg_len=parameters.avg_len, language=parameters.language
            )
        )
    except ValueError as error:
        raise SettingsError(f"The BM25 settings {parameters} cannot be used: {error}.") from error
