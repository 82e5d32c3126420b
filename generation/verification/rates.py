"""How often something is, or for how much of what a price is: "per month" is not "per year"."""

import re

from generation.verification.measures import UNITS

_FORMS = {form: unit for form, unit in UNITS.items() if len(form) > 1 and unit not in ("cent", "second", "%")} | {
    **dict.fromkeys(("night", "nights", "nacht"), "night"),
    **dict.fromkeys(("quarter", "quartal"), "quarter"),
    "annum": "year",
}
_ADVERBS = {
    form: unit
    for unit, forms in {
        "hour": "hourly stündlich",
        "day": "daily täglich",
        "week": "weekly wöchentlich",
        "month": "monthly monatlich",
        "quarter": "quarterly vierteljährlich",
        "year": "yearly annual annually jährlich",
    }.items()
    for form in forms.split()
}
_COUNTED = {*_ADVERBS.values(), "night", "minute", "km", "mile", "kg", "tonne", "litre", "m²"}
_EACH = "|".join(form for form, unit in _FORMS.items() if unit in _COUNTED)
_UNIT = rf"(?P<unit>{'|'.join(sorted(map(re.escape, _FORMS), key=len, reverse=True))})\b"
_PER = re.compile(
    rf"(?:\b(?:per|each|every|pro|je|jede[nrms]?)\s|(?<=\w)\s?/\s?)(?:(?:calendar|working|business|full|single)\s)?{_UNIT}",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    rf"(?:\d|\b(?:once|twice|thrice|times|two|three|four|five|six|eight|ten|einmal|zweimal|dreimal|mal)\b)"
    rf"(?:\s[\w%€$£]+)?\s(?:an?|am|im|in der|die)\s(?P<unit>{_EACH})\b(?!\s\d)",
    re.IGNORECASE,
)
"""Behind a count, since "a year" alone may be how long something lasts; not "a kilowatt", which an hour may follow."""
_ADVERB = re.compile(rf"(?<![\w-])(?:{'|'.join(_ADVERBS)})(?:e[nrms]?)?(?![\w-])", re.IGNORECASE)
_EVERY_DAY = re.compile(
    r"\b(?:seven|7|sieben) (?:days|tage) (?:an?|per|each|every|die|pro|in der) (?:week|woche)\b", re.I
)


def rates(text: str) -> frozenset[str]:
    """Units that "per", "every", "weekly" and the like name."""
    text = _EVERY_DAY.sub("daily", text)
    named = {_FORMS[found["unit"].casefold()] for pattern in (_PER, _ARTICLE) for found in pattern.finditer(text)}
    adverbs = (found.group().casefold() for found in _ADVERB.finditer(text))
    return frozenset(named | {unit for word in adverbs for form, unit in _ADVERBS.items() if word.startswith(form)})
