"""What a clause of a statement says that its place in the passage must say as well."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from generation.verification.dates import Day, agree
from generation.verification.names import Name, inverted, names, stands
from generation.verification.numbers import Quantity, comparable, same
from generation.verification.polarity import conflict, negated, opposed, stronger
from generation.verification.units import Facts, Part, Unit, cells, facts_of, pieces
from generation.verification.words import Vocabulary

_CLAUSE = re.compile(
    r"[;:]\s|,?\s(?=(?:but|while|whereas|although|though|because|aber|während|weil)\s)"
    r"|,\s(?=(?:and|so|since|unless|which|und|da)\s)",
    re.IGNORECASE,
)


_SUBJECT = re.compile(
    r"([A-Z][\w'’-]+)(?: [\w'’-]+){0,2}? (?:is|was|has|had|does|did|may|must|can|will|should|cannot|never)\b"
)
_SINGULAR = re.compile(r"[A-Z][\w'’-]+ (?:is|was|has|does)\b")
_CONDITION = re.compile(r"(?:if|when|where|which|although|though|wenn|obwohl)\b", re.IGNORECASE)


_VOTE = 4.0


@dataclass(frozen=True)
class Claim:
    """A clause of a sentence. `stems` are its own content words, `around` those of the rest of the sentence,
    `said` all numbers of the sentence; `opening` is the word that begins it, where that may be a name."""

    text: str
    stems: dict[int, str]
    around: frozenset[int]
    facts: Facts
    names: tuple[Name, ...]
    pieces: tuple[tuple[str, Facts], ...]
    said: tuple[Quantity, ...]
    opening: str


def claims(sentence: str, vocabulary: Vocabulary, common: Callable[[str], bool]) -> list[Claim]:
    """The clauses of a sentence that hold a word or a number; at least one."""
    everything = frozenset(vocabulary.stems(sentence))
    said = facts_of(sentence, vocabulary).quantities
    named = names(sentence, common)
    found: list[Claim] = []
    for start, end in _clauses(sentence):
        text = sentence[start:end]
        stems = vocabulary.stems(text)
        inside = tuple(name for name in named if start <= name.start < end)
        parts = tuple((piece, facts_of(piece, vocabulary)) for piece in pieces(text))
        facts, first = facts_of(text, vocabulary), "" if found else _opening(sentence)
        found.append(Claim(text, stems, everything - set(stems), facts, inside, parts, tuple(said), first))
    telling = [one for one in found if one.stems or one.facts.quantities or one.facts.dates]
    return telling or found[:1]


def _opening(sentence: str) -> str:
    """The first word, where it or a few words with it are the subject without an article, as English has it for names
    and plurals."""
    found = _SUBJECT.match(sentence)
    if not found or found[1].endswith(("ing", "ed")) or (found[1].endswith("s") and not _SINGULAR.match(sentence)):
        return ""
    return found[1]


def _clauses(sentence: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _CLAUSE.finditer(sentence):
        yield start, found.start()
        start = found.end()
    yield start, len(sentence)


def disagreement(claim: Claim, unit: Unit, asked: frozenset[int], vocabulary: Vocabulary) -> tuple[int, str]:
    """Why a clause cannot rest on a sentence or row, for people, and how many checks it stood; no reason where it can.

    Args:
        asked: stems of the question, which may name the row that a clause does not name.
    """
    place = f"where [{unit.candidate.marker}] speaks of this"
    checks = (
        lambda: _dates(claim, unit),
        lambda: _numbers(claim, unit),
        lambda: _names(claim, unit, vocabulary),
        lambda: _row(claim, unit, asked),
        lambda: _misplaced(claim, unit),
        lambda: _swapped(claim, unit),
        lambda: _polarity(claim, unit),
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
    missing = (one for one in claim.facts.quantities if not one.weak and not any(_says(one, other) for other in there))
    absent = next((f"The number {one.text} is not" for one in missing), "")
    return absent or _of_the_frame(claim, unit)


def _says(one: Quantity, other: Quantity) -> bool:
    """The same number; "second" is no 2 of anything."""
    return same(one, other) and not (one.unit and other.text.casefold() in ("first", "second"))


def _of_the_frame(claim: Claim, unit: Unit) -> str:
    """A number that only title or headings hold, though the sentence has another of its kind that is not spoken of."""
    own = [*_known(unit.own), *(one for part in unit.parts for one in part.facts.quantities)]
    unsaid = [one for one in own if not one.weak and not any(same(one, said) for said in claim.said)]
    for number in claim.facts.quantities:
        if not number.weak and not any(same(number, one) for one in own):
            if any(_alike(number, one) for one in unsaid):
                return f"The number {number.text} is not"
    return ""


def _alike(one: Quantity, other: Quantity) -> bool:
    """Both of one unit, or both without."""
    return one.unit == other.unit


def _labelled(one: Quantity, unit: Unit) -> bool:
    """True if the name of a column gives a number its unit."""
    return any(other.unit and other.values == one.values for part in unit.parts for other in part.facts.quantities)


def _known(facts: Facts) -> Iterator[Quantity]:
    """Numbers, and those that dates hold."""
    yield from facts.quantities
    for day in facts.dates:
        values = {str(number) for number in (day.year, day.day) if number is not None}
        yield Quantity(day.text, frozenset(values), "", day.start, day.end)


def _names(claim: Claim, unit: Unit, vocabulary: Vocabulary) -> str:
    for name in claim.names:
        stems = vocabulary.stems(name.text) if name.start == 0 and name.text.isalpha() else {}
        if not stands(name.text, unit.names) and not (stems and stems.keys() <= unit.stems):
            return f"The name {name.text} is not"
    opening = vocabulary.stems(claim.opening)
    return f"“{claim.opening}” is not" if opening and not opening.keys() & unit.stems else ""


def _row(claim: Claim, unit: Unit, asked: frozenset[int]) -> str:
    """A row is about its first cell, which the clause must name, or the question where the clause names nothing; a
    clause that is a row itself has its cells."""
    if not unit.is_row:
        return ""
    if "|" in claim.text:
        known = {part.text for part in unit.parts} | {part.label for part in unit.parts}
        strange = next((cell for cell in cells(claim.text) if cell and cell not in known), "")
        return f"The cell “{strange}” is not" if strange else ""
    key = next((part for part in unit.parts if part.text), None)
    if key is None:
        return ""
    words = key.facts.stems - key.label_stems
    said = frozenset(claim.stems) | claim.around
    if words & said or counted(claim, unit) or not (words or key.facts.quantities):
        return ""
    if any(_told(part.told, said) for part in unit.parts if part.text):
        return ""
    return "" if not claim.names and words & asked else f"The row “{key.text}” is not named"


def _told(cell: frozenset[int], said: frozenset[int]) -> bool:
    """Both words of a cell, or half of more, are said."""
    return len(cell) > 1 and len(cell & said) >= max(2, len(cell) / 2)


def counted(claim: Claim, unit: Unit) -> bool:
    """True if the first cell of a row is a number that the sentence says."""
    key = next((part for part in unit.parts if part.text), None) if unit.is_row else None
    return key is not None and any(same(one, other) for one in claim.said for other in key.facts.quantities)


def _misplaced(claim: Claim, unit: Unit) -> str:
    """A number whose words stand beside another number of the same kind: "London 180" where Paris has 180."""
    for _, piece in claim.pieces:
        for number in piece.quantities:
            if not number.weak and (rival := _rival(number, piece, claim, unit)):
                return f"The number is {rival.text}, not {number.text},"
    return ""


def _rival(number: Quantity, piece: Facts, claim: Claim, unit: Unit) -> Quantity | None:
    """A number that the words of a clause fit better than the one that it says."""
    fit = _fits_cell if unit.is_row else _fits_part
    words = piece.stems if unit.is_row and piece.stems & _all_stems(unit) else frozenset(claim.stems)
    holding = [part for part in unit.parts if any(same(number, one) for one in part.facts.quantities)]
    if not holding:
        return None
    if not unit.is_row and any(not part.facts.stems and len(part.facts.quantities) < 2 for part in holding):
        return None  # it belongs to the part before
    own = max(fit(words, claim, part, unit) for part in holding)
    for part in unit.parts:
        kin = comparable if unit.is_row else _alike
        others = [one for one in part.facts.quantities if kin(one, number) and _unsaid(one, part, claim, unit)]
        if part not in holding and others and fit(words, claim, part, unit) > own:
            return others[0]
    return None


def _unsaid(one: Quantity, part: Part, claim: Claim, unit: Unit) -> bool:
    """The sentence does not say it, or says it of the row as a whole."""
    key = unit.parts[0].facts.quantities if unit.is_row and part is not unit.parts[0] else ()
    said = [other for other in claim.said if not any(same(other, number) for number in key)]
    return not one.weak and not any(same(one, other) for other in said)


def _all_stems(unit: Unit) -> frozenset[int]:
    return frozenset().union(*(part.facts.stems for part in unit.parts))


def _fits_cell(words: frozenset[int], claim: Claim, part: Part, unit: Unit) -> float:
    """Words that stand in a cell or its column's name, each divided by the number of cells that hold it."""
    return sum(1 / sum(word in other.facts.stems for other in unit.parts) for word in words & part.facts.stems)


def _fits_part(words: frozenset[int], claim: Claim, part: Part, unit: Unit) -> float:
    """Share of a part's words and other numbers that the clause has. A list leaves out in later parts what it says in
    the first, so that words of the clause which a part lacks tell nothing."""
    stems = part.facts.stems
    numbers = [one for one in part.facts.quantities if not one.weak]
    said = sum(any(same(one, other) for other in claim.facts.quantities) for one in numbers)
    others = max(len(numbers) - 1, 0)
    total = len(stems) + others
    return (len(stems & words) + min(said, others)) / total if total else 0.0


def _swapped(claim: Claim, unit: Unit) -> str:
    if unit.is_row:
        return ""
    pair = inverted([name.text for name in claim.names], unit.text, claim.text)
    return f"{pair[0]} and {pair[1]} have changed places" if pair else ""


def _polarity(claim: Claim, unit: Unit) -> str:
    if unit.is_row:
        cells_meant = _cells_meant(claim, unit)
        texts = (unit.parts[0].text, *(one.text for one in cells_meant), *(one.label for one in cells_meant))
        return conflict(claim.text, " ; ".join(dict.fromkeys(texts)))
    if not frozenset(claim.stems) & unit.stems and not any(_shares(claim, part) for part in unit.parts):
        return ""
    meant = _parts_meant(claim, unit) or range(len(unit.parts))
    source = _joined(unit, meant)
    wrong = conflict(claim.text, source)
    if wrong and (opposed(claim.text, source) or not _outvoted(claim, unit)):
        return wrong
    return stronger(claim.text, unit.text)


def _outvoted(claim: Claim, unit: Unit) -> bool:
    """True if most words that claim and sentence share stand in pieces that both negate, or that neither does: the
    odd negation is about something else."""
    there = [(negated(part.text), part.facts.stems) for part in unit.parts]
    same_side = other_side = 0
    for text, facts in claim.pieces:
        mine = negated(text)
        for word in facts.stems & unit.own.stems:
            sides = {side for side, stems in there if word in stems}
            same_side += mine in sides
            other_side += mine not in sides
    return same_side > _VOTE * other_side


def _joined(unit: Unit, numbers: Collection[int]) -> str:
    return " ; ".join(unit.parts[number].text for number in sorted(numbers))


def _cells_meant(claim: Claim, unit: Unit) -> list[Part]:
    """Those with a number of the clause that the row's first cell lacks; else those of which it has half the words, or
    of their column's name where they have none."""
    key = [one for part in unit.parts[:1] for one in part.facts.quantities]
    own = [one for one in claim.facts.quantities if not one.weak and not any(same(one, other) for other in key)]
    counted = [
        part for part in unit.parts[1:] if any(same(one, other) for one in own for other in part.facts.quantities)
    ]
    words = frozenset(claim.stems) | claim.around
    if counted:
        return counted
    labels = frozenset().union(*(part.label_stems for part in unit.parts[1:]))
    return [
        part
        for part in unit.parts
        if 2 * len(words & part.told) >= max(len(part.told), 1)
        and (part is unit.parts[0] or words & part.label_stems or not words & labels)
    ]


def _parts_meant(claim: Claim, unit: Unit) -> Collection[int]:
    """From the first to the last part with words or numbers of the clause; not those that another has all of, and
    more."""
    words = frozenset(claim.stems)
    shared = {number: words & part.facts.stems for number, part in enumerate(unit.parts)}
    meant = [
        number
        for number, part in enumerate(unit.parts)
        if _shares(claim, part) or (shared[number] and not any(shared[number] < other for other in shared.values()))
    ]
    between = range(meant[0], meant[-1] + 1) if meant else range(0)
    return [
        number
        for number in between
        if number in meant or not (shared[number] or _CONDITION.match(unit.parts[number].text))
    ]


def _shares(claim: Claim, part: Part) -> bool:
    return any(same(one, other) for one in claim.facts.quantities if not one.weak for other in part.facts.quantities)
