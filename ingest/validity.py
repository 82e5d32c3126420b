"""What a document says of its own time: since when it is in force, until when, when it was written.

Only what is stated counts, in the opening of the document: a year in a title does not make two reports versions of one.
English and German.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ingest.types import Metadata, MetadataValue

VALID_FROM, VALID_UNTIL, DATED = "valid_from", "valid_until", "dated"
"""Metadata keys; ISO dates."""

_OPENING = 1_000
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar",
            "february feb februar",
            "march mar märz",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = f"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+{_MONTH}\.?,?\s+\d{{4}}"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{1,2}\.\d{1,2}\.\d{4})"
)
_FORCE = r"\b(?:in\s+force|in\s+effect|valid|effective|applies|applicable|gültig|in\s+kraft)\b"
_FEW_WORDS = r"(?:[^\S\n]+[^\s.,;]+){0,4}?"
_FROM = re.compile(rf"{_FORCE}(?:{_FEW_WORDS}\s+(?:from|as\s+of|since|on|ab|seit)|\s+date:?)\s+({_DATE})", re.I)
_UNTIL = re.compile(
    rf"(?:{_FORCE}{_FEW_WORDS}(?:\s+{_DATE})?\s+(?:until|till|through|to|bis)|\bexpires(?:\s+on)?|\bends\s+on)\s+({_DATE})",
    re.I,
)
_WRITTEN = re.compile(
    rf"(?:\b(?:updated|last\s+changed?|approved|published|issued|dated|written|stand)\b{_FEW_WORDS}:?(?:\s+(?:on|in|vom))?"
    rf"|^date:(?:\s*\w+,)?)\s+({_DATE})",
    re.I | re.M,
)
_WORD = re.compile(r"[^\W_]+")
_NOT_THE_NAME = re.compile(
    r"\b(?:(?:19|20)\d\d|(?:\d+(?:st|nd|rd|th)\s+)?(?:version|edition|revision|rev|draft|final)\b\.?(?:\s*\d+(?:\.\d+)*)?"
    rf"|v?\d+(?:\.\d+)+|{_MONTH})\b",
    re.I,
)


@dataclass(frozen=True)
class Version:
    """One version of what `series` names; days are inclusive."""

    series: str
    valid_from: date
    valid_until: date | None = None


def stated(text: str) -> dict[str, MetadataValue]:
    """Metadata that the opening of a document's text gives."""
    opening = text[:_OPENING]
    found = {VALID_FROM: _FROM, VALID_UNTIL: _UNTIL, DATED: _WRITTEN}
    days = {key: _day(match[1]) for key, pattern in found.items() if (match := pattern.search(opening))}
    return {key: day.isoformat() for key, day in days.items() if day}


def version_of(source: str, title: str, metadata: Metadata) -> Version | None:
    """None where a document does not say since when it is in force.

    Metadata `series` overrides what path and title say.
    """
    since = _iso(metadata.get(VALID_FROM))
    series = str(metadata.get("series") or series_of(source, title))
    return Version(series, since, _iso(metadata.get(VALID_UNTIL))) if since else None


def series_of(source: str, title: str) -> str:
    """What the versions of a document have in common: path and title without years, months and version numbers.

    The path counts too, for the leave policies of two countries may have one title.
    """
    path = re.sub(r"(\.[a-zA-Z]\w{0,4})+$", "", source)
    return " / ".join(map(_without_version, (path, title)))


def _without_version(text: str) -> str:
    return " ".join(_WORD.findall(_NOT_THE_NAME.sub(" ", text.casefold().replace("_", " "))))


def superseded(versions: Mapping[str, Version], on: date) -> dict[str, str]:
    """Which documents have made way on that day, and for which: in each series the one that came into force last and is
    still in force wins.

    Args:
        versions: document id -> its version.
    """
    winners: dict[str, tuple[date, str]] = {}
    for key, one in versions.items():
        if one.valid_from <= on and (one.valid_until is None or on <= one.valid_until):
            winners[one.series] = max(winners.get(one.series, (date.min, "")), (one.valid_from, key))
    return {
        key: winners[one.series][1]
        for key, one in versions.items()
        if one.series in winners and one.valid_from < winners[one.series][0]
    }


def _iso(value: MetadataValue | None) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _day(written: str) -> date | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written)
        numbers = [int(part) for part in re.findall(r"\d+", written)]
        if len(numbers) == 3:
            return date(numbers[2], numbers[1], numbers[0])
        (name,) = re.findall(r"[^\W\d]{3,}", written)
        return date(numbers[1], _MONTHS[name.casefold()], numbers[0])
    except (ValueError, KeyError):
        return None  # such as 31 February
