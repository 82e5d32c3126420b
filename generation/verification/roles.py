"""Who does what to whom: whether two names of a sentence have changed places."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

from generation.verification.names import POSSESSIVE, TOKEN
from generation.verification.numbers import Span

_OWNS = re.compile(r"(?: [A-ZÄÖÜ][\w-]*)*['’]s?(?!\w)")
"""Behind a name, or behind the rest of it."""
_OF = re.compile(r"\b(?:of|von) (?:[A-ZÄÖÜ][\w-]* )?$")
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|being|be|wird|werden|wurden?|worden)\b.*\b(?:by|von|durch)\b", re.IGNORECASE
)
_IS = re.compile(r"\b(?:is|are|was|were|ist|sind|war|waren)\b", re.IGNORECASE)
_BEHIND = re.compile(r"\b(?i:of|for|in|on|at|to|with|von|für|im|am)\s(?:(?i:the)\s)?(?:[A-ZÄÖÜ][\w-]*\s)?$")
_SCENE = re.compile(r"\b(?i:in|on|at|during|since|until|for|im|am|seit|bis)\s(?:(?i:the)\s)?(?:[A-ZÄÖÜ][\w-]*\s)?$")
"""Before the name of where or when something is done, which does nothing to anyone."""
_SMALL = frozenset(["the", "a", "an", "of", "in", "for", "at", "on", "our", "its", "der", "die", "das", "von"])
_AGENTS = {"by", "from", "von", "durch"}
_BOTH = {"and", "or", "und", "oder", "but", "while", "whereas"}
_COMMON = 4
"""Letters that forms of one word begin with alike: manages, managed, manager."""
_FAR = 200
"""Characters: of names further apart none does anything to the other."""
_PLACES = tuple[Span, Span]


def inverted(said: Sequence[str], source: str, statement: str) -> tuple[str, str] | None:
    """Two names that change places: "A manages B" where the source has "B manages A", both or neither in the passive,
    or "A is managed by B" where it has "A manages B".

    Names with nothing but `and`, commas and other names between them may stand in any order.
    """
    places = {word: (_place(word, statement), _place(word, source)) for word in dict.fromkeys(said)}
    whole = [(word, (here, there)) for word, (here, there) in places.items() if here and there]
    for (word, first), (other, second) in permutations(whole, 2):
        if first[0][1] <= second[0][0] <= first[0][1] + _FAR and _changed(statement, source, first, second):
            return word, other
    return None


def _changed(statement: str, source: str, first: _PLACES, second: _PLACES) -> bool:
    """Of two names, in the order of the statement, each with its place there and in the source."""
    if any(
        _SCENE.search(statement, 0, here[0]) and _SCENE.search(source, 0, there[0]) for here, there in (first, second)
    ):
        return False
    mine = _between(statement, first[0], second[0])
    if first[1][1] <= second[1][0]:
        theirs = _between(source, first[1], second[1])
        return _links(mine) and _links(theirs) and _other_voice(mine, theirs)
    if second[1][1] > first[1][0]:
        return False
    theirs = _between(source, second[1], first[1])
    tied = all(_tied(statement, here) == _tied(source, there) for here, there in (first, second))
    if tied and _turned_round(mine, theirs):
        return False
    voices = _of_an_agent(mine) == _of_an_agent(theirs)
    owners = _owned(statement, first[0], mine) == _owned(source, second[1], theirs)
    return _links(mine) and _links(theirs) and voices and owners


def _turned_round(mine: str, theirs: str) -> bool:
    """ "The head of sales is A" and "A is the head of sales": what one has before its only "is", the other has behind
    it."""
    here, there = ([set(_lower(side)) - _SMALL for side in _IS.split(text)] for text in (mine, theirs))
    return len(here) == len(there) == 2 and here == there[::-1]


def _tied(text: str, name: Span) -> bool:
    """Behind a preposition or with a possessive, so that it is not the name that is said to be someone."""
    return bool(_BEHIND.search(text, 0, name[0]) or _OWNS.match(text, name[1]))


def _between(text: str, one: Span, other: Span) -> str:
    return text[one[1] : other[0]]


def _owned(text: str, name: Span, behind: str) -> bool:
    """ "A's manager is B" and "the manager of A is B" say what B does."""
    return bool(_OWNS.match(behind) or _OF.search(text, 0, name[0]))


def _other_voice(mine: str, theirs: str) -> bool:
    """One of them in the passive, or with a possessive and someone who does it ("A's manager is"), the other not, and
    both with one verb."""
    for one, other in ((mine, theirs), (theirs, mine)):
        if _of_an_agent(other) or _OWNS.match(other):
            continue
        shared = _stems(one) & _stems(other)
        if _PASSIVE.search(one) and not _OWNS.match(one) and shared:
            return True
        if _OWNS.match(one) and any(word.endswith(("er", "or")) and word[:_COMMON] in shared for word in _lower(one)):
            return True
    return False


def _stems(between: str) -> set[str]:
    return {word[:_COMMON] for word in _lower(between) if len(word) > _COMMON}


def _place(word: str, text: str) -> Span | None:
    found = re.search(rf"(?<!\w){re.escape(POSSESSIVE.sub('', word))}(?!\w)", text, re.IGNORECASE)
    return found.span() if found else None


def _links(between: str) -> bool:
    words = set(_lower(between))
    return bool(words) and not _BOTH & words


def _of_an_agent(between: str) -> bool:
    return bool(_AGENTS & set(_lower(between)))


def _lower(text: str) -> Iterator[str]:
    return (match.group() for match in TOKEN.finditer(text) if match.group()[0].islower())
