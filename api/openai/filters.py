"""OpenAI's filters over attributes, as conditions of `retrieval.filters`.

{"type": "eq", "key": "year", "value": 2025}                    eq ne gt gte lt lte in nin
{"type": "and", "filters": [..., {"type": "or", "filters": [...]}]}
"""

from collections.abc import Mapping, Set
from typing import Any

from ingest.errors import FilterError
from retrieval import filters
from retrieval.filters import METADATA_PREFIX, AnyOf, Either, Every, Filter, Not

_COMPARISONS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
_COMPOUNDS = ("and", "or")
_NOTHING = AnyOf("document_id", ())


def condition_of(given: Mapping[str, Any]) -> Filter:
    """Raises FilterError where it is none of OpenAI's filters; the message says why."""
    return filters.parse(_translated(given))


def keys_of(condition: Filter) -> frozenset[str]:
    """The attributes that a condition speaks of."""
    return frozenset(field.removeprefix(METADATA_PREFIX) for field in filters.fields(condition))


def without_unknown(condition: Filter, known: Set[str]) -> Filter:
    """An attribute that no file has is no mistake here: nothing equals it. Citewell's own filters would refuse it."""
    match condition:
        case Every(inner):
            return Every(tuple(without_unknown(one, known) for one in inner))
        case Either(inner):
            return Either(tuple(without_unknown(one, known) for one in inner))
        case Not(inner):
            return Not(without_unknown(inner, known))
        case _:
            return condition if condition.field.removeprefix(METADATA_PREFIX) in known else _NOTHING


def _translated(given: object) -> dict[str, Any]:
    match given:
        case {"type": str(kind), "filters": list(inner), **rest} if kind in _COMPOUNDS and not rest:
            return {f"${kind}": [_translated(one) for one in inner]}
        case {"type": str(kind), "key": str(key), "value": value, **rest} if kind in _COMPARISONS and not rest:
            return {METADATA_PREFIX + key: {f"${kind}": value}}
        case _:
            raise FilterError(
                f"A filter is {{type, key, value}} with a type among {', '.join(_COMPARISONS)}, "
                f"or {{type, filters}} with {' or '.join(_COMPOUNDS)}."
            )
