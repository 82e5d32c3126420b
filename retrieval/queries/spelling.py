"""Words that no document knows are read as the words that they most likely mean."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from retrieval.ports import Searcher, Store
from retrieval.queries.exact import outside_quotes
from retrieval.types import Hit, Query

_WORD = re.compile(r"[^\W\d_]{4,}")
_LOOKED_THROUGH = 50


class SpellingSearcher:
    """Port `Searcher` round another one.

    A word of the query that stands in no chunk that the reader may read is exchanged for the nearest word of the chunks
    that the rest of the query finds, if one is near enough: one letter in words of up to seven, two in longer ones
    (Damerau-Levenshtein distance). So nobody is led to words that they may not read, and no vocabulary has to be kept.
    """

    def __init__(self, inner: Searcher, store: Store) -> None:
        self._inner, self._store = inner, store

    def search(self, query: Query) -> list[Hit]:
        unknown = self._unknown(query)
        if not unknown:
            return self._inner.search(query)
        hits = self._inner.search(replace(query, top_k=max(query.top_k, _LOOKED_THROUGH)))
        text = corrected(query.text, unknown, (hit.chunk.indexed_text for hit in hits))
        return self._inner.search(replace(query, text=text)) if text != query.text else hits[: query.top_k]

    def _unknown(self, query: Query) -> set[str]:
        """Words of the query, as written, that no chunk that the reader may read holds in any form."""
        words = {word: self._store.terms(word) for word in _WORD.findall(query.text)}
        absent = self._store.absent(set().union(*words.values()), query.access)
        return {word for word, terms in words.items() if terms and terms <= absent}


def corrected(text: str, unknown: Iterable[str], texts: Iterable[str]) -> str:
    """`text` with each unknown word exchanged for the nearest word of `texts`, the more frequent of two as near."""
    counts: dict[str, int] = {}
    for one in texts:
        for word in _WORD.findall(one.lower()):  # as the index has them: with ß
            counts[word] = counts.get(word, 0) + 1
    for word in unknown:
        if near := _nearest(word.casefold(), counts):
            exchanged = partial(re.sub, rf"\b{re.escape(word)}\b", near)
            text = outside_quotes(text, exchanged)
    return text


def _nearest(word: str, counts: dict[str, int]) -> str | None:
    most = 1 if len(word) <= 7 else 2
    nearness = DamerauLevenshtein.distance
    found = process.extract(word, list(counts), scorer=nearness, processor=str.casefold, score_cutoff=most, limit=None)
    ranked = sorted(found, key=lambda one: (one[1], -counts[one[0]], one[0]))
    return ranked[0][0] if ranked else None
