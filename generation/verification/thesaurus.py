"""Which words mean much the same, and which the opposite, as WordNet has them (Miller 1995, "WordNet: A Lexical
Database for English")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from generation.verification.words import Terms, Vocabulary

_FILE = Path(__file__).parent / "wordnet.txt"
_MEASURES = frozenset(("high", "long", "deep", "wide", "thick", "old", "tall", "far"))
"""What is two metres high need not be called high."""
_Links = Mapping[int, frozenset[int]]


@dataclass(frozen=True)
class Thesaurus:
    """Stem -> stems of words that mean the same or are of one family, and of words that mean the opposite."""

    alike: _Links
    opposite: _Links

    def covers(self, stem: int, there: frozenset[int] | set[int]) -> bool:
        return stem in there or bool(self.alike.get(stem, frozenset()) & there)

    def opposites(self, mine: Mapping[int, str], theirs: Mapping[int, str]) -> list[tuple[str, str]]:
        """Words of one text with their opposites in the other, where neither text has both."""
        only = {stem: word for stem, word in mine.items() if stem not in theirs and word not in _MEASURES}
        pairs = (
            (word, theirs[other])
            for stem, word in only.items()
            for other in self.opposite.get(stem, frozenset()) & theirs.keys()
            if other not in mine
        )
        return [*pairs, *_prefixed(mine.values(), theirs.values())]


@lru_cache(8)
def thesaurus(terms: Terms) -> Thesaurus:
    """Read once for each kind of stems."""
    stems = Vocabulary(terms).stems
    alike: dict[int, set[int]] = {}
    opposite: dict[int, set[int]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        kind, _, words = line.partition(" ")
        if kind == "=":
            _link(alike, stems(words))
        elif kind == "!":
            for form in (words.split(), list(map(_comparative, words.split()))):
                _link(opposite, stems(" ".join(form)))
    return Thesaurus(_frozen(alike), _frozen(opposite))


def _link(links: dict[int, set[int]], group: Iterable[int]) -> None:
    every = set(group)
    for stem in every:
        links.setdefault(stem, set()).update(every - {stem})


def _frozen(links: dict[int, set[int]]) -> _Links:
    return {stem: frozenset(others) for stem, others in links.items()}


def _comparative(word: str) -> str:
    """Deeper, wider, drier, thinner; what is no adjective becomes no word at all."""
    if word.endswith("e"):
        return f"{word}r"
    if word.endswith("y"):
        return f"{word[:-1]}ier"
    doubled = len(word) > 2 and word[-1] not in "aeiouwxy" and word[-2] in "aeiou" and word[-3] not in "aeiou"
    return f"{word}{word[-1]}er" if doubled else f"{word}er"


def _prefixed(mine: Iterable[str], theirs: Iterable[str]) -> list[tuple[str, str]]:
    """Such as "unopened" and "opened"."""
    here, there = set(mine) - set(theirs), set(theirs) - set(mine)
    return [(word, word[2:]) for word in here if word.startswith("un") and word[2:] in there] + [
        (word[2:], word) for word in there if word.startswith("un") and word[2:] in here
    ]
