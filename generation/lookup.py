"""The exact words of a quote that answer a question for a number, a date, a person or an address."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from itertools import pairwise

from generation.clauses import clause_of, contrary, spoken_of_elsewhere, stem, told, turned_round
from generation.limits import COMPARED, VERGLICHEN, makes_range, one_of_several, qualified, with_others
from generation.people import alike
from generation.types import Citation, Short
from generation.verification.dates import dates
from generation.verification.names import known, names, stands
from generation.verification.numbers import SECTION, Quantity, Span, is_unit, quantities, unit_named
from ingest.sentences import seen_in_lower_case

CLEARLY = 2.0
"""How much nearer the nearest must stand than the next."""
SURELY = 0.5
"""Least support of a quote that is answered from in so many words."""
_LONGEST = 2000
"""Characters of such a quote: what is longer is no sentence, and would take long to look through."""
_STEM = 5


class Asked(Enum):
    """What a question asks for, by its words; the first that fits counts."""

    YEAR = r"\b(?:what|which)\s+year\b"
    TIME = r"\bwhat\s+time\b|\bwie\s+spät\b|\bum\s+wie\s*viel\s+uhr\b"
    DATE = r"^(?:\w+\s+)?when\b|\b(?:what|which)\s+(?:day|date)\b|\bwann\b"
    COUNT = r"\bhow\s+many\b|\bwie\s*viele\b|\bnumber\s+of\s+(?!the\b)\w+s\b"
    MEASURE = (
        r"\bhow\s+(?:much|long|old|far|tall|high|large|big|fast|hot|cold|wide|deep|heavy)\b|\bwie\s+(?:lange?|hoch|alt|weit)\b"
        r"|\b(?:what|which)\s+(?:percentage|share|proportion|amount|price|fee|rate|limit)\b|\bwie\s*viel\b"
    )
    PERSON = r"^(?:\w+\s+)?who(?:m|se)?\b|\b(?:by|to|from|with)\s+whom\b|^we[rmn]\b"
    EMAIL = r"\be-?mail\s+address\b|^(?:what|which)\b.*\be-?mail\b"
    PHONE = r"\bphone\b|\btelephone\b|\bextension\b|\bnumber\s+(?:of\s+the|for|to\s+call)\b"


_TWO_PARTS = re.compile(
    r"\band\b.*\b(?:who|when|where|what|which|how|why|until|from|by)\b|\bund\b.*\b(?:wer|wann|wo|was|wie)\b|\?.*\?",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(r"\b(?:or|oder)\b", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w.])(?:\(\+?\d{1,6}\)(?:[ /-]{0,3}\d){4,}|\+?\d(?:[ /-]{0,3}(?:\(\d{1,6}\)|\d)){5,})(?!\w)")
_OF_WHOLE = re.compile(
    r"(?:\s?%|\sper\s?cent)?\s(?:(?:out\s)?of|von|aus)\s(?:(?:the|our|its|their|all|den|allen)\s)?", re.IGNORECASE
)
_ASKS_WHOLE = re.compile(
    r"\b(?:are\sthere|gibt\ses|there\sare)\b|\b(?:have|has|hat|haben)\W*$|\b(?:has|hat)\s(?:the|an?|our|der|die|das)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w.,-])(?:1\d|20)\d\d(?:s\b|(?![\w-]|[.,]\d))")
_NO_PERSON = re.compile(r"\b(?:in|at|on|near|of|the|im|am|bei)\s+$", re.IGNORECASE)
_WITHIN_NAME = re.compile(r"(?:(?<=\b[A-Z])\.\s|\s(?:de|von|van|der|del|la)(?:\s(?:der|la))?\s)")
_COUNTED = re.compile(
    r"\b(?:how\s+many|wie\s*viele|number\s+of)\s+(?:(?:more|different|other)\s+)?(\w+)"
    r"(?:\s+(?!(?:per|are|was|were|can|may|might|must|need|does?|did|have|has|had|will|would|shall|should|could|the|each"
    r"|there|from|pro|sind|gibt|hat|haben|darf|dürfen|kann|können|muss|müssen|soll\w*|werden|wird)\b)(\w+))?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_NUMBER_NEXT = re.compile(r",?\s\d")
_UNIT = re.compile(
    r"[\s-]?(?:(?:working|business|calendar|full|paid|square|cubic)\s)?(per\s?cent\b|%|°\s?[CF]?|[€$£¥]|[^\W\d]+)"
    r"(?:/[^\W\d]+)?"
)
_HALF = re.compile(r"\sand\s(?:a\s(?:half|quarter|third)|three\squarters)\b|\s?[½¼¾]", re.IGNORECASE)
_OTHERS = re.compile(r"\s(?:[a-zß-ÿ-]+\s)??([a-zß-ÿ]{3,}s)\b")
"""Behind a number: what it counts, in the plural."""
_TIMES = frozenset(["second", "minute", "hour", "day", "week", "month", "year"])
_MONEY_OR_SHARE = frozenset(["EUR", "USD", "GBP", "CHF", "%"])
_DENIES = re.compile(
    rf"\b(?:not?(?! (?:{COMPARED}) than)|never|nobody|none|nor|without|cannot|nicht(?! (?:{VERGLICHEN}) als)"
    r"|kein\w*|nie(?:mals|mand\w*)?|nirgends|weder|ohne|except(?:ing|ions?)?|exclud(?:es?|ed|ing)"
    r"|other than|apart from|au(?:ß|ss)er|ausgenommen|ausgeschlossen|mit ausnahme)\b|n['’]t\b",
    re.IGNORECASE,
)
_QUALIFIED = frozenset({Asked.TIME, Asked.DATE, Asked.COUNT, Asked.MEASURE})


def asked_for(question: str) -> Asked | None:
    """None where it is no look-up, or asks for two things at once."""
    if _TWO_PARTS.search(question) or _ALTERNATIVE.search(question):
        return None
    return next((kind for kind in Asked if re.search(kind.value, question, re.IGNORECASE)), None)


def shortened(question: str, citation: Citation) -> Short | None:
    """As `short_answer`, with its place in the document; None also where the quote may well be the wrong one."""
    clear = citation.support >= SURELY and len(citation.quote) <= _LONGEST
    span = short_answer(question, citation.quote) if clear else None
    if span is None:
        return None
    start, end = citation.char_start + span[0], citation.char_start + span[1]
    return Short(citation.quote[slice(*span)], citation.marker, citation.document_id, start, end)


def short_answer(question: str, quote: str) -> Span | None:
    """Start and end of the words of the quote that answer the question.

    None where it is no look-up, or where one of them denies something ("nobody may carry over more than 5 days" would
    be turned round), says the opposite of what is asked (opens, closes), holds nothing of the kind that the question
    does not say itself, one that is joined to another ("Tom Hill and Ute Lange"), or several such things of which none
    stands clearly nearer to the words of the question, as the cells of a row never do.
    """
    denied = _DENIES.search(quote) or _DENIES.search(question)
    kind = None if denied or contrary(question, quote) else asked_for(question)
    found = list(dict.fromkeys(_candidates(kind, question, quote))) if kind else []
    if len(found) > 1:
        found = [one for one in found if not contrary(question, clause_of(one, quote))]
    nearest = _nearest(found, question, quote) if len(found) < 2 or "|" not in quote else None
    span = qualified(nearest, question, quote) if nearest and kind in _QUALIFIED else nearest
    if span is None or one_of_several(span, found, quantities(quote), quote):
        return None
    return None if kind is Asked.PERSON and with_others(span, quote) else span


def _nearest(found: Sequence[Span], question: str, quote: str) -> Span | None:
    """The span that stands clearly nearer than all others to the words of the question."""
    if len(found) < 2:
        return found[0] if found else None
    asked = told(question)
    words = [(one.start(), stem(one.group().casefold()) in asked) for one in _WORD.finditer(quote)]
    near = sorted(((_nearness(span, words), span) for span in found), reverse=True)
    clearly = near[0][0] >= CLEARLY * near[1][0] and near[0][0] > 0
    return near[0][1] if clearly and not spoken_of_elsewhere(near[0][1], found, question, quote) else None


def _nearness(span: Span, words: Sequence[tuple[int, bool]]) -> float:
    """The sum, over the words that the question has, of 1 / (words from there to the span)."""
    inside = [number for number, (start, _) in enumerate(words) if span[0] <= start < span[1]]
    first, last = (inside[0], inside[-1]) if inside else (0, 0)
    gaps = (max(first - number, number - last) for number, (_, asked) in enumerate(words) if asked)
    return sum(1.0 / gap for gap in gaps if gap > 0)


def _candidates(kind: Asked, question: str, quote: str) -> Iterator[Span]:
    match kind:
        case Asked.EMAIL:
            yield from (found.span() for found in _EMAIL.finditer(quote))
        case Asked.PHONE:
            days = [(one.start, one.end) for one in dates(quote)]
            spans = (found.span() for found in _PHONE.finditer(quote))
            yield from (span for span in spans if not any(span[0] < end and start < span[1] for start, end in days))
        case Asked.YEAR:
            yield from (found.span() for found in _YEAR.finditer(quote) if found.group() not in question)
        case Asked.DATE:
            yield from _dates(question, quote)
        case Asked.TIME:
            yield from ((one.start, one.end) for one in _quantities(question, quote) if one.unit == "time")
        case Asked.COUNT:
            yield from _counts(question, quote)
        case Asked.MEASURE:
            yield from _measures(question, quote)
        case Asked.PERSON:
            yield from _people(question, quote)


def _dates(question: str, quote: str) -> Iterator[Span]:
    taken = _ranges([(one.start, one.start + len(one.text.rstrip("."))) for one in dates(quote)], quote)
    yield from (span for span in taken if quote[slice(*span)] not in question)
    for found in _YEAR.finditer(quote):
        inside = any(start <= found.start() < end for start, end in taken)
        if not inside and found.group() not in question:
            yield found.span()
    yield from ((one.start, one.end) for one in _quantities(question, quote) if one.unit == "time")


def _ranges(spans: Sequence[Span], quote: str) -> list[Span]:
    """Two with nothing but `to` in between are one."""
    found: list[Span] = []
    for span in spans:
        joined = found and makes_range(found[-1], span[0], quote)
        found.append((found.pop()[0], span[1]) if joined else span)
    return found


def _quantities(question: str, quote: str) -> list[Quantity]:
    """Those of the quote that are no part of a date, mean a number, and are not in the question; a range is one."""
    taken = [(one.start, one.end) for one in dates(quote)]
    said = {value for one in quantities(question) for value in one.values}
    found: list[Quantity] = []
    for one in quantities(quote, taken):
        if one.weak:
            continue
        if found and makes_range((found[-1].start, found[-1].end), one.start, quote):
            first = found.pop()
            one = replace(one, values=first.values | one.values, start=first.start)
        found.append(_with_half(one, quote))
    return [one for one in found if not one.values & said]


def _with_half(one: Quantity, quote: str) -> Quantity:
    """Seven and a half hours."""
    half = _HALF.match(quote, one.end)
    unit = _UNIT.match(quote, half.end()) if half else None
    return replace(one, end=half.end(), unit=unit_named(unit[1]) if unit else one.unit) if half else one


def _counts(question: str, quote: str) -> Iterator[Span]:
    """Where some numbers stand before what is counted, only these; else all that are no year, if none has another
    unit."""
    said = _of_wholes(question, quote, _quantities(question, quote))
    found = [one for one in said if one.unit not in ("time", "%", SECTION)]
    found = [one for one in found if quote[one.end : one.end + 1] != "-"]
    counted = _COUNTED.search(question)
    words = [word for word in (counted.groups() if counted else ()) if word and len(word) > 2]
    stems = {word[: _STEM - 1].casefold() for word in words}
    before = [one for one in found if not stems.isdisjoint(word[: _STEM - 1] for word in _following(one, quote))]
    units = {unit_named(word) for word in words}
    counts = before or [one for one in found if not _YEAR.fullmatch(one.text)]
    if not before and not all(_fits(one, units, quote) for one in counts):
        return  # nothing tells them apart
    if words and not before and any(_of_others(one, words, quote) for one in counts):
        return
    yield from (_with_unit(one, quote) for one in counts)


def _following(one: Quantity, quote: str) -> list[str]:
    """The three words behind a number; none where the next number stands there ("in 2019, 15 members")."""
    return [] if _NUMBER_NEXT.match(quote, one.end) else _WORD.findall(quote.casefold(), one.end)[:3]


def _fits(one: Quantity, units: Collection[str], quote: str) -> bool:
    """Whether a number has the unit that is counted, or none."""
    return one.unit in units if one.unit else _with_unit(one, quote)[1] == one.end


def _of_others(one: Quantity, words: Collection[str], quote: str) -> bool:
    """Whether a number counts something else than what is asked for: 45 rooms, where it asks how many people."""
    counted = _OTHERS.match(quote, one.end)
    if not counted or (one.unit and one.unit in map(unit_named, words)):
        return False
    return counted.start(1) > one.end + 1 or not alike(words, counted[1])  # new employees are not all the people


def _of_wholes(question: str, quote: str, found: Sequence[Quantity]) -> list[Quantity]:
    """Five of the ten members: ten where it asks how many there are, else five."""
    pairs = [pair for pair in pairwise(found) if _OF_WHOLE.fullmatch(quote, pair[0].end, pair[1].start)]
    left_out = [pair[0] if _ASKS_WHOLE.search(question) else pair[1] for pair in pairs]
    return [one for one in found if one not in left_out]


def _measures(question: str, quote: str) -> Iterator[Span]:
    """Numbers with a unit that fits: those that the quote calls long where it asks how long; else of time where it
    asks that or how old, of money or a share otherwise where there are such, and none that only says in brackets what
    another one said."""
    if called := _called(question, quote):
        yield from called
        return
    wants_time = re.search(r"\b(?:long|old|lange?|alt)\b", question, re.IGNORECASE)
    found = [one for one in _quantities(question, quote) if one.unit not in ("", "time", SECTION)]
    found = [one for one in found if (one.unit.rpartition(" ")[2] in _TIMES) == bool(wants_time)]
    found = [one for one in found if one.unit in _MONEY_OR_SHARE] or found
    outside = [one for one in found if quote.count("(", 0, one.start) == quote.count(")", 0, one.start)]
    yield from (_with_unit(one, quote) for one in outside or found)


def _called(question: str, quote: str) -> list[Span]:
    """57 km, where it asks how long and the quote says "57 km long"."""
    asked = re.search(r"\bhow\s+(long|old|tall|high|wide|deep)\b", question, re.IGNORECASE)
    spans = [_with_unit(one, quote) for one in _quantities(question, quote) if one.unit not in ("", SECTION)]
    return [span for span in spans if asked and re.match(rf"[\s-]{asked[1]}\b", quote[span[1] :], re.IGNORECASE)]


def _with_unit(one: Quantity, quote: str) -> Span:
    unit = _UNIT.match(quote, one.end)
    return one.start, unit.end() if unit and is_unit(unit[1]) else one.end


def _people(question: str, quote: str) -> Iterator[Span]:
    """Names that the question does not say and that no `in` or `the` makes a place or a thing."""
    there = known(question)
    spans = {span: quote[slice(*span)].split() for span in _joined(quote)}
    said = [span for span, words in spans.items() if any(stands(word, there) for word in words)]
    for span, words in spans.items():
        named = len(words) > 1 and not any(word.isupper() and len(word.strip(".")) > 1 for word in words)
        turned = any(turned_round(question, quote, span, one) for one in said)
        if named and span not in said and not turned and not _NO_PERSON.search(quote, 0, span[0]):
            yield span


def _joined(quote: str) -> list[Span]:
    """Runs of names; an initial or a particle goes on."""
    found: list[Span] = []
    last = 0
    for one in names(quote, seen_in_lower_case):
        if found and (one.run == last or _WITHIN_NAME.fullmatch(quote, found[-1][1], one.start)):
            found[-1] = found[-1][0], one.end
        else:
            found.append((one.start, one.end))
        last = one.run
    return found
