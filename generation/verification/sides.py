"""Which parts of a sentence or row a clause is about, and whether it negates what they do not."""

import re
from collections.abc import Collection

from generation.lists import without_label
from generation.verification.claims import Claim
from generation.verification.dates import agree
from generation.verification.hedges import overstated
from generation.verification.modality import stronger
from generation.verification.numbers import same
from generation.verification.order import turned, without_order
from generation.verification.polarity import conflict, contrary, denies, excludes, plain, restricts
from generation.verification.quantifiers import other_share
from generation.verification.scopes import disputes, signed
from generation.verification.thesaurus import Thesaurus
from generation.verification.units import Part, Unit
from generation.verification.words import Vocabulary

_CONDITION = re.compile(r"(?:if|when|where|which|although|though|wenn|obwohl)\b", re.IGNORECASE)


def contradiction(claim: Claim, unit: Unit, vocabulary: Vocabulary, words: Thesaurus) -> str:
    """Where a clause says no and its place yes, or otherwise the opposite, for people; empty where it does not."""
    if unit.is_row:
        cells_meant = _cells_meant(claim, unit)
        texts = (unit.parts[0].text, *(one.text for one in cells_meant), *(one.label for one in cells_meant))
        return conflict(claim.text, " ; ".join(dict.fromkeys(texts)))
    if not frozenset(claim.stems) & unit.stems and not any(_shares(claim, part) for part in unit.parts):
        return ""
    meant = _parts_meant(claim, unit) or range(len(unit.parts))
    said, source, whole = claim.text, _joined(unit, meant), unit.text
    if excludes(unit.lead):  # "It does not cover:"
        source, whole = f"not {source}", f"not {without_label(whole)}"
        said = f"not {said}" if excludes(said) and not denies(said) else said
    against = _against(said, source, whole, vocabulary, words) or stronger(claim.text, whole)
    return against or overstated(claim.sentence, source) or other_share(claim.text, source, vocabulary)


def _against(said: str, source: str, whole: str, vocabulary: Vocabulary, words: Thesaurus) -> str:
    """What negations, opposites and the order of things say otherwise."""
    signs = disputes(signed(said, vocabulary), signed(whole, vocabulary), affirmed=not restricts(whole))
    others = words.opposites(vocabulary.stems(plain(said)), vocabulary.stems(plain(source)))
    ordered, reversals = turned(said, whole, vocabulary)
    if ordered:
        said, source = without_order(said), without_order(source)
    return contrary(said, source, [*others, *reversals], *signs)


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
    """A number or a date."""
    return any(
        same(one, other) for one in claim.facts.quantities if not one.weak for other in part.facts.quantities
    ) or any(agree(one, other) for one in claim.facts.dates for other in part.facts.dates)
