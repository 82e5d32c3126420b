"""What a clause of a statement says that its place in the passage must say as well."""

from collections.abc import Callable, Iterator

from generation.verification.changes import compared, outdated
from generation.verification.claims import Claim
from generation.verification.dates import Day, agree
from generation.verification.names import adds_nothing, spelled_out, stands
from generation.verification.numbers import SECTION, Quantity, same
from generation.verification.placement import alike, misplaced
from generation.verification.rates import Rate, as_often
from generation.verification.roles import inverted
from generation.verification.sides import contradiction
from generation.verification.steps import misstepped
from generation.verification.thesaurus import Thesaurus
from generation.verification.units import Facts, Unit, cells
from generation.verification.words import Vocabulary


def disagreement(
    claim: Claim, unit: Unit, asked: frozenset[int], vocabulary: Vocabulary, words: Thesaurus
) -> tuple[int, str]:
    """Why a clause cannot rest on a sentence or row, for people, and how many checks it stood; no reason where it can.

    Args:
        asked: stems of the question, which may name the row that a clause does not name.
    """
    place = f"where [{unit.candidate.marker}] speaks of this"
    checks: tuple[Callable[[], str], ...] = (
        lambda: _dates(claim, unit),
        lambda: _numbers(claim, unit),
        lambda: _rates(claim, unit),
        lambda: misstepped(claim.facts.quantities, claim.text, unit.own.quantities, unit.text),
        lambda: _names(claim, unit, vocabulary),
        lambda: _row(claim, unit, asked),
        lambda: misplaced(claim, unit, vocabulary),
        lambda: _changed(claim, unit, vocabulary),
        lambda: contradiction(claim, unit, vocabulary, words),
    )
    for passed, check in enumerate(checks):
        if reason := check():
            return passed, f"{reason} {place}"
    return len(checks), ""


def _dates(claim: Claim, unit: Unit) -> str:
    there = (*unit.own.dates, *unit.frame.dates)
    for one in claim.facts.dates:
        readings = [other for other in claim.facts.dates if (other.start, other.end) == (one.start, one.end)]
        if not any(agree(reading, day) and _year(reading, day, unit) for reading in readings for day in there):
            return f"The date {one.text} is not"
    return ""


def _year(one: Day, found: Day, unit: Unit) -> bool:
    """A year that the date in the passage leaves out stands beside it or above it."""
    if one.year is None or found.year is not None:
        return True
    beside = (*unit.own.quantities, *unit.frame.quantities)
    return any(str(one.year) in number.values for number in beside) or any(
        one.year == day.year for day in (*unit.own.dates, *unit.frame.dates)
    )


def _numbers(claim: Claim, unit: Unit) -> str:
    there = [*_known(unit.own), *_known(unit.frame), *(one for part in unit.parts for one in part.facts.quantities)]
    if unit.is_row:  # the unit may stand above the column
        there = [one for one in there if one.unit or not _labelled(one, unit)]
    missing = (
        one
        for one in claim.facts.quantities
        if not one.weak and not any(_says(one, other) for other in there) and not _of_a_rate(one, claim, unit)
    )
    absent = next((f"The number {one.text} is not" for one in missing), "")
    return absent or _of_the_frame(claim, unit)


def _rates(claim: Claim, unit: Unit) -> str:
    """Each "per month" or "weekly", where the passage has any."""
    there = _all_rates(unit)
    strange = (one for one in claim.facts.rates if there and not any(as_often(one, other) for other in there))
    return next((f"“{one.text}” is not" for one in strange), "")


def _all_rates(unit: Unit) -> list[Rate]:
    return [*unit.own.rates, *unit.frame.rates, *(rate for part in unit.parts for rate in part.facts.rates)]


def _of_a_rate(one: Quantity, claim: Claim, unit: Unit) -> bool:
    """As the three of "every three months" are, where the passage says "quarterly"."""
    return any(
        rate.start <= one.start < rate.end and any(as_often(rate, other) for other in _all_rates(unit))
        for rate in claim.facts.rates
    )


def _says(one: Quantity, other: Quantity) -> bool:
    """The same number; "second" is no 2 of anything, and what numbers a section counts nothing."""
    if not same(one, other) or (one.unit and other.text.casefold() in ("first", "second")):
        return False
    return other.unit != SECTION or one.unit == SECTION


def _of_the_frame(claim: Claim, unit: Unit) -> str:
    """A number that only title or headings hold, though the sentence has another of its kind that is not spoken of."""
    own = [*_known(unit.own), *(one for part in unit.parts for one in part.facts.quantities)]
    unsaid = [one for one in own if not one.weak and not any(same(one, said) for said in claim.said)]
    for number in claim.facts.quantities:
        absent = not number.weak and not any(same(number, one) for one in own)
        if absent and any(alike(number, one) for one in unsaid):
            return f"The number {number.text} is not"
    return ""


def _labelled(one: Quantity, unit: Unit) -> bool:
    """True if the name of a column gives a number its unit."""
    return any(other.unit and other.values == one.values for part in unit.parts for other in part.facts.quantities)


def _known(facts: Facts) -> Iterator[Quantity]:
    """Numbers, and those that dates hold."""
    yield from facts.quantities
    for day in facts.dates:
        values = {str(number) for number in (day.year, day.day) if number is not None}
        yield Quantity(day.text, frozenset(values), "date", day.start, day.end)


def _names(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    standing = [name for name in claim.names if stands(name.text, unit.names) or spelled_out(name.text, unit.text)]
    runs = {name.run for name in standing}
    for name in claim.names:
        stems = vocabulary.stems(name.text) if name.start == 0 and name.text.isalpha() else {}
        beside = name.run in runs and adds_nothing(name.text)
        if name not in standing and not beside and not (stems and stems.keys() <= unit.stems):
            return f"The name {name.text} is not"
    opening = vocabulary.stems(claim.opening)
    strange = opening and not opening.keys() & unit.stems and not spelled_out(claim.opening, unit.text)
    return f"“{claim.opening}” is not" if strange else ""


def _row(claim: Claim, unit: Unit, asked: frozenset[int]) -> str:
    """A row is about its first cell, which the clause must name, or the question where the clause names nothing; a
    clause that is a row itself has its cells."""
    if not unit.is_row:
        return ""
    if "|" in claim.text:
        return _cells(claim, unit)
    key = next((part for part in unit.parts if part.text), None)
    if key is None:
        return ""
    words = key.facts.stems - key.label_stems
    said = frozenset(claim.stems) | claim.around
    if words & said or counted(claim, unit) or not (words or key.facts.quantities):
        return ""
    if any(_told(part.facts.stems - part.label_stems, said) for part in unit.parts):
        return ""
    return "" if not claim.names and words & asked else f"The row “{key.text}” is not named"


def _cells(claim: Claim, unit: Unit) -> str:
    there = {part.text for part in unit.parts} | {part.label for part in unit.parts}
    strange = next((cell for cell in cells(claim.text) if cell and cell not in there), "")
    return f"The cell “{strange}” is not" if strange else ""


def _told(cell: frozenset[int], said: frozenset[int]) -> bool:
    """Both words of a cell, or half of more, are said."""
    return len(cell) > 1 and len(cell & said) >= max(2, len(cell) / 2)


def counted(claim: Claim, unit: Unit) -> bool:
    """True if the first cell of a row is a number that the sentence says."""
    key = next((part for part in unit.parts if part.text), None) if unit.is_row else None
    return key is not None and any(same(one, other) for one in claim.said for other in key.facts.quantities)


def _changed(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    """Where both say what became what, names may stand in any order."""
    sign, said = compared(claim, unit, vocabulary)
    if sign > 0:
        return ""
    turned_round = f"“{said}” is turned round" if sign < 0 else ""
    return _swapped(claim, unit) or turned_round or outdated(claim, unit, vocabulary)


def _swapped(claim: Claim, unit: Unit) -> str:
    if unit.is_row:
        return ""
    pair = inverted([name.text for name in claim.names], unit.text, claim.text)
    return f"{pair[0]} and {pair[1]} have changed places" if pair else ""
