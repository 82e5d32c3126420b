"""Dates of a text, in whichever way they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.validity import MONTHS

_MONTHS = {**MONTHS, "jänner": 1}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|\.)?"
_YEAR = r"(?P<year>(?:19|20|21)\d\d)"
_RANGE = r"(?:\s?[-–]\s?|\s(?:to|and|until|till|bis|und)\s)"
_SHORT = r"(?P<year>\d\d)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w-]){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])",
        rf"(?<!\w){_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?(?!\w)",
        rf"(?<!\w){_DAY}-{_MONTH}-{_YEAR}(?!\w)",
        rf"(?<!\w){_MONTH}\s(?:the\s)?{_DAY}(?:,?\s{_YEAR})?(?![\w:]|[.,]\d)",
        rf"(?<!\w){_MONTH}\s(?:of\s)?{_YEAR}(?!\w)",
        rf"(?<![\w.]){_DAY.replace('|[.]', '')}(?<!\.)\.(?P<month>1[0-2]|0?[1-9])\.{_YEAR}(?!\w)",
        rf"(?<![\w/])(?P<day>\d\d?)/(?P<month>\d\d?)/{_YEAR}(?!\w)",
        rf"(?<![\w.])(?P<day>[0-3]\d)\.(?P<month>[01]\d)\.{_SHORT}(?![\w/]|\.\d)",
        rf"(?<![\w/])(?P<day>\d\d?)/(?P<month>\d\d?)/{_SHORT}(?![\w/])",
        rf"(?<![\w.,€$£]){_DAY}(?={_RANGE}{_DAY.replace('?P<day>', '?:')}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?(?!\w))",
    )
)


@dataclass(frozen=True)
class Day:
    """A date at `text[start:end]`; what it does not say is None."""

    text: str
    year: int | None
    month: int
    day: int | None
    start: int
    end: int


def dates(text: str) -> list[Day]:
    """In reading order. One with slashes that may be read in two ways is given twice, with the same span."""
    found: list[Day] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not match["month"][0].islower() and not any(
                one.start < match.end() and match.start() < one.end for one in found
            ):
                found += _readings(match)
    return sorted(found, key=lambda one: one.start)


def agree(one: Day, other: Day) -> bool:
    """`other` says all that `one` says, apart from a year that it leaves out."""
    day_fits = one.day is None or one.day == other.day
    return one.month == other.month and day_fits and (None in (one.year, other.year) or one.year == other.year)


def _readings(match: re.Match[str]) -> Iterator[Day]:
    said = match.groupdict()
    month = _MONTHS.get(said["month"].casefold()) or (int(said["month"]) if said["month"].isdecimal() else None)
    if month is None:
        return  # Aprıl, which ignoring case takes for April
    day = int(said["day"]) if said.get("day") else None
    year = _full(int(said["year"])) if said.get("year") else None
    slashed = "/" in match.group()
    for first, second in dict.fromkeys([(day, month), (month, day)] if slashed else [(day, month)]):
        if second is not None and 1 <= second <= 12 and (first is None or 1 <= first <= 31):
            yield Day(match.group(), year, second, first, *match.span())


def _full(year: int) -> int:
    """Of two digits, those from 69 on are of the last century, as POSIX has it."""
    return year if year > 99 else year + (1900 if year >= 69 else 2000)
