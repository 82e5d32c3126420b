"""How often something is, or for how much of what a price is: "per month" is not "per year", nor "every two months"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from generation.verification.measures import UNITS, in_first_unit
from ingest.number_words import spelled

_Reading: TypeAlias = tuple[str, Fraction]

_FORMS = {
    form: unit.rpartition(" ")[2]  # a rate per working day is one per day
    for form, unit in UNITS.items()
    if len(form) > 1 and unit not in ("cent", "second", "%")
} | {
    **dict.fromkeys(("night", "nights", "nacht"), "night"),
    **dict.fromkeys(("quarter", "quartal"), "quarter"),
    "annum": "year",
}
_HALF = Fraction(1, 2)
_EVERY_DAY = 7
"""Days a week."""
_LENGTHS: tuple[tuple[str, list[tuple[Fraction | int, str]]], ...] = (
    ("hourly stündlich", [(1, "hour")]),
    ("daily täglich", [(1, "day")]),
    ("weekly wöchentlich", [(1, "week")]),
    ("fortnightly vierzehntägig zweiwöchentlich", [(2, "week")]),
    ("biweekly bi-weekly", [(2, "week"), (_HALF, "week")]),
    ("monthly monatlich", [(1, "month")]),
    ("bimonthly bi-monthly", [(2, "month"), (_HALF, "month")]),
    ("quarterly vierteljährlich", [(1, "quarter")]),
    ("half-yearly semi-annual semi-annually semiannual semiannually halbjährlich", [(6, "month")]),
    ("biannual biannually", [(6, "month"), (2, "year")]),
    ("yearly annual annually jährlich", [(1, "year")]),
)
_ADVERBS = {form: lengths for forms, lengths in _LENGTHS for form in forms.split()}
_COUNTS = {"other": Fraction(2), "zweite": Fraction(2), "dritte": Fraction(3), "half": _HALF, "halbe": _HALF}
_MOST_DIGITS = 9
"""What has more is no count, such as the number of an account."""
_ENDING = re.compile(r"[\s-]?(?:times|mal)$|(?<=\d)(?:\s?x|st|nd|rd|th)$|(?<=eit|itt|alb)e[rns]$")
_COUNTED = {"hour", "day", "week", "month", "quarter", "year", "night", "minute", "km", "mile", "kg", "tonne", "litre"}
_EACH = "|".join(form for form, unit in _FORMS.items() if unit in {*_COUNTED, "m²"})
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)\b"
_ANY_UNIT = "|".join(sorted(map(re.escape, _FORMS), key=len, reverse=True))
_UNIT = rf"(?:(?:calendar|working|business|full|single)\s)?(?P<unit>{_ANY_UNIT})\b"
_EVERY = r"(?:per|each|every|pro|je|alle|jede[nrms]?)\s"
_COUNT = r"(?P<count>\d+(?:st|nd|rd|th)?|[^\W\d]+(?:-[^\W\d]+)?)\s"
_TIMES = r"(?P<times>once|twice|thrice|(?:\d+|[^\W\d]+)(?:[\s-]times|[\s-]?mal)|\d+\s?x)"
_DAYS = r"(?P<days>\d+|[^\W\d]+)\s(?:(?:full|working|business)\s)?(?:days|tage)"
_AN = r"(?:an?|am|im|in der|die)\s"
_ADVERB = rf"(?P<adverb>{'|'.join(sorted(_ADVERBS, key=len, reverse=True))})(?:e[nrms]?)?(?![\w-])"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_TIMES}|{_DAYS})\s(?:in\s)?(?:{_AN}|{_EVERY}(?:{_COUNT})??){_UNIT}",
        rf"(?:\b{_EVERY}(?:{_COUNT})??|(?<=\w)\s?/\s?){_UNIT}",
        rf"\b{_EVERY}{_COUNT}{_WEEKDAY}",
        r"(?P<amount>(?<!\d)(?<!\d[.,])\d[\d.,]*|\b(?:two|three|four|five|six|eight|ten)\b)"
        rf"(?:\s[\w%€$£]+)?\s{_AN}(?P<unit>{_EACH})\b(?!\s\d)",
        rf"(?:\b{_TIMES}\s)?(?<![\w-]){_ADVERB}",
    )
)
"""The last but one: behind a count, since "a year" alone may be how long something lasts; not "a kilowatt", which an
hour may follow."""


@dataclass(frozen=True)
class Rate:
    """`text[start:end]`: once in so many of a unit; of several readings where it may mean more than one."""

    text: str
    readings: frozenset[_Reading]
    start: int
    end: int


def rates(text: str) -> tuple[Rate, ...]:
    """What "per", "every two", "twice a", "weekly" and the like say."""
    found: list[Rate] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            said = match.groupdict()
            start, end = match.end("amount") if said.get("amount") else match.start(), match.end()
            readings = frozenset(_readings(said))
            if readings and not any(one.start < end and start < one.end for one in found):
                found.append(Rate(text[start:end], readings, start, end))
    return tuple(found)


def as_often(one: Rate, other: Rate) -> bool:
    """Both may mean the same: twice a year is every six months."""
    return bool(one.readings & other.readings)


def _readings(said: dict[str, str | None]) -> Iterator[_Reading]:
    """None where a word in the place of a number is none. What is done on two days a week is done twice a week, and so
    are two visits a week."""
    times, count, days = (_number(said.get(name) or "one") for name in ("times", "count", "days"))
    if not (times and count and days):
        return
    unit = _FORMS[(said.get("unit") or "week").casefold()]
    for length, of in _ADVERBS.get((said.get("adverb") or "").casefold(), [(1, unit)]):
        if days < _EVERY_DAY:
            yield in_first_unit(length * count / times, of)
        for often in (days, _number(said.get("amount") or "one")):
            if often > 1:
                yield in_first_unit(length / often, of)


def _number(said: str) -> Fraction:
    """0 for a word that says none."""
    word = _ENDING.sub(lambda found: "e" if found.group()[0] == "e" else "", said.casefold())
    found = next(spelled(word), None)
    if word in _COUNTS or word.isdecimal():
        return _COUNTS.get(word) or Fraction(word if len(word) <= _MOST_DIGITS else 0)
    return Fraction(found.value if found and found.word == word else 0)
