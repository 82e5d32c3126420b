"""Where the best quotes of different documents state different values for the same thing."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from generation.citations import citation_at
from generation.conflicts.subjects import Reading, Subjects
from generation.conflicts.values import Value, values_of
from generation.types import Citation, Conflict, Quote, Stated
from generation.verification.names import common_in
from generation.verification.units import Unit, cells, units_of
from generation.verification.words import Terms, Vocabulary
from ingest.types import Chunk
from ingest.validity import DATED, VALID_FROM, VALID_UNTIL, version_of
from retrieval.types import Hit

_READ = 12
"""Quotes that are compared, best first."""
_AS_WELL = 0.5
"""Share of the best quote's support that another must have."""


class ConflictFinder:
    """Port `Conflicts`.

    Two quotes conflict where one of them is cited, both are about as well supported as the answer, they stand in
    different documents of which neither supersedes the other, they say the same but for their values, and one number,
    amount, time or date differs. Rows of tables conflict where their first cells and the names of their columns agree
    and one cell differs.

    Args:
        terms: ids of the stems of a text, without stop words: `Lexicon.terms`.
    """

    def __init__(self, terms: Terms) -> None:
        self._vocabulary = Vocabulary(terms)

    def find(self, hits: Sequence[Hit], quotes: Sequence[Quote], citations: Sequence[Citation]) -> tuple[Conflict, ...]:
        best = [one for one in quotes[:_READ] if one.support >= _AS_WELL * quotes[0].support]
        readings = list(self._readings(best, hits))
        subjects = Subjects(self._vocabulary, common_in(one.chunk.text for one in readings))
        found: list[Conflict] = []
        for one, other in combinations(readings, 2):
            cited = _is_cited(one, citations) or _is_cited(other, citations)
            values = self._differing(one, other, subjects) if cited and _both_count(one.chunk, other.chunk) else None
            if values:
                found = _joined(found, [_stated(r, hits, v) for r, v in zip((one, other), values, strict=True)])
        return tuple(found)

    def _readings(self, quotes: Sequence[Quote], hits: Sequence[Hit]) -> Iterator[Reading]:
        """The whole sentence or row of each quote, once."""
        units = {
            marker: units_of(marker, hits[marker - 1], self._vocabulary)
            for marker in dict.fromkeys(quote.marker for quote in quotes)
        }
        seen: set[tuple[int, int]] = set()
        for quote in quotes:
            for unit in units[quote.marker]:
                place = unit.candidate
                if place.start <= quote.start < place.end and (quote.marker, place.start) not in seen:
                    seen.add((quote.marker, place.start))
                    whole = Quote(quote.marker, place.text, place.start, place.end, quote.support)
                    yield Reading(whole, hits[quote.marker - 1].chunk, unit, values_of(place.text, self._vocabulary))

    def _differing(self, one: Reading, other: Reading, subjects: Subjects) -> tuple[Value, Value] | None:
        if one.unit.is_row or other.unit.is_row:
            both = one.unit.is_row and other.unit.is_row and subjects.same_table(one, other)
            return self._cells(one.unit, other.unit) if both else None
        pair = _differing(one, other)
        return pair if pair and subjects.same(one, other) else None

    def _cells(self, one: Unit, other: Unit) -> tuple[Value, Value] | None:
        """Of the one column in which two rows on one thing differ."""
        here, there = _labelled(one), _labelled(other)
        key = next(iter(here.values()), "")
        different = [label for label in here if label in there and not _alike(here[label], there[label])]
        if not key or not _alike(next(iter(there.values()), ""), key) or len(different) != 1:
            return None
        label = different[0]
        mine, theirs = (values_of(row[label], self._vocabulary, kind=label).stated for row in (here, there))
        if len(mine) != 1 or len(theirs) != 1 or mine[0].kind != theirs[0].kind or mine[0].forms & theirs[0].forms:
            return None
        return mine[0], theirs[0]


def _differing(one: Reading, other: Reading) -> tuple[Value, Value] | None:
    """The one value that differs, where all others are the same and as many."""
    mine, theirs = one.values, other.values
    if mine.rough or theirs.rough or mine.kinds != theirs.kinds or len(mine.stated) != len(theirs.stated):
        return None
    pairs = [pair for kind in mine.kinds for pair in zip(mine.of(kind), theirs.of(kind), strict=False)]
    different = [(here, there) for here, there in pairs if not here.forms & there.forms]
    if len(pairs) != len(mine.stated) or len(different) != 1:
        return None
    ((here, there),) = different
    return None if here.bound and there.bound and here.bound != there.bound else (here, there)


def _labelled(row: Unit) -> dict[str, str]:
    """Name of the column, in lower case -> cell as it is written, which tells months; the first is what the row is
    about. Empty without a header."""
    names, values = cells(row.candidate.header.casefold()), cells(row.text)
    return dict(zip(names, values, strict=True)) if len(names) == len(values) > 1 else {}


def _alike(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _both_count(one: Chunk, other: Chunk) -> bool:
    """Different documents, that are not versions of one, in force at the same time."""
    if one.document_id == other.document_id:
        return False
    versions = [version_of(chunk.source, chunk.title, chunk.metadata) for chunk in (one, other)]
    if versions[0] and versions[1] and versions[0].is_of_one_with(versions[1]):
        return False
    return not (_ended_before(one, other) or _ended_before(other, one))


def _ended_before(one: Chunk, other: Chunk) -> bool:
    until, since = _day(one, VALID_UNTIL), _day(other, VALID_FROM)
    return bool(until and since and until < since)


def _day(chunk: Chunk, key: str) -> date | None:
    """None where the document states none; metadata of the user's own may be no date."""
    value = chunk.metadata.get(key)
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_cited(one: Reading, citations: Sequence[Citation]) -> bool:
    start, end = (one.chunk.char_start + place for place in (one.quote.start, one.quote.end))
    return any(
        cited.document_id == one.chunk.document_id and cited.char_start < end and start < cited.char_end
        for cited in citations
    )


def _stated(one: Reading, hits: Sequence[Hit], value: Value) -> Stated:
    quote = one.quote
    citation = citation_at(quote.marker, hits[quote.marker - 1], quote.start, quote.end, quote.support)
    return Stated(citation, value.text, _day(one.chunk, VALID_FROM), _day(one.chunk, DATED))


def _joined(found: list[Conflict], pair: Sequence[Stated]) -> list[Conflict]:
    """With those of the conflicts that name one of both already."""
    places = {_place(one) for one in pair}
    touched = [one for one in found if places & {_place(stated) for stated in one.statements}]
    statements = {_place(stated): stated for one in touched for stated in one.statements}
    statements = {**{_place(stated): stated for stated in pair}, **statements}
    merged = sorted(statements.values(), key=lambda stated: (-stated.citation.support, stated.citation.marker))
    return [*(one for one in found if one not in touched), Conflict(tuple(merged))]


def _place(one: Stated) -> tuple[str, int]:
    return one.citation.document_id, one.citation.char_start
