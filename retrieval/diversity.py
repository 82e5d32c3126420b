"""A wrapper that keeps results from repeating themselves: near-duplicates, documents that crowd out others, MMR."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.number_words import counts
from retrieval.fusion import scaled
from retrieval.ports import Searcher, Store
from retrieval.statements import contrary, signs, turns
from retrieval.types import Hit, Query

_WORD = re.compile(r"\w+")
_NEGATION = re.compile(
    r"not|t|no|non|nor|never|none|nobody|nothing|nowhere|neither|cannot|without|except|excluding|unless|only"
    r"|nicht|nichts|kein\w*|nie|niemals|niemand\w*|nirgends|weder|ohne|ausser|ausgenommen|nur"
)
"""As `casefold` writes them; what `_WORD` finds of "don't" is "don" and "t"."""
_PER = {"per", "pro", "je", "each", "every"}
_SHINGLE = 3
_ROUNDS = 6
"""Each looks twice as deep: 64 times as many hits as were asked for, at most."""


@dataclass(frozen=True)
class DiversityOptions:
    """
    Args:
        duplicates: a hit goes where it shares this much of its words in order with a better one (Jaccard similarity of
            runs of three words); 1 leaves out exact copies only, None none. Texts that differ in a name, a number, its
            sign or unit, an address, a negation or a word known to be one of two opposites never count as copies.
        per_document: at most so many hits of one document; None any number.
        mmr: share of relevance against novelty in maximal marginal relevance, in [0, 1] (Carbonell and Goldstein, The
            Use of MMR, 1998); None leaves the order as it is.
    """

    duplicates: float | None = 0.9
    per_document: int | None = None
    mmr: float | None = None


KEEP_ALL = DiversityOptions(duplicates=None)


class DiverseSearcher:
    """Port `Searcher` round another one; asks it for more hits where some were left out.

    Args:
        store: where the vectors of chunks are, for MMR.
    """

    def __init__(self, inner: Searcher, store: Store, options: DiversityOptions = DiversityOptions()) -> None:
        self._inner, self._store, self._options = inner, store, options

    def search(self, query: Query) -> list[Hit]:
        wanted = 2 * query.top_k  # a second search costs more than a few hits too many
        for _ in range(_ROUNDS):
            found = self._inner.search(replace(query, top_k=wanted))
            kept = self._kept(found, query.top_k)
            if len(kept) >= query.top_k or len(found) < wanted:
                break
            wanted *= 2
        return self._spread(query, kept)[: query.top_k] if self._options.mmr is not None else kept[: query.top_k]

    def _kept(self, hits: Sequence[Hit], wanted: int) -> list[Hit]:
        """Without MMR no more than are wanted."""
        most, threshold = self._options.per_document, self._options.duplicates
        enough = wanted if self._options.mmr is None else len(hits)
        of_document: Counter[str] = Counter()
        kept: list[Hit] = []
        prints: list[Fingerprint] = []
        for hit in hits:
            if len(kept) == enough:
                break
            if most is not None and of_document[hit.chunk.document_id] >= most:
                continue
            if threshold is not None:
                mine = fingerprint(hit.chunk.text)
                if any(alike(mine, other) >= threshold for other in prints):
                    continue
                prints.append(mine)
            of_document[hit.chunk.document_id] += 1
            kept.append(hit)
        return kept

    def _spread(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        found = self._store.vectors([hit.chunk.id for hit in hits], query.access)
        hits = [hit for hit in hits if hit.chunk.id in found]  # some may have been replaced since
        if not hits:
            return []
        vectors = np.stack([found[hit.chunk.id] for hit in hits])
        return [hits[row] for row in marginal([hit.score for hit in hits], vectors, self._options.mmr or 0.0)]


@dataclass(frozen=True)
class Fingerprint:
    """Runs of words; how often each word occurs; which of them change what is said: names, numbers, negations,
    opposites, lengths of time; numbers and "per" with the word behind each, which is often a unit; signs and
    addresses."""

    shingles: frozenset[tuple[str, ...]]
    words: Counter[str]
    telling: frozenset[str]
    amounts: Counter[tuple[str, str]]
    signs: Counter[str]


def fingerprint(text: str) -> Fingerprint:
    written = _WORD.findall(text)
    words = [word.casefold() for word in written]
    runs = frozenset(tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1)))
    telling = frozenset(word for word, form in zip(words, written, strict=True) if form[0].isupper() or _tells(word))
    amounts = Counter(pair for pair in pairwise(words) if pair[0] in _PER or _is_number(pair[0]))
    return Fingerprint(runs, Counter(words), telling, amounts, signs(text))


def _tells(word: str) -> bool:
    return _is_number(word) or turns(word) or _NEGATION.fullmatch(word) is not None


def _is_number(word: str) -> bool:
    return any(map(str.isdigit, word)) or counts(word)


def alike(one: Fingerprint, other: Fingerprint) -> float:
    """Jaccard similarity of the runs of words; 0 where a name, a number or a negation occurs in one more often: a limit
    of 150 is not one of 180, 30 days are not 30 hours, and what is allowed in France is not what is not allowed in
    Germany."""
    if (
        (one.amounts, one.signs) != (other.amounts, other.signs)
        or any(one.words[word] != other.words[word] for word in one.telling | other.telling)
        or contrary(one.words.keys(), other.words.keys())
    ):
        return 0.0
    return len(one.shingles & other.shingles) / len(one.shingles | other.shingles)


def marginal(scores: Sequence[float], vectors: NDArray[np.float32], relevance: float) -> list[int]:
    """Rows in the order of maximal marginal relevance.

    Args:
        scores: best first; scaled to [0, 1].
        vectors: shape (len(scores), dimension), of unit length.
        relevance: weight of the score; the rest is that of the greatest cosine with a row chosen before.
    """
    gain, nearest = np.array(scaled(scores)), np.zeros(len(scores))
    order: list[int] = []
    left = np.ones(len(scores), bool)
    for _ in range(len(scores)):
        value = np.where(left, relevance * gain - (1 - relevance) * nearest, -np.inf)
        row = int(value.argmax())
        order.append(row)
        left[row] = False
        nearest = np.maximum(nearest, vectors @ vectors[row])
    return order
