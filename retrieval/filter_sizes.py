"""How much a filter may ask for."""

from collections.abc import Mapping

from ingest.errors import FilterError

MOST_KEYS, MOST_VALUES = 1_000, 10_000
"""Of one filter, on all levels together: an engine takes seconds for more."""


def check_size(given: object) -> None:
    """
    Args:
        given: a filter as users write it, right or wrong.

    Raises:
        FilterError: it has too many fields and operators, or too many values.
    """
    keys = values = 0
    waiting = [given]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            keys += len(one)
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            values += len(one)
            waiting.extend(one)
    if keys > MOST_KEYS or values > MOST_VALUES:
        raise FilterError(
            f"The filter has {keys} fields and operators and {values} values in lists; {MOST_KEYS} and {MOST_VALUES} "
            f"are allowed: ask for metadata that the documents share."
        )
