"""The values that a sentence states: numbers with what they count, amounts, times and dates."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from generation.verification.dates import Day, dates
from generation.verification.measures import UNITS
from generation.verification.numbers import SECTION, Quantity, quantities
from generation.verification.words import Vocabulary

Bound: TypeAlias = Literal["", "least", "most"]

_LEAST = re.compile(
    r"\b(?:at\s+least|min(?:\.|imum)?|(?<!no\s)(?<!not\s)more\s+than|(?:no|not)\s+(?:less|fewer)\s+than|over|from"
    r"|mindestens|(?<!nicht\s)mehr\s+als|nicht\s+weniger\s+als|ab)\W+(?:of\s+)?$",
    re.I,
)
_MOST = re.compile(
    r"\b(?:at\s+most|up\s+to|max(?:\.|imum)?|(?:no|not)\s+more\s+than|not\s+exceed(?:ing)?|within|under"
    r"|(?<!no\s)(?<!not\s)(?:less|fewer)\s+than|höchstens|nicht\s+mehr\s+als|(?<!nicht\s)weniger\s+als|bis\s+zu)"
    r"\W+(?:of\s+)?$",
    re.I,
)
_ABOUT = re.compile(
    r"\b(?:about|approx(?:\.|imately)?|around|roughly|circa|ca\.?|nearly|almost|some|etwa|rund)\W+$", re.I
)
_LABELLING = re.compile(
    r"\b(?:section|article|art|paragraph|para|clause|chapter|page|step|table|figure|fig|annex|appendix|version|no|nr|"
    r"number|item|room|building|floor|gate|line|form|level|group|class|grade|tier|zone|region|band|phase|part|type|"
    r"model|stage|week|day|year|quarter|abschnitt|artikel|seite|stufe|raum|gruppe)\.?\s+$",
    re.I,
)
"""What is named by its number: the number says which one, not how many."""
_STATING = re.compile(r"(?:\b(?:is|are|was|were|of|to|ist|beträgt)|[:=])\s*$", re.I)
_NEXT = re.compile(
    r"[\s-]{0,2}((?:(?:working|business|calendar|gross|net|full)[\s-])?(?:per\s?cent\b|°\s?[cf]?|%|[€$£¥¢]|[^\W\d]+))",
    re.I,
)
_YEAR = re.compile(r"(?:19|20|21)\d\d")
_OF = r"(?:(?:calendar|working|business|full)[\s-])?(?P<of>[^\W\d_]+)"
_PER = re.compile(rf"(?<!\bas\s)\b(?:per|pro|je)\s(?!cent\b|se\b|e-?mail\b|post\b|nach\b|mehr\b){_OF}", re.I)
_SLASH = re.compile(rf"\w\s?/\s?{_OF}", re.I)
_EACH = re.compile(
    r"[\s-]*(?:(?!for\b(?!\s(?:each|every)\b)|in\b|after\b|within\b|until\b|to\b|by\b|of\b|nach\b)[^\W\d_]+\s){0,3}?"
    rf"(?:an?|each|every|am|im)\s{_OF}",
    re.I,
)
_PERIODS = frozenset(["night", "second", "minute", "hour", "day", "week", "month", "year"])
_NIGHTS = frozenset(["nights", "nacht", "nächte"])
_UNSAID = frozenset(["year", "annum"])
"""Leave is of a year whether that is said or not."""
_LOOKED_BACK = 40
"""Characters before a number that say what it is; all of them for each number would take long in long texts."""


@dataclass(frozen=True)
class Value:
    """`kind` says what is measured or counted: only values of one kind can differ. `forms` are those that it may be
    meant in, `text` is how it is written, with its unit. `bound`: a least or most, where the sentence says so."""

    kind: str
    forms: frozenset[str]
    text: str
    bound: Bound = ""


@dataclass(frozen=True)
class Values:
    """`labels` are numbers that name something (section 4, 2025) or order it; they tell what is spoken of.
    `rough`: one is about so much. `around`: the text without its numbers and dates."""

    stated: tuple[Value, ...]
    labels: frozenset[str]
    rough: bool
    around: str

    def of(self, kind: str) -> list[Value]:
        return [one for one in self.stated if one.kind == kind]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(one.kind for one in self.stated)


def values_of(text: str, vocabulary: Vocabulary, kind: str = "") -> Values:
    """In reading order.

    Args:
        kind: of numbers that do not say what they count, such as those in a cell.
    """
    days = dates(text)
    numbers = quantities(text, [(one.start, one.end) for one in days])
    ordinals = [one.text.casefold() for one in numbers if one.weak and one.text.casefold() in ("first", "second")]
    stated = [_day_value(days, one) for one in _single(days) if one.day]
    labels = {*ordinals, *(one.text.casefold() for one in days if not one.day)}
    rough = False
    for one in numbers:
        if one.weak:
            continue
        rough = rough or _said_before(_ABOUT, text, one)
        if value := _value(text, one, vocabulary, kind):
            stated.append(value)
        else:
            labels.add(one.text.casefold())
    return Values(tuple(stated), frozenset(labels), rough, _without(text, [*numbers, *days]))


def denominators(text: str) -> frozenset[str]:
    """For what there is so much each time: a night, a week, a person."""
    behind = (_EACH.match(text, one.end) for one in quantities(text) if not one.weak)
    periods = [_one_of(found["of"]) for found in (*behind, *_SLASH.finditer(text)) if found]
    others = (_one_of(found["of"]) for found in _PER.finditer(text))
    return frozenset([*(one for one in periods if one in _PERIODS), *others]) - _UNSAID


def _one_of(word: str) -> str:
    """In the singular: a unit as it is named among units."""
    plain = word.casefold()
    return "night" if plain in _NIGHTS else UNITS.get(plain, plain.removesuffix("s"))


def _said_before(what: re.Pattern[str], text: str, one: Quantity) -> bool:
    return bool(what.search(text, max(one.start - _LOOKED_BACK, 0), one.start))


def _without(text: str, found: Sequence[Quantity | Day]) -> str:
    inside = {place for one in found for place in range(one.start, one.end)}
    return "".join(" " if place in inside else letter for place, letter in enumerate(text))


def _single(days: Sequence[Day]) -> Iterator[Day]:
    """One that may be read in two ways counts once."""
    seen: set[int] = set()
    for one in days:
        if one.start not in seen:
            seen.add(one.start)
            yield one


def _day_value(days: Sequence[Day], one: Day) -> Value:
    """Of all readings; a year counts where it is said."""
    readings = [other for other in days if other.start == one.start]
    forms = {f"{other.month}-{other.day}" for other in readings}
    return Value(f"date {one.year or ''}".strip(), frozenset(forms), one.text.rstrip(" .,"))


def _value(text: str, one: Quantity, vocabulary: Vocabulary, kind: str) -> Value | None:
    """None for a number that names something."""
    following = _NEXT.match(text, one.end)
    if one.unit == SECTION:
        return None
    if one.unit:
        known = one.unit
    elif _said_before(_LABELLING, text, one) or (not kind and _YEAR.fullmatch(one.text)):
        return None
    elif kind:
        known = kind
    elif following and (counted := vocabulary.stems(following[1])):
        known = f"count {max(counted)}"
    elif _said_before(_STATING, text, one):
        known, following = "number", None
    else:
        return None
    bound: Bound = "least" if _said_before(_LEAST, text, one) else "most" if _said_before(_MOST, text, one) else ""
    shown = one.text.rstrip(" .,")
    if following and one.unit != "time" and (one.unit or not kind) and not re.match(r"[^\w-]", one.text):
        shown = text[one.start : following.end()]
    return Value(known, one.values, " ".join(shown.split()), bound)
