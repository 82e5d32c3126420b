"""Passages as the sentences and table rows that a statement may rest on, each with what is read above it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from generation.candidates import Candidate, candidates
from generation.lists import is_item, leads
from generation.outlines import Outline
from generation.verification.dates import Day, dates
from generation.verification.names import known
from generation.verification.numbers import Quantity, quantities, unit_named
from generation.verification.rates import Rate, rates
from generation.verification.words import Vocabulary
from ingest.sentences import row_cells
from retrieval.types import Hit

_BREAKS = re.compile(
    r"[,;:–(]\s|\s(?=(?:and|but|while|whereas|although|though|because|since|unless|except|if|when|until|und|aber|wenn"
    r"|während|außer)\s)"
)
_POINTS_BACK = re.compile(
    r"^\W*(?:he|she|it|they|this|these|those|that|there|his|her|their|its|such|both|er|sie|es|diese\w?|afterwards|then"
    r"|all|some|none)\b",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"(?m)(?:^|(?<= > ))(?=\d{1,2}(?:\.\d+)*[.)]?\s+[^\W\d_a-zß-ÿ])")
"""Where a heading begins with the number of its section: 11.1 IT hotline."""
_SIGNS = {**dict.fromkeys("–-—✗✘❌☐", "no"), "n/a": "no", **dict.fromkeys("✓✔✅☑", "yes")}
"""Cells of a table that say no or yes without a word."""


@dataclass(frozen=True)
class Facts:
    """What a text says that can be compared letter by letter."""

    quantities: tuple[Quantity, ...]
    dates: tuple[Day, ...]
    names: frozenset[str]
    stems: frozenset[int]
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class Part:
    """A piece of a sentence between commas and conjunctions, or a cell under the name of its column."""

    text: str
    label: str
    label_stems: frozenset[int]
    facts: Facts

    @property
    def told(self) -> frozenset[int]:
        """Stems of a cell, or of its column's name where it has none, such as "no"."""
        return (self.facts.stems - self.label_stems) or self.label_stems


@dataclass(frozen=True)
class Unit:
    """A sentence or row, what it says, and what its frame says: title, headings, header of the table, the sentence
    before where it points back to it, or before its table.

    `lead` is what leads the list in that it is an item of: the last heading, where no sentence does.
    """

    candidate: Candidate
    own: Facts
    frame: Facts
    parts: tuple[Part, ...]
    is_row: bool
    lead: str

    @property
    def text(self) -> str:
        return self.candidate.text

    @cached_property
    def stems(self) -> frozenset[int]:
        return self.own.stems | self.frame.stems

    @cached_property
    def read(self) -> frozenset[int]:
        """Stems of the sentence, or of the row and the names of its columns."""
        return self.own.stems.union(*(part.label_stems for part in self.parts))

    @cached_property
    def names(self) -> frozenset[str]:
        return self.own.names | self.frame.names


def units_of(marker: int, hit: Hit, vocabulary: Vocabulary) -> list[Unit]:
    """The units of a passage, in reading order, each with its `marker`."""
    found: list[Unit] = []
    before, caption, above = "", "", next(reversed(hit.chunk.headings), "")
    known = leads(Outline(hit.chunk.text, hit.chunk.headings))
    for one in candidates([hit]):
        placed = replace(one, marker=marker)
        lead = known.get(one.start, above if is_item(one.text) else "")
        back = lead or (before if _POINTS_BACK.match(one.text) else caption if _is_row(one.text) else "")
        found.append(_unit(placed, hit, back, lead, vocabulary))
        before, caption = one.text, caption if _is_row(one.text) else one.text
    return found


def facts_of(text: str, vocabulary: Vocabulary) -> Facts:
    days = dates(text)
    numbers = quantities(text, [(one.start, one.end) for one in days])
    return Facts(tuple(numbers), tuple(days), known(text), frozenset(vocabulary.stems(text)), rates(text))


def pieces(text: str) -> list[str]:
    """Between commas, semicolons and conjunctions, which begin a piece."""
    return [piece for piece in map(str.strip, _BREAKS.split(text)) if piece]


def _is_row(text: str) -> bool:
    return "|" in text


def _unit(one: Candidate, hit: Hit, back: str, lead: str, vocabulary: Vocabulary) -> Unit:
    is_row = _is_row(one.text)
    parts = _labelled(one.text, one.header) if is_row else [(piece, "") for piece in pieces(one.text)]
    headings = _NUMBERING.sub("§ ", "\n".join((hit.chunk.title, *hit.chunk.headings, one.context)))
    return Unit(
        candidate=one,
        own=facts_of(one.text, vocabulary),
        frame=facts_of(f"{headings}\n{back}", vocabulary),
        parts=tuple(_part(text, label, vocabulary) for text, label in parts),
        is_row=is_row,
        lead=lead,
    )


def _labelled(row: str, header: str) -> Sequence[tuple[str, str]]:
    values, names = cells(row), cells(header)
    labels = names if len(names) == len(values) else [""] * len(values)
    return list(zip(values, labels, strict=True))


def cells(row: str) -> list[str]:
    """With "yes" and "no" where signs say so."""
    return [_SIGNS.get(text.casefold().removesuffix("\ufe0f"), text) for text in row_cells(row)]


def _part(text: str, label: str, vocabulary: Vocabulary) -> Part:
    own, named = facts_of(text, vocabulary), unit_named(label)
    numbers = tuple(
        Quantity(one.text, one.values, one.unit or named, one.start, one.end, one.weak) for one in own.quantities
    )
    named_stems = frozenset(vocabulary.stems(label))
    facts = Facts(numbers, own.dates, own.names, own.stems | named_stems, (*own.rates, *rates(label)))
    return Part(text, label, named_stems, facts)
