"""A wrapper that follows references: a document that a better hit names comes nearer to it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_BELIEVED = 5
"""Hits whose references are followed."""
_ONE_WORD = 2
"""Spaces round it."""
_WORD = re.compile(r"\w+")
_ASIDE = re.compile(r"\([^)]*\)")
_EDITION = re.compile(r"(?:19|20)\d\d|v?\d{1,2}")
"""What a title may end in and a reference leave out: "Travel policy 2025"."""


class ReferenceSearcher:
    """Port `Searcher` round another one: answers often stand in a second document that the first one only names. One of
    the best hits gains `weight` times what the best of the first five hits of other documents whose text holds its
    title is worth: the difference between the scores of the first and the last of them, times where between them
    the naming hit stands. Hits that nobody names keep their scores. `origin` of the others gains `named`, in (0, 1].

    A title counts as held where its words stand in a row, whatever lies between them; the case of a title of one word
    must be right, and it must be more than a number. An edition (a year, a version) or words in brackets at its end may
    be left out.

    Args:
        weight: share of the naming hit's worth that is added.
        candidates: how many of the best hits are looked at, whatever is asked for: so a short list is the head of a
            long one.
    """

    def __init__(self, inner: Searcher, weight: float, candidates: int = 50) -> None:
        self._inner, self._weight, self._candidates = inner, weight, candidates

    def search(self, query: Query) -> list[Hit]:
        hits = self._inner.search(replace(query, top_k=max(query.top_k, self._candidates)))
        looked_at, rest = hits[: self._candidates], hits[self._candidates :]
        naming, span = _naming(looked_at)
        lifted = [_lifted(hit, naming, self._weight * span) for hit in looked_at]
        if lifted != looked_at:
            lifted.sort(key=lambda hit: -hit.score)
        return (lifted + rest)[: query.top_k]


class Words:
    """A text as a row of words, in which others can be looked for."""

    def __init__(self, text: str) -> None:
        self._row = _row(text)
        self._folded = self._row.casefold()

    def hold(self, name: str) -> bool:
        """`name` as `_name` gives it."""
        if name.count(" ") > _ONE_WORD:
            return name.casefold() in self._folded
        telling = any(map(str.isalpha, name)) and any(letter.isupper() or letter.isdigit() for letter in name)
        return telling and name in self._row


def _naming(hits: Sequence[Hit]) -> tuple[list[tuple[Hit, float, Words]], float]:
    """The best hits, where between the last and the first of all each stands, and how far these are apart."""
    if not hits or hits[0].score == hits[-1].score:
        return [], 0.0
    span = hits[0].score - hits[-1].score
    return [(hit, (hit.score - hits[-1].score) / span, Words(hit.chunk.text)) for hit in hits[:_BELIEVED]], span


def _lifted(hit: Hit, naming: Sequence[tuple[Hit, float, Words]], most: float) -> Hit:
    chunk, name = hit.chunk, _name(hit.chunk.title)
    others = [
        (worth, words)
        for other, worth, words in naming
        if other.chunk.document_id != chunk.document_id and other.chunk.title != chunk.title
    ]
    named = max((worth for worth, words in others if words.hold(name)), default=0.0)
    return replace(hit, score=hit.score + most * named, origin={**hit.origin, "named": named}) if named else hit


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
