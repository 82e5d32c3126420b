"""Whether numbers and words stand together as a clause puts them: among several amounts of one sentence, among the
cells of a row, among who does what."""

from collections.abc import Sequence
from itertools import combinations

from generation.verification.claims import Claim
from generation.verification.dates import Day
from generation.verification.measures import akin
from generation.verification.names import stands
from generation.verification.numbers import Quantity, comparable, same
from generation.verification.rates import as_often
from generation.verification.units import Facts, Part, Unit
from generation.verification.words import Vocabulary


def misplaced(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    """A number whose words stand beside another number of the same kind: "London 180" where Paris has 180."""
    for _, piece in claim.pieces:
        for number in piece.quantities:
            if not number.weak and (rival := _rival(number, piece, claim, unit)):
                return f"The number is {rival.text}, not {number.text},"
    return "" if unit.is_row else _misdated(claim, unit, vocabulary) or _misrated(claim, unit, vocabulary)


def _misdated(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    """A date whose words stand beside another one. Often nothing but the verb tells dates apart, which the clause may
    put otherwise ("runs until" for "ends on"), so that it must have all words beside the other one."""
    every = (*claim.days, *(day for part in unit.parts for day in part.facts.dates))
    years = all(day.year for day in every)
    said = {_day(one, years) for one in claim.days}
    beside = [(part.facts.dates, _beside(part, vocabulary)) for part in unit.parts]
    told = [(days, words) for days, words in beside if words <= claim.stems.keys()]
    for day in claim.facts.dates:
        if not any(_holds(day, days, years) for days, _ in beside) or any(_holds(day, days, years) for days, _ in told):
            continue
        rival = next((one for days, words in told if words for one in days if _day(one, years) not in said), None)
        if rival:
            return f"The date is {rival.text}, not {day.text},"
    return ""


def _misrated(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    """How often something is, where more of the words stand beside another rate: "the stairs weekly" where the hall
    is."""
    beside = [(part.facts.rates, _beside(part, vocabulary)) for part in unit.parts if part.facts.rates]
    for rate in claim.facts.rates:
        own = [words for there, words in beside if any(as_often(rate, one) for one in there)]
        if not own or not all(own):
            continue  # without words it belongs to the part before
        fit = max(_share(words, claim) for words in own)
        others = (one for there, words in beside if words not in own and _share(words, claim) > fit for one in there)
        unsaid = (one for one in others if not any(as_often(one, said) for said in claim.facts.rates))
        if rival := next(unsaid, None):
            return f"It is “{rival.text}”, not “{rate.text}”,"
    return ""


def _share(words: frozenset[int], claim: Claim) -> float:
    return len(words & claim.stems.keys()) / max(len(words), 1)


def _beside(part: Part, vocabulary: Vocabulary) -> frozenset[int]:
    """Content words of a part without those of its dates and rates."""
    text = part.text
    for said in (*(one.text for one in part.facts.dates), *(one.text for one in part.facts.rates)):
        text = text.replace(said, " ")
    return frozenset(vocabulary.stems(text))


def _holds(day: Day, days: Sequence[Day], years: bool) -> bool:
    return any(_day(day, years) == _day(one, years) for one in days)


def _day(one: Day, years: bool) -> tuple[int | None, ...]:
    """With its year, where all dates have one."""
    return (one.year if years else None, one.month, one.day)


def _rival(number: Quantity, piece: Facts, claim: Claim, unit: Unit) -> Quantity | None:
    """A number that the words of a clause fit better than the one that it says."""
    fit = _fits_cell if unit.is_row else _fits_part
    near = unit.is_row and piece.stems & unit.read
    words = piece.stems if near else frozenset(claim.stems)
    holding = [part for part in unit.parts if any(same(number, one) for one in part.facts.quantities)]
    if not holding:
        return None
    if not unit.is_row and any(not part.facts.stems and len(part.facts.quantities) < 2 for part in holding):
        return None  # it belongs to the part before
    if not unit.is_row and _named(claim, holding, unit):
        return None
    own = max(fit(words, claim, part, unit, number) for part in holding)
    key = unit.parts[0] if unit.is_row else None
    kin = comparable if unit.is_row else _akin
    rivals = [
        (fit(words, claim, part, unit, one), one)
        for part in unit.parts
        for one in part.facts.quantities
        if part not in holding and (alike if part is key else kin)(one, number) and _unsaid(one, part, claim, unit)
    ]
    best = max(rivals, key=lambda rival: rival[0], default=None)
    return best[1] if best and best[0] > own else None


def _named(claim: Claim, holding: Sequence[Part], unit: Unit) -> bool:
    """A name of the clause stands in a part with the number and in no other, as B in "A in four, B in nine"."""
    others = [part for part in unit.parts if part not in holding]
    mine = [name for name in claim.names if any(stands(name.text, part.facts.names) for part in holding)]
    return any(not any(stands(name.text, part.facts.names) for part in others) for name in mine)


def _unsaid(one: Quantity, part: Part, claim: Claim, unit: Unit) -> bool:
    """The sentence does not say it, or says it of the row as a whole."""
    key = unit.parts[0].facts.quantities if unit.is_row and part is not unit.parts[0] else ()
    said = [other for other in claim.said if not any(same(other, number) for number in key)]
    return not one.weak and not any(same(one, other) for other in said)


def _fits_cell(words: frozenset[int], claim: Claim, part: Part, unit: Unit, number: Quantity) -> float:
    """Words that stand in a cell or its column's name, each divided by the number of cells that hold it."""
    return sum(1 / sum(word in other.facts.stems for other in unit.parts) for word in words & part.facts.stems)


def _fits_part(words: frozenset[int], claim: Claim, part: Part, unit: Unit, number: Quantity) -> float:
    """Share of a part's words and numbers that the clause has, without the number that is looked at. A list leaves out
    in later parts what it says in the first, so that words of the clause which a part lacks tell nothing."""
    stems = part.facts.stems
    others = [one for one in part.facts.quantities if not one.weak and not same(one, number)]
    said = sum(any(same(one, other) for other in claim.facts.quantities) for one in others)
    total = len(stems) + len(others)
    return (len(stems & words) + said) / total if total else 0.0


def alike(one: Quantity, other: Quantity) -> bool:
    """Both of one unit, or both without."""
    return one.unit == other.unit


def _akin(one: Quantity, other: Quantity) -> bool:
    return akin(one.unit, other.unit)


def crossed(mine: Sequence[frozenset[int]], theirs: Sequence[frozenset[int]]) -> bool:
    """Whether two pieces of a sentence have changed partners: each of them holds words that only the first of two parts
    of the passage has, and words that only the second has.

    Args:
        mine, theirs: content words of each piece.
    """
    for left, right in combinations(theirs, 2):
        first, second = left - right, right - left
        both = [piece for piece in mine if piece & first and piece & second]
        for one, other in combinations(both, 2):
            if all(piece & part for piece in (one - other, other - one) for part in (first, second)):
                return True
    return False
