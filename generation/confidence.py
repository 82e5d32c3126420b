"""How surely a question is answered, from all that search and evidence tell of it, as fitted to one collection."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from generation.ports import EvidenceScorer, Lexicon
from generation.types import Evidence
from retrieval.types import Hit, Query

_SURE = 1e-4
"""Probabilities closer to 0 or 1 are taken for this far from them."""


@dataclass(frozen=True)
class Traits:
    """What tells of a question whether it is answered.

    `sentence`: log-odds of the confidence in the best sentence. `first`, `second`: log-odds of the support of the two
    best quotes. `dense`: the highest cosine of a passage; `lead`: how far it is above the mean of the others. `bm25`:
    the highest BM25 score, by the sum of the IDF of the question's words. `passage`, `passages`: the share of these
    words, weighted by IDF, in the passage of the best quote, and in all passages together. 0 where there is none.
    """

    sentence: float
    first: float
    second: float
    dense: float
    lead: float
    bm25: float
    passage: float
    passages: float


NAMES = tuple(one.name for one in fields(Traits))


@dataclass(frozen=True)
class Confidence:
    """Logistic regression: P(answered rightly) = 1 / (1 + exp(-(bias + sum of weights * traits))).

    `citewell tune abstention` fits it. A trait without a weight does not count.
    """

    bias: float
    weights: Mapping[str, float]

    def of(self, traits: Traits) -> float:
        strength = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in asdict(traits).items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, strength))))


class CalibratedEvidence:
    """Port `EvidenceScorer` round another one, whose confidence it replaces."""

    def __init__(self, inner: EvidenceScorer, lexicon: Lexicon, confidence: Confidence) -> None:
        self._inner, self._lexicon, self._confidence = inner, lexicon, confidence

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        found = self._inner.weigh(query, hits)
        if not found.quotes:
            return found
        return replace(found, confidence=round(self._confidence.of(traits_of(query, hits, found, self._lexicon)), 4))


def traits_of(query: Query, hits: Sequence[Hit], found: Evidence, lexicon: Lexicon) -> Traits:
    weights = lexicon.idf(lexicon.terms(query.text), query.access)
    total = sum(weights.values())

    def share(text: str) -> float:
        there = lexicon.terms(text)
        return sum(weight for term, weight in weights.items() if term in there) / total if total > 0 else 0.0

    supports = [one.support for one in found.quotes[:2]] + [0.0, 0.0]
    dense = sorted((hit.origin["dense"] for hit in hits if "dense" in hit.origin), reverse=True)
    bm25 = max((hit.origin.get("bm25", 0.0) for hit in hits), default=0.0)
    best = hits[found.quotes[0].marker - 1].chunk.indexed_text if found.quotes else ""
    return Traits(
        sentence=_log_odds(found.confidence),
        first=_log_odds(supports[0]),
        second=_log_odds(supports[1]),
        dense=dense[0] if dense else 0.0,
        lead=dense[0] - sum(dense[1:]) / (len(dense) - 1) if len(dense) > 1 else 0.0,
        bm25=bm25 / total if total > 0 else 0.0,
        passage=share(best),
        passages=share("\n".join(hit.chunk.indexed_text for hit in hits)),
    )


def _log_odds(probability: float) -> float:
    inside = min(max(probability, _SURE), 1.0 - _SURE)
    return math.log(inside / (1.0 - inside))
