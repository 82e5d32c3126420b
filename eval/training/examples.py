"""Sentences beside what a model of entailment reads of their passage, for training and for judging it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from eval.bench.verification import planted
from eval.bench.verification_data import Row, hit_of
from eval.bench.verification_errors import RULES
from eval.training.passages import Passage
from generation.verification.premises import premise
from generation.verification.thesaurus import thesaurus
from generation.verification.units import Unit, units_of
from generation.verification.words import Terms, Vocabulary
from retrieval.types import Hit

PLANTED = 0.5
"""Errors planted for each right sentence, on average."""
STRANGE = 0.2
"""Right sentences beside a passage of the same field that they are not about, on average for each."""
_One = TypeVar("_One")


@dataclass(frozen=True)
class Example:
    sentence: str
    premise: str
    supported: bool

    @property
    def length(self) -> int:
        """Characters."""
        return len(self.premise) + len(self.sentence)


class Premises:
    """What a model of entailment reads of a passage, each passage taken apart once.

    Args:
        terms: as for `PassageVerifier`.
    """

    def __init__(self, terms: Terms) -> None:
        self._vocabulary, self._words = Vocabulary(terms), thesaurus(terms)
        self._units: dict[str, list[Unit]] = {}

    def of(self, sentence: str, hit: Hit) -> str:
        if hit.chunk.text not in self._units:
            self._units[hit.chunk.text] = units_of(1, hit, self._vocabulary)
        return premise(sentence, self._units[hit.chunk.text], self._vocabulary, self._words)


def judged(rows: Sequence[Row], premises: Premises) -> list[Example]:
    return [Example(row.sentence, premises.of(row.sentence, row.hit), not row.wrong) for row in rows]


def spoiled(rows: Sequence[Row], premises: Premises, chance: random.Random) -> list[Example]:
    """Right sentences with an error planted, and some beside another passage: nothing here is supported."""
    right = [row for row in rows if not row.wrong]
    found = _some(_planted(right, chance), round(PLANTED * len(right)), chance)
    fields: dict[str, list[Row]] = {}
    for row in right:
        fields.setdefault(row.file, []).append(row)
    for row in _some(right, round(STRANGE * len(right)), chance):
        other = chance.choice(fields[row.file])
        if other.hit.chunk.title != row.hit.chunk.title:
            found.append((other, row.sentence))
    return [Example(text, premises.of(text, row.hit), False) for row, text in found]


def quoted(passages: Sequence[Passage], premises: Premises, chance: random.Random) -> list[Example]:
    """A sentence of each passage as it stands, and as many with an error planted: that a statement is near to its
    passage must tell nothing."""
    rows = [Row(hit_of(one), "", "", chance.choice(one.items), "verbatim") for one in passages]
    wrong = _some(_planted(rows, chance), len(rows), chance)
    return judged(rows, premises) + [Example(text, premises.of(text, row.hit), False) for row, text in wrong]


def _planted(rows: Sequence[Row], chance: random.Random) -> list[tuple[Row, str]]:
    return [one for kind in RULES for one in planted(kind, rows, chance.randrange(1 << 30))]


def _some(found: Sequence[_One], count: int, chance: random.Random) -> list[_One]:
    return chance.sample(found, min(count, len(found)))
