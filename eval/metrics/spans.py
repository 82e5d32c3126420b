"""How well chunks cover the characters that answer a question (after Smith and Troynikov, Evaluating Chunking
Strategies for Retrieval, Chroma 2024, who count tokens)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[str, int, int]
"""Document, and [start, end) in it."""


@dataclass(frozen=True)
class SpanScores:
    """In [0, 1], of the characters of the gold spans and of the chunks, each counted once.

    recall = |gold ∩ chunks| / |gold| · precision = |gold ∩ chunks| / |chunks| · iou = |gold ∩ chunks| / |gold ∪ chunks|
    """

    recall: float
    precision: float
    iou: float


def span_scores(chunks: Sequence[Span], gold: Sequence[Span]) -> SpanScores:
    """0 where there is nothing to divide by."""
    found, wanted = _merged(chunks), _merged(gold)
    size_found, size_wanted = _size(found), _size(wanted)
    both = sum(_common(one, other) for one in found for other in wanted)
    union = size_found + size_wanted - both
    return SpanScores(_share(both, size_wanted), _share(both, size_found), _share(both, union))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same characters in spans that do not overlap."""
    merged: list[Span] = []
    for document, start, end in sorted(spans):
        if merged and merged[-1][0] == document and start <= merged[-1][2]:
            merged[-1] = (document, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((document, start, end))
    return merged


def _common(one: Span, other: Span) -> int:
    return max(0, min(one[2], other[2]) - max(one[1], other[1])) if one[0] == other[0] else 0


def _size(spans: Iterable[Span]) -> int:
    return sum(end - start for _, start, end in spans)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
