"""Which words of a text are said to be so, and which are said not to be: negations with what they reach."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generation.verification.polarity import NEGATIONS, tokens
from generation.verification.units import pieces
from generation.verification.words import Vocabulary

_RELATIVE = re.compile(
    r"\s(?=(?:that|who|which|or)\s(?:is|are|was|were|has|have|do|does|did|can|cannot|may|must|will|not|never)\b)"
)
_CONTINUES = re.compile(
    r"^\W*(?:(?:and|but|or|und|aber|oder)\s+)?(?:are|is|was|were|has|have|do|does|did|can|cannot|may|must|will|should|not|never"
    r"|no|nor|they|it|he|she|to|therefore|so|then|for|in|on|at|without|unless|until|if|when)\b",
    re.IGNORECASE,
)
"""A piece that leaves out its subject, or only points at it: what the piece before is about, it is about as well."""
_FORWARD = frozenset("without except unless nor ohne außer excluding avoid avoids avoided".split())
"""They reach what follows; all others the whole piece, as a verb does that is negated."""
_DETERMINERS = frozenset(("no", "kein", "keine", "keinen", "keinem", "keiner", "keines"))
_INNER = frozenset("with of at for in on by mit von bei für".split())
"""Behind one of them "no" is about the next words only."""
_ENDS = frozenset("by in at on for to from until after before during when once because so".split())


@dataclass(frozen=True)
class Piece:
    """Stems that a piece of a text affirms, and those that it negates."""

    yes: frozenset[int]
    no: frozenset[int]
    continues: bool


def signed(text: str, vocabulary: Vocabulary) -> list[Piece]:
    """Pieces between commas, conjunctions and relative clauses. Words that an even number of negations reaches are
    affirmed."""
    return [_signed(part, vocabulary) for piece in pieces(text) for part in _RELATIVE.split(piece)]


def disputes(mine: list[Piece], theirs: list[Piece]) -> tuple[int, int]:
    """How many words that stand in both texts, and that one of them negates, stand under another sign, and how many
    under the same. Negations of which less than half the words stand in the other text are about something else."""
    here, there = _signs(mine), _signs(theirs)
    said = _spoken(mine, here.keys() & there.keys()) | _spoken(theirs, here.keys() & there.keys())
    same = sum(bool(here[stem] & there[stem]) for stem in said)
    return len(said) - same, same


def _signs(found: list[Piece]) -> dict[int, frozenset[bool]]:
    """Stem -> whether it is negated, or both. A piece without a subject passes its sign to the piece before."""
    signs: dict[int, frozenset[bool]] = {}
    for one, after in zip(found, [*found[1:], None], strict=True):
        passed = bool(after.no) if after and after.continues else None
        for stem in one.yes | one.no:
            own = {stem in one.no} | ({passed} if passed is not None else set())
            signs[stem] = signs.get(stem, frozenset()) | own
    return signs


def _spoken(found: list[Piece], shared: frozenset[int] | set[int]) -> set[int]:
    return {stem for one in found if 2 * len(one.no & shared) > len(one.no) for stem in one.no & shared}


def _signed(text: str, vocabulary: Vocabulary) -> Piece:
    yes: set[int] = set()
    no: set[int] = set()
    for word, negated in _read(tokens(text)):
        (no if negated else yes).update(vocabulary.stems(word))
    return Piece(frozenset(yes), frozenset(no), bool(_CONTINUES.match(text)))


def _read(words: list[str]) -> Iterator[tuple[str, bool]]:
    reaches = [_reach(words, place) for place, word in enumerate(words) if word in NEGATIONS]
    for place, word in enumerate(words):
        if word not in NEGATIONS:
            yield word, sum(start <= place < end for start, end in reaches) % 2 == 1


def _reach(words: list[str], place: int) -> tuple[int, int]:
    word, before = words[place], words[place - 1] if place else ""
    if word not in _FORWARD and not (word in _DETERMINERS and before in _INNER):
        return 0, len(words)
    ends = (end for end in range(place + 2, len(words)) if words[end] in _ENDS)
    return place, next(ends, len(words))
