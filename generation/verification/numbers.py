"""Numbers of a text, with their units, however they are written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from generation.verification.measures import UNITS, equal
from ingest.number_words import spelled

Span: TypeAlias = tuple[int, int]


_PARTS = {"half": "50", "third": "33", "quarter": "25", "fifth": "20", "tenth": "10"}
_SCALES = {
    **dict.fromkeys(("k", "thousand", "tsd"), 3),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions", "millionen"), 6),
    **dict.fromkeys(("bn", "billion", "billions", "mrd", "milliarde", "milliarden"), 9),
}
_SYMBOLS = "".join(form for form in UNITS if len(form) == 1 and not form.isalnum() and form not in "%°")
_CODES = "eur|usd|gbp|chf|sek|nok|dkk|cad|aud|jpy"
_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:'’]\d+)*[½¼¾]?|[½¼¾]"
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_NUMBER = re.compile(
    rf"(?<![^\W\d]\.)(?<![\w.])(?:(?P<before>[{re.escape(_SYMBOLS)}]|\b(?:us\$|{_CODES}|kr))\s?)?"
    rf"(?P<sign>(?:(?<![\w)])[-−]|\bminus\s)?)(?P<digits>{_DIGITS})"
    r"(?:(?:st|nd|rd|th)\b)?(?P<scale>\s?(?:k|m|mn|mio|million|millions|millionen|tsd|thousand|bn"
    r"|billions?|mrd|milliarden?)\b\.?)?"
    r"(?P<half>\s?(?:[ap]\.?m\b\.?|noon\b|uhr\b|(?:o['’]clock\b\s?)?(?:in the (?:morning|afternoon|evening)|at night)\b"
    r"|o['’]clock\b))?",
    re.IGNORECASE,
)
_NAMED = re.compile(r"[^\W\d_a-zß-ÿ]|_|\w+\d|(?!x)[^\W\d_](?!\w)")
"""What makes a name of the number before it: 4E, 12b, F3."""
_DECADE = re.compile(r"(?<!\d)\d{3}0s\b")
_MORNING = re.compile(r"^\s*a\.?m|morning", re.IGNORECASE)
_AFTERNOON = re.compile(r"^\s*p|afternoon|evening", re.IGNORECASE)
_LATER = re.compile(
    r"(?:\s?[-–]\s?|\s(?:to|and|until|till|bis)\s)(?P<hour>\d{1,2})(?:[:.]\d\d)?(?P<half>\s?[ap]\.?m\b)", re.IGNORECASE
)
_ARTICLE = re.compile(r"\b(?:an?|per|each|every)[\s-](?=([^\W\d]+))", re.IGNORECASE)
_LIMIT = re.compile(r"\b(?:within|after|under|over|than|least|most)\s$", re.IGNORECASE)
_PART = re.compile(rf"\b(?:{'|'.join(_PARTS)})\b", re.IGNORECASE)
_HALF = re.compile(
    r"(?<!and a )\b(?:(?:a )?(?:half|quarter of|(?:three|3)[\s-]quarters of)[\s-](?:an?[\s-])?(?:hour|year)\b"
    r"|(?:(?:drei)?viertelstunde|halbe[nrs]? stunde|halbe[nrs]? jahr|halbjahr)\b)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(noon|midnight|midday)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"[\s-]{0,2}(?:(?:(?P<working>working|business)|(?P<calendar>calendar)|gross|full|more|extra|further|additional|us|british|swiss)[\s-])?"
    r"(?P<unit>(?:percentage|per\s?cent)[\s-]points?\b|per\s?cent\b|°\s?[cf]?|%|[€$£¥¢]|[^\W\d]+)",
    re.IGNORECASE,
)

_NOTE = re.compile(r"(?<=\d)(?<!\b10)[\u00b9\u00b2\u00b3\u2070-\u2079]{1,3}(?![\w/\u2044])")
"""What refers to a footnote, unlike the exponent of a power of ten."""
_SECTION = re.compile(
    r"(?:(?:\b(?:sections?|chapters?|clauses?|articles?|paragraphs?|annex|appendix|steps?|abschnitt|kapitel|artikel"
    r"|absatz|ziffer|schritt)|§+)\s?|(?:^|\n| > )\()$",
    re.IGNORECASE,
)
WORKING = "working "
"""Before the unit of working days, of which 14 are not two weeks."""
CALENDAR = "calendar "
"""Before the unit of days of which a passage says that they are no working days."""
SECTION = "section"
"""The unit of what numbers a part of a document: § 41, section 3, (5) at the beginning of a sentence."""


@dataclass(frozen=True)
class Quantity:
    """A number at `text[start:end]`: the canonical forms that it may mean, and its unit where one is known.

    A `weak` one may be no number at all ("one of them"), so that nobody need find it elsewhere.
    """

    text: str
    values: frozenset[str]
    unit: str
    start: int
    end: int
    weak: bool = False


def quantities(text: str, taken: Sequence[Span] = ()) -> list[Quantity]:
    """In reading order; spans that are `taken` already, such as dates, hold none."""
    text = _NOTE.sub(lambda note: "-" * len(note.group()), text)  # as in "25-day", so that the unit is found behind it
    found = [*_digits(text), *_words(text), *_others(text)]
    free = [one for one in found if not any(start < one.end and one.start < end for start, end in taken)]
    return sorted(free, key=lambda one: one.start)


def same(one: Quantity, other: Quantity) -> bool:
    """Both may mean the same amount: the same number, in the same unit as far as both have one, or in another unit of
    the same measure, as two weeks are 14 days."""
    if comparable(one, other):
        return bool(one.values & other.values)
    return any(equal(left, one.unit, right, other.unit) for left in one.values for right in other.values)


def comparable(one: Quantity, other: Quantity) -> bool:
    """Of the same unit, as far as both have one; some say days for working days, and for calendar days."""
    if not one.unit or not other.unit:
        return True
    (mine, _, unit), (theirs, _, of) = one.unit.rpartition(" "), other.unit.rpartition(" ")
    return unit == of and (mine == theirs or not mine or not theirs)


def unit_named(text: str) -> str:
    """The unit that a column's name holds, as in "Price (euros)"; empty without one, or where there are several."""
    words = re.findall(r"[€$£¥%°]|[^\W\d]+", text.casefold())
    found = {UNITS[word] for word in words if word in UNITS and (len(word) > 1 or not word.isalpha())}
    return found.pop() if len(found) == 1 else ""


def is_unit(word: str) -> bool:
    return word.casefold() in UNITS


def _digits(text: str) -> Iterator[Quantity]:
    for found in _NUMBER.finditer(text):
        end = found.end()
        if _NAMED.match(text, end) and not _unit_after(text, end):
            continue  # 4E is a name
        scale = found["scale"]
        if scale and scale.strip(" .").casefold() == "m" and not found["before"]:
            scale, end = None, found.start("scale")  # metres
        unit = UNITS.get((found["before"] or "").casefold(), "") or _unit_after(text, end)
        unit = "" if _DECADE.match(text, found.start()) else unit
        times = _times(found["digits"], found["half"]) | _shared(text, found)
        values = times or _values(found["digits"], bool(found["sign"]), scale)
        values |= frozenset() if times or unit or scale else _times(found["digits"].replace(".", ":"), None)
        section = SECTION if _SECTION.search(text, max(found.start() - 14, 0), found.start()) else ""
        kind = "time" if times else unit or section
        yield Quantity(text[found.start() : end].strip(), values, kind, found.start(), end)


def _values(digits: str, negative: bool, scale: str | None) -> frozenset[str]:
    """Canonical decimals; a single separator before three digits may be of thousands or decimal."""
    power = _SCALES.get((scale or "").strip(" .").casefold(), 0)
    plain = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    if plain[-1] in _FRACTIONS:
        plain = f"{plain[:-1] or 0}{_FRACTIONS[plain[-1]]}"
    forms = {plain}
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", plain):
        forms = {re.sub(r"[.,]", "", plain)}
        if plain.count(".") + plain.count(",") == 1 and "." in plain:
            forms.add(plain)
    elif match := re.fullmatch(r"(\d{1,3}(?:([.,])\d{3})+)([.,])(\d+)", plain):
        forms = {re.sub(r"[.,]", "", match[1]) + "." + match[4]}
    elif re.fullmatch(r"\d+,\d+", plain):
        forms = {plain.replace(",", ".")}
    if not all(re.fullmatch(r"\d+(?:\.\d+)?", form) for form in forms):
        return frozenset({digits})  # 3.1.4 is what it is
    return frozenset(_canonical(Decimal(form).scaleb(power), negative) for form in forms)


def _canonical(value: Decimal, negative: bool = False) -> str:
    plain = f"{value.normalize():f}"
    return f"-{plain}" if negative and value else plain


def _times(digits: str, half: str | None) -> frozenset[str]:
    """Forms of a time of day, h:mm; the full hour also bare. Empty for what is none."""
    match = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?", digits)
    if not match or not (half or ":" in digits) or int(match[1]) > 24 or int(match[2] or 0) > 59:
        return frozenset()
    if half and int(match[1]) > 12 and half.strip()[0].casefold() in "ap":
        return frozenset()
    hour, minute = _hour(int(match[1]), half or ""), match[2] or "00"
    bare = {str(hour)} if minute == "00" else set()
    return frozenset({f"{hour}:{minute}", *bare})


def _shared(text: str, found: re.Match[str]) -> frozenset[str]:
    """What the first hour of "6-8 pm" may be, as it stands and in that half of the day; not that of "9 to 5 pm"."""
    later = None if found["half"] or found["scale"] or found["before"] else _LATER.match(text, found.end())
    hour = re.match(r"\d{1,2}(?!\d)", found["digits"])
    if not later or not hour or int(hour.group()) % 12 > int(later["hour"]) % 12:
        return frozenset()
    times = _times(found["digits"], later["half"])
    return times | {found["digits"]} if times else times


def _hour(said: int, half: str) -> int:
    """Of 24: 12 am is midnight, and so is 12 at night."""
    if _MORNING.search(half):
        return said % 12
    if "night" in half.casefold():
        return said % 12 + (12 if 6 <= said < 12 else 0)
    return said % 12 + 12 if said <= 12 and _AFTERNOON.search(half) else said % 24


def _words(text: str) -> Iterator[Quantity]:
    for one in spelled(text):
        word, unit = one.word.casefold(), _unit_after(text, one.end)
        weak = one.weak and not (unit and word in ("one", "once"))
        yield Quantity(
            one.word, frozenset({str(one.value)}), unit if word != "second" else "", one.start, one.end, weak
        )


def _others(text: str) -> Iterator[Quantity]:
    """What says a number without a number word: a day, a quarter, noon. Weak, but for "within a day"."""
    for found in _ARTICLE.finditer(text):
        if is_unit(found[1]):
            weak = not (found.group()[0] in "aA" and _LIMIT.search(text, 0, found.start()))
            said = found.group() + found[1]
            yield Quantity(said, frozenset({"1"}), UNITS[found[1].casefold()], *found.span(), weak)
    for found in _PART.finditer(text):
        yield Quantity(found.group(), frozenset({_PARTS[found.group().casefold()]}), "%", *found.span(), True)
    for found in _HALF.finditer(text):
        yield _half(found)
    for found in _CLOCK.finditer(text):
        hours = {"12:00", "12"} if found.group().casefold() != "midnight" else {"0:00", "24:00"}
        yield Quantity(found.group(), frozenset(hours), "time", *found.span(), True)


def _half(found: re.Match[str]) -> Quantity:
    """Half a year is six months, a quarter of an hour 15 minutes."""
    said = found.group().casefold()
    quarters = 3 if re.search(r"three|3|drei", said) else 1 if re.search(r"quarter|viertel", said) else 2
    unit, whole = ("month", 12) if re.search(r"year|jahr", said) else ("minute", 60)
    return Quantity(found.group(), frozenset({str(whole * quarters // 4)}), unit, *found.span())


def _unit_after(text: str, end: int) -> str:
    found = _AFTER.match(text, end)
    if not found:
        return ""
    unit = UNITS.get(re.sub(r"[\s-]", "", found["unit"].casefold()), "")
    kind = WORKING if found["working"] else CALENDAR if found["calendar"] and unit == "day" else ""
    return kind + unit if unit else ""
