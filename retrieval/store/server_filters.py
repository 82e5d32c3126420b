"""Conditions as a Qdrant server takes them."""

from qdrant_client import models

from retrieval.filters import AnyOf, Either, Every, Filter, Not, Within
from retrieval.store import layout


def filter_of(condition: Filter) -> models.Filter:
    match condition:
        case Every(conditions):
            return models.Filter(must=[_condition(one) for one in conditions])
        case Either(conditions):
            return models.Filter(should=[_condition(one) for one in conditions])
        case Not(one):
            return models.Filter(must_not=[_condition(one)])
        case _:
            return models.Filter(must=[_condition(condition)])


def _condition(condition: Filter) -> models.FieldCondition | models.Filter:
    match condition:
        case AnyOf(field, (value,)):
            return models.FieldCondition(key=field, match=models.MatchValue(value=str(value)))
        case AnyOf(field, values):
            return models.FieldCondition(key=field, match=models.MatchAny(any=list(map(str, values))))
        case Within(field, gte, gt, lte, lt):
            return models.FieldCondition(key=field, range=models.Range(gte=gte, gt=gt, lte=lte, lt=lt))
        case _:
            return filter_of(condition)


def stale(document_id: str, revision: str) -> models.Filter:
    return models.Filter(
        must=[_condition(AnyOf(layout.DOCUMENT_ID, (document_id,)))],
        must_not=[_condition(AnyOf(layout.REVISION, (revision,)))],
    )
