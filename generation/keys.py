"""Rows of a table that a question names by a day or an identifier, such as "15 March" or "DN 80"."""

import re
from collections import defaultdict
from collections.abc import Sequence

from generation.candidates import Candidate
from generation.verification.dates import Day, agree, dates

_IDENTIFIER = re.compile(r"(?<![^\W_])[A-Z]{1,6}[ -]?\d[\dA-Z.-]*(?<=[\dA-Z])(?![^\W_])")
_SEPARATORS = re.compile(r"[ .-]")
_COMPARES = re.compile(
    r"\b(?:before|after|between|since|until|till|from|than|every|all|other|vor|nach|zwischen|seit|bis|ab|alle|als)\b",
    re.I,
)


def named(question: str, found: Sequence[Candidate]) -> list[Candidate]:
    """Without the rows of a table that have fewer of the question's days and identifiers than another row of it: who
    was on call on 15 March stands in no row of 8 March. A question that compares, or asks beyond the day that it
    names, keeps them all."""
    days, identifiers = _days(question), _identifiers(question)
    if not (days or identifiers) or _COMPARES.search(question):
        return list(found)
    counts = {one: _count(one.text, days, identifiers) for one in found if one.header}
    most: defaultdict[str, int] = defaultdict(int)
    for one, count in counts.items():
        most[one.context] = max(most[one.context], count)
    return [one for one in found if one not in counts or counts[one] == most[one.context]]


def _count(row: str, days: Sequence[Day], identifiers: frozenset[str]) -> int:
    there = _days(row)
    return len(identifiers & _identifiers(row)) + sum(any(agree(day, one) for one in there) for day in days)


def _days(text: str) -> list[Day]:
    return [day for day in dates(text) if day.day]


def _identifiers(text: str) -> frozenset[str]:
    return frozenset(_SEPARATORS.sub("", match.group()) for match in _IDENTIFIER.finditer(text))
