"""A wrapper that follows references: a document that a better hit names comes nearer to it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.fusion import scaled
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_CANDIDATES = 50
_BELIEVED = 5
"""Hits whose references are followed."""
_ONE_WORD = 2
"""Spaces round it."""
_WORD = re.compile(r"\w+")
_ASIDE = re.compile(r"\([^)]*\)")
_EDITION = re.compile(r"(?:19|20)\d\d|v?\d{1,2}")
"""What a title may end in and a reference leave out: "Travel policy 2025"."""


class ReferenceSearcher:
    """Port `Searcher` round another one: answers often stand in a second document that the first one only names. The
    best candidates are ranked anew by their score, scaled to [0, 1], and `weight` times that of the best of the first
    five hits of other documents whose text holds the title of theirs. `origin` gains `named`.

    A title counts as held where its words stand in a row, whatever lies between them; the case of a title of one word
    must be right, and an edition (a year, a version) or words in brackets at its end may be left out.

    Args:
        weight: share of the naming hit's score that is added.
    """

    def __init__(self, inner: Searcher, weight: float) -> None:
        self._inner, self._weight = inner, weight

    def search(self, query: Query) -> list[Hit]:
        hits = self._inner.search(replace(query, top_k=max(query.top_k, _CANDIDATES)))
        scores = scaled([hit.score for hit in hits])
        naming = [(hit, score, Words(hit.chunk.text)) for hit, score in zip(hits[:_BELIEVED], scores, strict=False)]
        mixed = [_lifted(hit, score, naming, self._weight) for hit, score in zip(hits, scores, strict=True)]
        return sorted(mixed, key=lambda hit: (-hit.score, hit.chunk.id))[: query.top_k]


class Words:
    """A text as a row of words, in which others can be looked for."""

    def __init__(self, text: str) -> None:
        self._row = _row(text)
        self._folded = self._row.casefold()

    def hold(self, name: str) -> bool:
        """`name` as `_name` gives it."""
        if name.count(" ") > _ONE_WORD:
            return name.casefold() in self._folded
        return name in self._row and any(letter.isupper() or letter.isdigit() for letter in name)


def _lifted(hit: Hit, score: float, naming: Sequence[tuple[Hit, float, Words]], weight: float) -> Hit:
    chunk, name = hit.chunk, _name(hit.chunk.title)
    named = max(
        (
            belief
            for other, belief, words in naming
            if other.chunk.document_id != chunk.document_id and other.chunk.title != chunk.title and words.hold(name)
        ),
        default=0.0,
    )
    return replace(hit, score=score + weight * named, origin={**hit.origin, "named": named})


def _name(title: str) -> str:
    """Its words in a row, without what a reference to it may leave out."""
    words = _WORD.findall(_ASIDE.sub(" ", title).replace("_", " "))
    while len(words) > 1 and _EDITION.fullmatch(words[-1]):
        words.pop()
    return _spaced(words)


def _row(text: str) -> str:
    return _spaced(_WORD.findall(text.replace("_", " ")))


def _spaced(words: Sequence[str]) -> str:
    return f" {' '.join(words)} " if words else ""
