"""Options of the command line that are written key=value."""

import json
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ingest.errors import InvalidError

Scalar: TypeAlias = str | int | float | bool


def metadata(items: Sequence[str] | None) -> dict[str, Scalar]:
    """Raises InvalidError for a key without value, and for one with two."""
    found: dict[str, Scalar] = {}
    for key, value in _pairs(items):
        if key in found:
            raise InvalidError(f"--meta gives {key!r} twice, but a key has one value; leave one out.")
        found[key] = value
    return found


def filters(items: Sequence[str] | None) -> dict[str, Scalar | list[Scalar]]:
    """A key that is given several times has a list of values, of which one must match."""
    found: dict[str, list[Scalar]] = {}
    for key, value in _pairs(items):
        found.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def _pairs(items: Sequence[str] | None) -> Iterator[tuple[str, Scalar]]:
    for item in items or ():
        key, equals, value = item.partition("=")
        if not key or not equals:
            raise InvalidError(f"{item!r} must be written key=value.")
        yield key, _scalar(value)


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
