"""Options of the command line that are written key=value."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ingest.errors import InvalidError

Scalar: TypeAlias = str | int | float | bool
_OPERATORS = {"=": "$in", "!=": "$nin", ">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}
_CONDITION = re.compile(r"([^=!<>]+)(=|!=|>=|>|<=|<)(.*)", re.DOTALL)


def metadata(items: Sequence[str] | None) -> dict[str, Scalar]:
    """Raises InvalidError for a key without value, and for one with two."""
    found: dict[str, Scalar] = {}
    for key, value in _pairs(items):
        if key in found:
            raise InvalidError(f"--meta gives {key!r} twice, but a key has one value; leave one out.")
        found[key] = value
    return found


def filters(items: Sequence[str] | None) -> dict[str, Any]:
    """`key=value`, `key!=value`, `key>=value`, `key>value`, `key<=value`, `key<value`, as a filter over the wire. A key
    that is given several times with `=` has a list of values, of which one must match."""
    found: dict[str, dict[str, Any]] = {}
    for item in items or ():
        parts = _CONDITION.fullmatch(item)
        if parts is None:
            raise InvalidError(f"{item!r} must be written key=value, key!=value, key>=value, key>value and so on.")
        key, operator, value = parts.groups()
        conditions = found.setdefault(key, {})
        if operator in ("=", "!="):
            conditions.setdefault(_OPERATORS[operator], []).append(_scalar(value))
        elif _OPERATORS[operator] in conditions:
            raise InvalidError(f"--where gives {key}{operator} twice; one of them says it all.")
        else:
            conditions[_OPERATORS[operator]] = _bound(value)
    return found


def _pairs(items: Sequence[str] | None) -> Iterator[tuple[str, Scalar]]:
    for item in items or ():
        key, equals, value = item.partition("=")
        if not key or not equals:
            raise InvalidError(f"{item!r} must be written key=value.")
        yield key, _scalar(value)


def _bound(text: str) -> Scalar:
    """A number however it is written; everything else as it is."""
    try:
        return float(text)
    except ValueError:
        return text


def _scalar(text: str) -> Scalar:
    """`2025` is a number and `true` a truth value, as in JSON; everything else is text.

    A number that would be printed otherwise is text as well: version 1.10 is not 1.1.
    """
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    usable = isinstance(value, str) or (isinstance(value, int | float) and json.dumps(value) == text)
    return value if usable else text
