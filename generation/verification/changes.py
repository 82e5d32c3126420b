"""What was changed into what: "from A to B" and "A was replaced with B" against the same turned round."""

import re
from collections.abc import Iterator

from generation.verification.claims import Claim
from generation.verification.order import Relation, agreement, features, relation
from generation.verification.polarity import restricts
from generation.verification.steps import EARLIER
from generation.verification.units import Unit, facts_of
from generation.verification.words import Vocabulary

_SOME = r"[^;,:]{1,50}?"
_REST = rf"{_SOME}(?=\s(?:in|on|at|by|since|during|for|after|before|and|but|am|im|seit|und|aber)\b|[;,:]|$)"
_BE = r"(?:is|are|was|were|be|been|being|gets?|got)"
_CHANGED = (
    r"\b(?:rais|increas|cut|reduc|chang|mov|postpon|gr[eo]w|r[io]se|f[ea]ll|drop|lower|extend|shorten|declin|shift|went"
    r"|brought|switch|migrat|renam|relocat|transfer|convert|reschedul|verschob|verleg|erhöht|gesenkt|umgezogen)\w*\b"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:from|vo[mn])\s(?P<old>{_SOME})\s(?:in|un)?(?:to|auf|nach|zu[mr]?)\s(?P<new>{_REST})",
        rf"\b(?:to|auf|nach)\s(?P<new>{_SOME})\s(?:from|vo[mn])\s(?P<old>{_REST})",
        rf"(?P<old>{_SOME})\s{_BE}\s(?:\w+ly\s)?(?:replaced|succeeded|superseded)\s(?:{_SOME}\s)?(?:by|with)\s(?P<new>{_REST})",
        rf"(?P<old>{_SOME})\s(?:wird|werden|wurden?|worden)\s(?:{_SOME}\s)?durch\s(?P<new>{_SOME})\sersetzt",
        rf"\b(?:replac|ersetz)\w+\s(?P<old>{_SOME})\s(?:with|by|durch)\s(?P<new>{_REST})",
        rf"(?P<new>{_SOME})\s(?:replace[sd]?|succeed(?:s|ed)|supersede[sd]?|ersetz(?:t|te|en|ten)"
        rf"|(?:takes?|took) the place of)\s(?P<old>{_REST})",
    )
)
_TO, _FROM = (
    re.compile(rf"{_CHANGED}[^;,:]{{0,30}}?\s(?:{words})\s(?P<end>{_REST})", re.IGNORECASE)
    for words in ("to|auf|nach", "from|von|vom")
)


def compared(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> tuple[int, str]:
    """1 where clause and passage say that the same became the same, -1 where the clause has for old what the passage
    has for new, with its words; 0 where one of them says nothing of the kind."""
    theirs = [] if unit.is_row else list(_changes(unit.text, vocabulary))
    if not theirs:
        return 0, ""
    whole = [(agreement(one, theirs)[0], one.said) for one in _changes(claim.text, vocabulary)]
    ends = (one for one in _ends(claim.text, vocabulary) if not whole)
    return min([*whole, *((_end(one, theirs), one.said) for one in ends)], default=(0, ""))


def outdated(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    """A date, time or name that the passage has only as what something was changed from, where the clause does not say
    so."""
    text, source = claim.text, unit.text
    if unit.is_row or restricts(text) or EARLIER.search(text) or not re.search(_CHANGED, source, re.IGNORECASE):
        return ""
    said = features(text, vocabulary)
    for one in _found(source):
        old, new = (_telling(one[side], vocabulary) for side in ("old", "new"))
        if old and old <= said and not new & said and source.count(one["old"]) == 1:
            return f"That it is still {one['old']} is not"
    return ""


def _telling(text: str, vocabulary: Vocabulary) -> frozenset[object]:
    """Dates, times and words with a capital."""
    facts = facts_of(text, vocabulary)
    times = frozenset(value for one in facts.quantities if one.unit == "time" for value in one.values)
    named = vocabulary.stems(" ".join(re.findall(r"\b[A-ZÄÖÜ]\w+", text)))
    return (
        times | {(one.month, one.day) for one in facts.dates} | (frozenset(named) if not facts.dates else frozenset())
    )


def _changes(text: str, vocabulary: Vocabulary) -> Iterator[Relation]:
    """Each with what was first."""
    for one in _found(text):
        yield relation(features(one["old"], vocabulary), features(one["new"], vocabulary), one.group())


def _found(text: str) -> list[re.Match[str]]:
    """Of each place the first pattern that fits."""
    found: list[re.Match[str]] = []
    for match in (match for pattern in _PATTERNS for match in pattern.finditer(text)):
        if not any(one.start() < match.end() and match.start() < one.end() for one in found):
            found.append(match)
    return found


def _ends(text: str, vocabulary: Vocabulary) -> Iterator[Relation]:
    """Of a clause that says only what something was changed to, or from."""
    nothing = frozenset[object]()
    for match in _TO.finditer(text):
        yield Relation(nothing, features(match["end"], vocabulary), match.group())
    for match in _FROM.finditer(text):
        yield Relation(features(match["end"], vocabulary), nothing, match.group())


def _end(one: Relation, others: list[Relation]) -> int:
    """-1 where a passage has the one end that a clause names at the other side only."""
    same = any(one.first & other.first or one.second & other.second for other in others)
    against = any(one.first & other.second or one.second & other.first for other in others)
    return same - against
