"""Which words of a text are said to be so, and which are said not to be: negations with what they reach."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generation.verification.polarity import NEGATIONS, plain, words_of
from generation.verification.units import pieces
from generation.verification.words import Vocabulary

_AUXILIARIES = "is|are|was|were|has|have|do|does|did|can|may|must|will|should"
_RELATIVE = re.compile(
    rf"\s(?=whether\b|(?:that|who|which|or)\s(?:not|never)\b|(?:that|who|which|or)\s(?:\w+\s)?(?:{_AUXILIARIES})\s(?:not|no|never)\b)"
)
_SUBORDINATES = frozenset(("that", "who", "which"))
"""Their negation ends with the clause, which no comma need show."""
_OPEN = re.compile(r"\W*whether\b", re.IGNORECASE)
_CONTINUES = re.compile(
    rf"\W*(?:(?:and|but|or|und|aber|oder)\s+)?(?:{_AUXILIARIES}|cannot|not|never|no|nor|they|it|he|she|to|therefore|so|then)\b"
    rf"|.*\b(?:it|they)\s(?:{_AUXILIARIES})\b",
    re.IGNORECASE,
)
"""A piece that leaves out its subject, or only points at it: what the piece before is about, it is about as well."""
_FORWARD = frozenset(
    [
        "without",
        "notthat",
        "except",
        "unless",
        "nor",
        "ohne",
        "ausser",
        "excluding",
        "sans",
        "zonder",
        "senza",
        "avoid",
        "avoids",
        "avoided",
    ]
)
"""They reach what follows; all others the whole piece, as a verb does that is negated."""
_TO_THE_END = frozenset(("except", "unless", "ausser"))
_DETERMINERS = frozenset(("no", "kein", "keine", "keinen", "keinem", "keiner", "keines"))
_INNER = frozenset(["with", "of", "at", "for", "in", "on", "by", "mit", "von", "bei", "für"])
"""Behind one of them "no" is about the next words only."""
_ENDS = NEGATIONS.union(
    [
        "by",
        "in",
        "at",
        "on",
        "for",
        "to",
        "from",
        "until",
        "after",
        "before",
        "during",
        "when",
        "once",
        "because",
        "so",
        "need",
        "needs",
    ],
    _AUXILIARIES.split("|"),
)
_DIGITS = 18
"""Of a number that are compared."""
_ITEM = 2
"""Content words of an item of a list, at most."""
_Signs = dict[int, frozenset[bool]]


@dataclass(frozen=True)
class Piece:
    """Stems that a piece of a text affirms, those that it negates, and of these the ones before the negation.
    `continues` where it leaves out its subject, `listed` where it may be no more than an item of a list."""

    yes: frozenset[int]
    no: frozenset[int]
    subject: frozenset[int]
    continues: bool
    listed: bool


def signed(text: str, vocabulary: Vocabulary) -> list[Piece]:
    """Pieces between commas, conjunctions and relative clauses. Words that an even number of negations reaches are
    affirmed; whole numbers count as words."""
    return [_signed(part, vocabulary) for piece in pieces(plain(text)) for part in _RELATIVE.split(piece)]


def disputes(mine: Sequence[Piece], theirs: Sequence[Piece], affirmed: bool) -> tuple[int, int]:
    """How many words that stand in both texts, and that one of them negates, stand under another sign, and how many
    under the same. A negation of which no more than half the words stand in the other text is about something else.

    Args:
        affirmed: the second text negates nothing, so that one word is enough for a negation of the first.
    """
    here, there = _signs(mine), _signs(theirs)
    shared = here.keys() & there.keys()
    said = _spoken(mine, shared, 0.0 if affirmed else 0.5) | _spoken(theirs, shared, 0.5)
    sure = [stem for stem in said if len(here[stem]) == len(there[stem]) == 1]
    same = sum(here[stem] == there[stem] for stem in sure)
    return len(sure) - same, same


def _signs(found: Sequence[Piece]) -> _Signs:
    """Stem -> whether it is negated, or both. A piece without a subject has that of the piece before, and the items of
    a list have the negation of what stands beside them."""
    signs: _Signs = {}
    for one, after, doubted in zip(found, [*found[1:], None], _doubted(found), strict=True):
        for stem in one.yes | one.no:
            signs[stem] = signs.get(stem, frozenset()) | {stem in one.no} | ({True} if doubted else set())
        if after and after.continues and bool(after.no) != bool(one.no):
            for stem in one.subject if one.no else one.yes:
                signs[stem] |= {bool(after.no)}
    return signs


def _doubted(found: Sequence[Piece]) -> list[bool]:
    """Which pieces are items of a list beside something negated, in either direction."""
    doubted = [False] * len(found)
    for order in (range(len(found)), range(len(found) - 1, -1, -1)):
        negated = False
        for place in order:
            one = found[place]
            doubted[place] |= one.listed and negated
            negated = bool(one.no) or doubted[place]
    return doubted


def _spoken(found: Sequence[Piece], shared: set[int], share: float) -> set[int]:
    return {stem for one in found if len(one.no & shared) > share * len(one.no) for stem in one.no & shared}


def _signed(text: str, vocabulary: Vocabulary) -> Piece:
    """Of "whether ..." nothing: it is left open."""
    if _OPEN.match(text):
        return Piece(frozenset(), frozenset(), frozenset(), continues=False, listed=False)
    yes: set[int] = set()
    no: set[int] = set()
    words = words_of(text)
    for word, negated in _read(words):
        stems = {-1 - int(word[:_DIGITS])} if word.isdecimal() else set(vocabulary.stems(word))
        (no if negated else yes).update(stems)
    first = next((place for place, word in enumerate(words) if word in NEGATIONS), 0)
    subject = frozenset(vocabulary.stems(" ".join(words[:first])))
    return Piece(
        frozenset(yes), frozenset(no), subject & frozenset(no), bool(_CONTINUES.match(text)), len(yes) <= _ITEM
    )


def _read(words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    reaches = [_reach(words, place) for place, word in enumerate(words) if word in NEGATIONS]
    for place, word in enumerate(words):
        if word not in NEGATIONS:
            yield word, sum(start <= place < end for start, end in reaches) % 2 == 1


def _reach(words: Sequence[str], place: int) -> tuple[int, int]:
    word, before = words[place], words[place - 1] if place else ""
    if word in _TO_THE_END:
        return place, len(words)
    ends = (end for end in range(place + 2, len(words)) if words[end] in _ENDS)
    if word in _FORWARD or (word in _DETERMINERS and before in _INNER):
        return place, next(ends, len(words))
    return 0, next(ends, len(words)) if words[0] in _SUBORDINATES else len(words)
