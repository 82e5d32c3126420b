"""Conditions that chunks must fulfil: as users write them, and as the stores take them.

    {"department": "hr"}                              equal
    {"department": ["hr", "legal"]}                   equal to one of them; the same as {"$in": [...]}
    {"year": {"$gte": 2024, "$lt": 2026}}             numbers; also dates: {"valid_from": {"$lte": "2025-06-01"}}
    {"owner": {"$exists": false}}                     has no such field
    {"$or": [{"kind": "table"}, {"$not": {"page": 1}}]}

Operators of a field: $eq $ne $in $nin $gt $gte $lt $lte $exists; of conditions: $and $or $not. What stands side by side
is ANDed. $ne, $nin and $not also hold for chunks that lack the field.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from ingest.errors import FilterError
from ingest.types import MetadataValue
from ingest.validity import DATED, VALID_FROM, VALID_UNTIL
from retrieval.filter_sizes import check_size
from retrieval.filter_values import number, values_of
from retrieval.numbers import finite

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_DEEPEST = 16
_NAMED = 30
METADATA_PREFIX = "metadata."
ATTRIBUTES = frozenset({"document_id", "source", "title", "page", "kind", "headings"})
"""Fields of a chunk beside its metadata."""
_OF_CHUNKS = frozenset({"page", "kind", "headings"})
STATED = frozenset({VALID_FROM, VALID_UNTIL, DATED})
"""Metadata that ingestion finds by itself: no mistake where no document has it."""


@dataclass(frozen=True)
class AnyOf:
    """A field has one of these values; nothing fulfils an empty tuple."""

    field: str
    values: tuple[MetadataValue, ...]


@dataclass(frozen=True)
class Within:
    """A field has a number in these bounds, or, where `dates`, a date; dates are seconds since 1970 (UTC)."""

    field: str
    gte: float | None = None
    gt: float | None = None
    lte: float | None = None
    lt: float | None = None
    dates: bool = False


@dataclass(frozen=True)
class Present:
    """A field has a value."""

    field: str


@dataclass(frozen=True)
class Every:
    conditions: "tuple[Filter, ...]" = ()


@dataclass(frozen=True)
class Either:
    """At least one of at least one."""

    conditions: "tuple[Filter, ...]"


@dataclass(frozen=True)
class Not:
    condition: "Filter"


Filter: TypeAlias = AnyOf | Within | Present | Every | Either | Not
EVERYTHING = Every()
"""What every chunk fulfils."""


def parse(given: Mapping[str, Any]) -> Filter:
    """Raises FilterError where an operator is unknown or has a value that it cannot take, or it is all too large; the
    message says so."""
    check_size(given)
    return _parse(given, 0)


def both(one: Filter, other: Filter) -> Filter:
    conditions = tuple(condition for condition in (one, other) if condition != EVERYTHING)
    return conditions[0] if len(conditions) == 1 else Every(conditions)


def fields(condition: Filter) -> frozenset[str]:
    """Every field that a condition speaks of."""
    match condition:
        case Every(inner) | Either(inner):
            return frozenset().union(*map(fields, inner))
        case Not(one):
            return fields(one)
        case AnyOf() | Within() | Present():
            return frozenset({condition.field})


def may_fulfil(condition: Filter, known: Mapping[str, MetadataValue]) -> bool:
    """Whether a document with these fields (`source`, `title`, `document_id`, `metadata.<key>`) may have chunks that
    fulfil a condition; what is said of single chunks (page, kind, headings) is taken to hold."""
    match condition:
        case Every(inner):
            return all(may_fulfil(one, known) for one in inner)
        case Either(inner):
            return any(may_fulfil(one, known) for one in inner)
        case Not(one):
            return bool(fields(one) & _OF_CHUNKS) or not may_fulfil(one, known)
        case AnyOf() | Within() | Present():
            field = full_name(condition.field)
            return field in _OF_CHUNKS or _holds(condition, known.get(field))


def full_name(field: str) -> str:
    """Any name but those of attributes is a metadata key, with its prefix or without."""
    return field if field in ATTRIBUTES or field.startswith(METADATA_PREFIX) else METADATA_PREFIX + field


def _holds(condition: AnyOf | Within | Present, value: MetadataValue | None) -> bool:
    match condition:
        case Present():
            return value is not None
        case AnyOf(_, values):
            return any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in values)
        case Within(_, gte, gt, lte, lt, dates):
            compared = _compared(value, dates)
            return compared is not None and (
                (gte is None or compared >= gte)
                and (gt is None or compared > gt)
                and (lte is None or compared <= lte)
                and (lt is None or compared < lt)
            )


def _compared(value: MetadataValue | None, dates: bool) -> float | None:
    if dates:
        return moment(value) if value is not None else None
    return finite(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def check_fields(condition: Filter, known: Iterable[str]) -> None:
    """
    Args:
        known: metadata keys of the documents that the reader may read.

    Raises:
        FilterError: a field is none of them, nor an attribute of every chunk; the message names those there are.
    """
    keys = set(known)
    unknown = sorted(
        field for field in fields(condition) - ATTRIBUTES if field.removeprefix(METADATA_PREFIX) not in keys | STATED
    )
    if unknown:
        there = ", ".join(sorted(keys)[:_NAMED]) + (" ..." if len(keys) > _NAMED else "")
        raise FilterError(
            f"No document that you may read has a field {unknown[0]!r}; there are {', '.join(sorted(ATTRIBUTES))}"
            f"{f' and the metadata {there}' if keys else ''}."
        )


def moment(value: MetadataValue) -> float | None:
    """Seconds since 1970 where a value is an ISO date (its first moment, UTC) or date and time; else None."""
    if not isinstance(value, str) or not (_DAY.fullmatch(value) or _MOMENT.fullmatch(value)):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _parse(given: object, depth: int) -> Filter:
    if not isinstance(given, Mapping):
        raise FilterError('A filter must be an object of fields and conditions, such as {"year": {"$gte": 2024}}.')
    if depth > _DEEPEST:
        raise FilterError(f"The filter is nested more than {_DEEPEST} deep; write it flatter.")
    conditions = tuple(_condition(name, value, depth) for name, value in given.items())
    return conditions[0] if len(conditions) == 1 else Every(conditions)


def _condition(name: str, value: object, depth: int) -> Filter:
    match name:
        case "$and":
            return Every(_branches(name, value, depth))
        case "$or":
            return Either(_branches(name, value, depth))
        case "$not":
            return Not(_parse(value, depth + 1))
        case _ if name.startswith("$"):
            raise FilterError(f"{name} is no operator between conditions; there are $and, $or and $not.")
        case _:
            return _of_field(name, value)


def _branches(name: str, value: object, depth: int) -> tuple[Filter, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise FilterError(f"{name} takes a list of at least one condition.")
    return tuple(_parse(one, depth + 1) for one in value)


def _of_field(field: str, value: object) -> Filter:
    if not isinstance(value, Mapping):
        return AnyOf(field, values_of(field, value if isinstance(value, list | tuple) else (value,)))
    if not value:
        raise FilterError(f"The condition on {field!r} is empty; give it an operator such as $eq.")
    conditions = tuple(_operated(field, name, operand) for name, operand in value.items())
    return conditions[0] if len(conditions) == 1 else Every(conditions)


def _operated(field: str, name: str, operand: object) -> Filter:
    found = _OPERATORS.get(name)
    if found is None:
        raise FilterError(f"{name} is no operator of a field; there are {', '.join(_OPERATORS)}.")
    return found(field, name, operand)


def _equal(field: str, name: str, operand: object) -> Filter:
    return AnyOf(field, values_of(field, (operand,)))


def _one_of(field: str, name: str, operand: object) -> Filter:
    if not isinstance(operand, list | tuple):
        raise FilterError(f"{name} of {field!r} takes a list of values.")
    return AnyOf(field, values_of(field, operand))


def _present(field: str, name: str, operand: object) -> Filter:
    if not isinstance(operand, bool):
        raise FilterError(f"{name} of {field!r} takes true or false.")
    return Present(field) if operand else Not(Present(field))


def _bounded(field: str, name: str, operand: object) -> Filter:
    if isinstance(operand, int | float) and not isinstance(operand, bool):
        return _within(field, name, number(field, operand), dates=False)
    seconds = moment(operand) if isinstance(operand, str) else None
    if seconds is None:
        raise FilterError(f"{name} of {field!r} takes a number or a date such as 2025-06-30.")
    if _DAY.fullmatch(str(operand)) and name in ("$gt", "$lte"):  # a day ends where the next one begins
        following = seconds + timedelta(days=1).total_seconds()
        return _within(field, "$gte" if name == "$gt" else "$lt", following, dates=True)
    return _within(field, name, seconds, dates=True)


def _within(field: str, name: str, bound: float, dates: bool) -> Within:
    match name:
        case "$gte":
            return Within(field, gte=bound, dates=dates)
        case "$gt":
            return Within(field, gt=bound, dates=dates)
        case "$lte":
            return Within(field, lte=bound, dates=dates)
        case _:
            return Within(field, lt=bound, dates=dates)


def _negated(operator: Callable[[str, str, object], Filter]) -> Callable[[str, str, object], Filter]:
    return lambda field, name, operand: Not(operator(field, name, operand))


_OPERATORS: dict[str, Callable[[str, str, object], Filter]] = {
    "$eq": _equal,
    "$ne": _negated(_equal),
    "$in": _one_of,
    "$nin": _negated(_one_of),
    "$gt": _bounded,
    "$gte": _bounded,
    "$lt": _bounded,
    "$lte": _bounded,
    "$exists": _present,
}
