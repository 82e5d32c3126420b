"""What a model of entailment reads of the passages that a statement cites."""

from collections.abc import Mapping, Sequence

from generation.verification.numbers import same
from generation.verification.thesaurus import Thesaurus
from generation.verification.units import Facts, Unit, facts_of
from generation.verification.words import Vocabulary

_UNITS, _CHARACTERS, _FRAME = 3, 420, 160
"""About 110 tokens, which leaves room for a statement."""


def premise(statement: str, units: Sequence[Unit], vocabulary: Vocabulary, words: Thesaurus) -> str:
    """The few units that share most with it, in reading order, under their headings."""
    lines: list[str] = []
    above = ""
    for unit in _nearest(statement, units, vocabulary, words):
        one = unit.candidate
        lines += [one.context[-_FRAME:]] * (one.context != above) + [one.text]
        above = one.context
    return "\n".join(lines)


def _nearest(statement: str, units: Sequence[Unit], vocabulary: Vocabulary, words: Thesaurus) -> list[Unit]:
    stems, said = vocabulary.stems(statement), facts_of(statement, vocabulary)
    order = sorted(range(len(units)), key=lambda row: -_shared(stems, said, units[row], words))
    kept: list[int] = []
    for row in order[:_UNITS]:
        if not kept or sum(len(units[one].text) for one in (*kept, row)) <= _CHARACTERS:
            kept.append(row)
    return [units[row] for row in sorted(kept)]


def _shared(stems: Mapping[int, str], said: Facts, unit: Unit, words: Thesaurus) -> float:
    """Words and numbers of the statement that the unit has; what only its frame has counts for half."""
    there = (*unit.own.quantities, *(one for part in unit.parts for one in part.facts.quantities))
    found = (1.0 if words.covers(stem, unit.read) else 0.5 for stem in stems if words.covers(stem, unit.stems))
    return sum(found) + sum(any(same(one, other) for other in there) for one in said.quantities if not one.weak)
