"""Values in filters, as the engines can take them."""

import math
import re
from collections.abc import Sequence

from ingest.errors import FilterError
from ingest.types import MetadataValue

_SURROGATE = re.compile("[\ud800-\udfff]")


def number(field: str, value: float) -> float:
    """Raises FilterError for one without end."""
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise FilterError(f"The number for {field!r} is too large.")
    return found


def values_of(field: str, values: Sequence[object]) -> tuple[MetadataValue, ...]:
    """Raises FilterError where one is no text, number or truth value."""
    if not all(map(_is_storable, values)):
        raise FilterError(f"Values of {field!r} must be texts, numbers or truth values.")
    return tuple(values)  # type: ignore[arg-type]


def _is_storable(value: object) -> bool:
    """JSON can hold numbers without end and halves of characters (surrogates), too."""
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
