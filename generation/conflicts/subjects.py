"""Whether two sentences speak of the same thing. In doubt they do not: a false alarm costs more than a conflict that
is left unnamed, since both quotes are shown all the same."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from generation.conflicts.frames import KIND_OF_TEXT, days_of, numbers_of, own_names
from generation.conflicts.values import Values, denominators
from generation.types import Quote
from generation.verification.names import known, names, stands
from generation.verification.polarity import negated, opposed
from generation.verification.units import Unit
from generation.verification.words import Vocabulary
from ingest.types import Chunk

_BESIDE = """paid calendar least most maximum minimum max min total currently now normally usually generally standard
    exactly only all always year annually yearly entitled granted grant entitlement has get receive earn receives gets
    company up amount set fixed value"""
"""Words beside a value that do not change whose value it is."""
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|except|excluding|once|until|till|after|before|during|provided|without|instead|"
    r"otherwise|subject|wenn|falls|außer|bis|nach|vor|während|ohne)\b",
    re.I,
)
_MEASURED = re.compile(
    r"\b(?:working|business|calendar(?!\s+(?:year|month))|gross|net)\b|\b(?:arbeits|werk|kalender)(?=tage?n?\b)", re.I
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SMALL = frozenset(_BESIDE.split())
_ALIKE_LETTERS = 5
_FEW = 3
"""One word more may stand on one side for so many that both share."""


@dataclass(frozen=True)
class Reading:
    """A quote as it is compared with others."""

    quote: Quote
    chunk: Chunk
    unit: Unit
    values: Values

    @cached_property
    def frame(self) -> str:
        return "\n".join((self.chunk.title, *self.chunk.headings))


@dataclass(frozen=True)
class Subjects:
    """
    Args:
        common: whether a word in lower case is no name.
    """

    vocabulary: Vocabulary
    common: Callable[[str], bool]

    def same(self, one: Reading, other: Reading) -> bool:
        """Of two sentences of different documents."""
        pairs = ((one, other), (other, one))
        return (
            not self._elsewhere(one, other)
            and one.values.labels == other.values.labels
            and _marks(one) == _marks(other)
            and not opposed(one.quote.text, other.quote.text)
            and not any(self._named(*pair) for pair in pairs)
            and self._alike(one, other)
        )

    def same_table(self, one: Reading, other: Reading) -> bool:
        """Of two rows: whether their tables may be about one thing."""
        return not self._elsewhere(one, other)

    def _alike(self, one: Reading, other: Reading) -> bool:
        """The words of one are those of the other, and a few more."""
        here, there = self._words(one), self._words(other)
        more, less = _beyond(here, there), _beyond(there, here)
        shared = len(here) - len(more)
        if shared < 2 or (more and less):
            return False
        longer, extra, frame = (here, more, other.frame) if more else (there, less, one.frame)
        if extra and longer[0] in extra:
            return False  # "senior managers" are not "managers"
        told = self.vocabulary.stems(frame).values()
        return len(_beyond(extra, list(told))) * _FEW <= shared

    def _words(self, one: Reading) -> list[str]:
        counted = {kind.removeprefix("count ") for kind in one.values.kinds}
        found = self.vocabulary.stems(one.values.around)
        return [word for stem, word in found.items() if word not in _SMALL and str(stem) not in counted]

    def _named(self, one: Reading, other: Reading) -> bool:
        """A name of one sentence that the other neither says nor stands under."""
        there = other.unit.names
        said = [name.text for name in names(one.quote.text, self.common)]
        return any(not stands(name, there) and _beyond([name.casefold()], there) for name in said)

    def _elsewhere(self, one: Reading, other: Reading) -> bool:
        """The documents are siblings, each for a place, a year or a group of its own."""
        titles = [_title_words(reading.chunk.title) for reading in (one, other)]
        if titles[0] == titles[1] and _folder(one) != _folder(other):
            return True
        if _parallel(*titles) or _parallel(*(_title_words(" ".join(r.chunk.headings[-1:])) for r in (one, other))):
            return True
        years = [set(_YEAR.findall(reading.frame)) for reading in (one, other)]
        if years[0] and years[1] and years[0] != years[1]:
            return True
        if _numbered_apart(one.chunk.title, other.chunk.title) or _dated_apart(one.frame, other.frame):
            return True
        own = [own_names(reading.frame, self.common) for reading in (one, other)]
        whole = [known(f"{reading.frame}\n{reading.quote.text}") for reading in (one, other)]
        strange = [[name for name in own[i] if not stands(name, whole[1 - i])] for i in (0, 1)]
        return bool(strange[0] and strange[1])


def _marks(one: Reading) -> tuple[bool, bool, frozenset[str], frozenset[str]]:
    """What must be alike on both sides: a condition, a negation, how days are counted, for what so much is paid."""
    text = one.quote.text
    measured = frozenset(map(str.casefold, _MEASURED.findall(text)))
    return bool(_CONDITION.search(text)), negated(text), measured, denominators(text)


def _beyond(words: Collection[str], others: Collection[str]) -> list[str]:
    return [word for word in words if not any(_related(word, other) for other in others)]


def _related(word: str, other: str) -> bool:
    """The same, or of one stem: Europe, European."""
    if word == other:
        return True
    length = min(len(word), len(other), max(_ALIKE_LETTERS, max(len(word), len(other)) - 3))
    return length >= _ALIKE_LETTERS and word[:length] == other[:length]


def _title_words(title: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]+", title.casefold())
    return frozenset(words) - KIND_OF_TEXT


def _parallel(one: frozenset[str], other: frozenset[str]) -> bool:
    """ "Leeds site" and "Bremen site": both share a word, and each has one of its own."""
    return bool(one & other and one - other and other - one)


def _numbered_apart(one: str, other: str) -> bool:
    """ "Invoice 4711" and "Invoice 4712"."""
    siblings = _title_words(one) == _title_words(other)
    here, there = (numbers_of(title, in_order=siblings) for title in (one, other))
    return bool(here and there and here != there)


def _dated_apart(one: str, other: str) -> bool:
    here, there = days_of(one), days_of(other)
    return bool(here and there and here.isdisjoint(there))


def _folder(one: Reading) -> PurePosixPath:
    return PurePosixPath(one.chunk.source.replace("\\", "/")).parent
