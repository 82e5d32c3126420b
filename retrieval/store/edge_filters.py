"""Conditions as the embedded engine takes them."""

import qdrant_edge as qdrant

from retrieval.filters import AnyOf, Either, Every, Filter, Not, Within
from retrieval.store import layout


def filter_of(condition: Filter) -> qdrant.Filter:
    match condition:
        case Every(conditions):
            return qdrant.Filter(must=[_condition(one) for one in conditions])
        case Either(conditions):
            return qdrant.Filter(should=[_condition(one) for one in conditions])
        case Not(one):
            return qdrant.Filter(must_not=[_condition(one)])
        case _:
            return qdrant.Filter(must=[_condition(condition)])


def _condition(condition: Filter) -> qdrant.FieldCondition | qdrant.Filter:
    match condition:
        case AnyOf(field, (value,)):
            # As the corpus of IDF, the same condition written with MatchAny costs a millisecond more at 50,000 points.
            return qdrant.FieldCondition(field, match=qdrant.MatchValue(str(value)))
        case AnyOf(field, values):
            return qdrant.FieldCondition(field, match=qdrant.MatchAny(list(map(str, values))))
        case Within(field, gte, gt, lte, lt):
            return qdrant.FieldCondition(field, range=qdrant.RangeFloat(gte=gte, gt=gt, lte=lte, lt=lt))
        case _:
            return filter_of(condition)


def stale(document_id: str, revision: str) -> qdrant.Filter:
    return qdrant.Filter(
        must=[_condition(AnyOf(layout.DOCUMENT_ID, (document_id,)))],
        must_not=[_condition(AnyOf(layout.REVISION, (revision,)))],
    )
