"""Rows of a table that a question names by a day or an identifier, such as "15 March" or "DN 80"."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generation.candidates import Candidate
from generation.verification.dates import Day, agree, dates
from generation.verification.numbers import is_unit
from ingest.sentences import row_cells

_IDENTIFIER = re.compile(r"(?<![^\W_])([A-Z]{1,6})[ -]?\d[\dA-Z.-]*(?<=[\dA-Z])(?![^\W_])")
_SEPARATORS = re.compile(r"[ .-]")
_NAME = re.compile(r"(?<=\s)[^\W\d_a-zäöüß][^\W\d_]+")
_BEYOND = re.compile(
    r"\b(?:before|after|between|since|until|till|from|than|every|all|any|other|above|over|under|below|exceed\w*|more|less"
    r"|fewer|later|earlier|least|most|up\s+to|vor|nach|zwischen|seit|bis|ab|alle|als|über|unter|mehr|weniger|später|früher"
    r"|mindestens|höchstens)\b",
    re.I,
)
_OF_THE_ROW = re.compile(
    r"\b(?:changed?|updated?|valid|effective|since|from|until|review\w*|approved|geändert|stand|gültig|seit|ab|bis)\b",
    re.I,
)
"""Columns that say since when a row holds: the day of a question is none of theirs."""


@dataclass(frozen=True)
class _Row:
    """`matches`: how many of the question's keys it has, in the columns `matched`; `keyed`: those with any key."""

    text: str
    matches: int
    matched: frozenset[int]
    keyed: frozenset[int]


@dataclass(frozen=True)
class _Keys:
    """What a question names."""

    days: tuple[Day, ...]
    identifiers: frozenset[str]
    names: frozenset[str]

    def read(self, one: Candidate) -> _Row:
        header = row_cells(one.header)
        counts: dict[int, int] = {}
        for column, cell in enumerate(row_cells(one.text)):
            days, identifiers = _days(cell), _identifiers(cell)
            if (days or identifiers) and not _OF_THE_ROW.search(header[column] if column < len(header) else ""):
                meant = sum(any(agree(day, there) for there in days) for day in self.days)
                counts[column] = meant + len(identifiers & self.identifiers)
        matched = frozenset(column for column, count in counts.items() if count)
        return _Row(one.text, sum(counts.values()), matched, frozenset(counts))


def named(question: str, found: Sequence[Candidate]) -> list[Candidate]:
    """Without the rows of a table that have another day or identifier where another row has that of the question: who
    was on call on 15 March stands in no row of 8 March. A row with a name of the question that those lack stays, and
    all do where the question compares, or asks beyond the day that it names."""
    keys = _Keys(tuple(_days(question)), _identifiers(question), frozenset(_NAME.findall(question)))
    if not (keys.days or keys.identifiers) or _BEYOND.search(question):
        return list(found)
    tables: defaultdict[str, dict[Candidate, _Row]] = defaultdict(dict)
    for one in found:
        if one.header:
            tables[one.context][one] = keys.read(one)
    passed_over = {one for rows in tables.values() for one in _passed_over(rows, keys)}
    return [one for one in found if one not in passed_over]


def _passed_over(rows: dict[Candidate, _Row], keys: _Keys) -> Iterator[Candidate]:
    most = max(row.matches for row in rows.values())
    best = [row for row in rows.values() if row.matches == most]
    columns = frozenset[int]().union(*(row.matched for row in best))
    known = {name for name in keys.names if any(name in row.text for row in best)}
    for one, row in rows.items():
        if row.matches < most and row.keyed & columns and not any(name in row.text for name in keys.names - known):
            yield one


def _days(text: str) -> list[Day]:
    return [day for day in dates(text) if day.day]


def _identifiers(text: str) -> frozenset[str]:
    """Without amounts: what EUR 500 is enough for may stand in another row."""
    return frozenset(
        _SEPARATORS.sub("", match.group()) for match in _IDENTIFIER.finditer(text) if not is_unit(match[1])
    )
