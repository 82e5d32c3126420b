"""Fields of JSON rows: a value of another type than the one that is wanted is refused, never turned into it.

`where` (file:line) begins each message.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

from ingest.errors import InvalidError

Row: TypeAlias = Mapping[str, Any]


def text(row: Row, name: str, where: str) -> str:
    """Raises InvalidError for what is no string, or a string that UTF-8 cannot hold."""
    value = row.get(name)
    if not isinstance(value, str):
        raise InvalidError(f"{where}: {name} must be a string.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidError(f"{where}: {name} holds half of a surrogate pair, which is no character.") from error
    return value


def filled(row: Row, name: str, where: str) -> str:
    """A string with more in it than white space."""
    value = text(row, name, where)
    if not value.strip():
        raise InvalidError(f"{where}: the {name} is empty.")
    return value


def optional_text(row: Row, name: str, where: str) -> str:
    """ "" where the field is absent or null."""
    return "" if row.get(name) is None else text(row, name, where)


def identifier(row: Row, name: str, where: str) -> str:
    """A string that is not blank, or a whole number."""
    value = row.get(name)
    return str(value) if is_whole(value) else filled(row, name, where)


def whole(row: Row, name: str, where: str) -> int:
    value = row.get(name)
    if not is_whole(value):
        raise InvalidError(f"{where}: {name} must be a whole number.")
    return value


def optional_strings(row: Row, name: str, where: str) -> tuple[str, ...]:
    """() where the field is absent or null."""
    values = row.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidError(f"{where}: {name} must be a list of strings.")
    return tuple(text({name: value}, name, where) for value in values)


def is_whole(value: object) -> TypeGuard[int]:
    """True for integers; `true` and `false` are none."""
    return isinstance(value, int) and not isinstance(value, bool)
