"""Whether two texts say the same nearly word by word, and which of many one of them repeats."""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import ceil

from ingest.number_words import counts
from retrieval.statements import contrary, signs, turns

_WORD = re.compile(r"\w+")
_NEGATION = re.compile(
    r"not|t|no|non|nor|never|none|nobody|nothing|nowhere|neither|cannot|without|except|excluding|unless|only"
    r"|nicht|nichts|kein\w*|nie|niemals|niemand\w*|nirgends|weder|ohne|ausser|ausgenommen|nur"
)
"""As `casefold` writes them; what `_WORD` finds of "don't" is "don" and "t"."""
_PER = {"per", "pro", "je", "each", "every"}
_SHINGLE = 3
_REMEMBERED = 50_000
"""Words."""


@dataclass(frozen=True)
class Fingerprint:
    """Runs of words; how often each word occurs; which of them change what is said: names, numbers, negations,
    opposites, lengths of time; numbers and "per" with the word behind each, which is often a unit; signs and
    addresses."""

    shingles: frozenset[tuple[str, ...]]
    words: Counter[str]
    telling: frozenset[str]
    amounts: Counter[tuple[str, str]]
    signs: Counter[str]

    @cached_property
    def marks(self) -> Hashable:
        """What is equal in copies: amounts and signs."""
        return frozenset(self.amounts.items()), frozenset(self.signs.items())


class Filed:
    """Fingerprints, filed so that a new one is compared with few of them.

    Args:
        threshold: Jaccard similarity from which on two are copies, in (0, 1].
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._under: defaultdict[Hashable, list[Fingerprint]] = defaultdict(list)

    def add_new(self, one: Fingerprint) -> bool:
        """Whether it is no copy of one that was added before, and is added therefore."""
        if any(_overlap(one, other) >= self._threshold and not _differ(one, other) for other in self._like(one)):
            return False
        for key in (one.marks, *one.words.items(), *one.shingles):
            self._under[key].append(one)
        return True

    def _like(self, one: Fingerprint) -> list[Fingerprint]:
        """Those that may be copies of it: the fewest that have something in common without which they are none."""
        fewest = min((self._under.get(key, []) for key in self._shared(one)), key=len)
        few = self._with_runs(one, len(fewest))
        return fewest if few is None else few

    def _shared(self, one: Fingerprint) -> Iterator[Hashable]:
        yield one.marks
        yield from ((word, one.words[word]) for word in one.telling)

    def _with_runs(self, one: Fingerprint, most: int) -> list[Fingerprint] | None:
        """Copies lack so few runs of words that one of the rarest is in each. None where these are not fewer than
        `most`."""
        rows = sorted((self._under.get(run, []) for run in one.shingles), key=len)
        rarest = rows[: len(rows) - ceil(self._threshold * len(rows)) + 1]
        return [other for row in rarest for other in row] if sum(map(len, rarest)) < most else None


def fingerprint(text: str) -> Fingerprint:
    written = _WORD.findall(text)
    words = [word.casefold() for word in written]
    runs = frozenset(tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1)))
    telling = frozenset(word for word, form in zip(words, written, strict=True) if form[0].isupper() or _tells(word))
    amounts = Counter(pair for pair in pairwise(words) if pair[0] in _PER or _is_number(pair[0]))
    return Fingerprint(runs, Counter(words), telling, amounts, signs(text))


@lru_cache(_REMEMBERED)
def _tells(word: str) -> bool:
    return _is_number(word) or turns(word) or _NEGATION.fullmatch(word) is not None


@lru_cache(_REMEMBERED)
def _is_number(word: str) -> bool:
    return any(map(str.isdigit, word)) or counts(word)


def alike(one: Fingerprint, other: Fingerprint) -> float:
    """Jaccard similarity of the runs of words; 0 where a name, a number or a negation occurs in one more often: a limit
    of 150 is not one of 180, 30 days are not 30 hours, and what is allowed in France is not what is not allowed in
    Germany."""
    return 0.0 if _differ(one, other) else _overlap(one, other)


def _overlap(one: Fingerprint, other: Fingerprint) -> float:
    both = len(one.shingles & other.shingles)
    return both / (len(one.shingles) + len(other.shingles) - both)


def _differ(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether they state different things, however many words they share."""
    return (
        one.marks != other.marks
        or any(one.words[word] != other.words[word] for word in one.telling | other.telling)
        or contrary(one.words.keys(), other.words.keys())
    )
