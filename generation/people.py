"""Words for people that a question and a passage may use for the same ones."""

from collections.abc import Iterable

_PERSONS = "people persons personen"
_ALIKE = tuple(
    frozenset(f"{_PERSONS} {words}".split())
    for words in ("employees staff workers colleagues mitarbeiter beschäftigte", "members mitglieder")
)
"""Members need not be employees."""


def alike(asked: Iterable[str], counted: str) -> bool:
    """Whether a count of `counted` (in the plural) answers a question for one of the words `asked`, in any case."""
    words = {word.casefold() for word in asked}
    return any(counted.casefold() in people and not words.isdisjoint(people) for people in _ALIKE)
