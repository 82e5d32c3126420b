"""What comes before what: whether a statement turns that round."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generation.verification.units import facts_of
from generation.verification.words import Vocabulary

_POINT = (
    r"(?=\s(?:(?:the|dem|der) )?(?:very )?(?:first|last|next|end|start|beginning|day|date|moment|time|due|deadline)\b)"
)
_BEFORE = (
    rf"before|prior to|ahead of|in advance of|earlier than|not? later than|(?:un)?till?|by{_POINT}"
    r"|bevor|ehe|vor|bis(?: zu[mr]?)?|früher als"
)
_AFTER = (
    rf"after|following(?=\s(?:the|an?|his|her|their|its|your|our)\b)|later than|as soon as|(?:from|as of){_POINT}"
    r"|once(?=\s(?:the|an?|you|your|it|they|he|she|all|\w+ed)\b(?! (?:day|week|month|quarter|year|night|hour|shift)\b))"
    r"|nachdem|nach|sobald|ab(?: dem| der)?|später als"
)
_NOT_SO = r"(?!\s(?:which|that|this|all)\b)"
"""Behind it what comes first has been said before: "after which"."""
_WORD = re.compile(rf"\b(?:(?P<before>{_BEFORE})|(?:{_AFTER}))\b{_NOT_SO}", re.IGNORECASE)
_BREAK = re.compile(r"[.;:]\s|,?\s(?:but|while|whereas|aber|während)\s|,\s(?:and|und)\s", re.IGNORECASE)
_BOTH = re.compile(
    r"\b(?:before|vor)(?: \w+)? (?:and|or|und|oder) (?:\w+ )?(?:after|nach)\b"
    r"|\b(?:after|nach)(?: \w+)? (?:and|or|und|oder) (?:\w+ )?(?:before|vor)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r",|\s(?:and|or|und|oder)\s|\b(?:wird|werden|wurden?|ist|sind|muss|müssen|kann|können|darf|dürfen|soll(?:en)?)\b",
    re.IGNORECASE,
)
"""In German the verb ends what stands before it: "Nach der Reise wird ..."."""


@dataclass(frozen=True)
class Relation:
    """What of two things comes first, as stems, numbers and dates that the other has not, with the words of both."""

    first: frozenset[object]
    second: frozenset[object]
    said: str


def relation(first: frozenset[object], second: frozenset[object], said: str) -> Relation:
    return Relation(first - second, second - first, " ".join(said.split()))


def without_order(text: str) -> str:
    """Without the words that say what comes first."""
    return _WORD.sub(" ", text)


def turned(statement: str, source: str, vocabulary: Vocabulary) -> tuple[bool, list[tuple[str, str]]]:
    """Whether both texts say in which order the same things come; and what each says, where that is not the same."""
    theirs = list(_relations(source, vocabulary))
    found = [(one, *agreement(one, theirs)) for one in _relations(statement, vocabulary)]
    against = [(one.said, other.said) for one, sign, other in found if sign < 0 and other]
    return any(sign for _, sign, _ in found), against[:1]


def agreement(one: Relation, others: Sequence[Relation]) -> tuple[int, Relation | None]:
    """1 where a relation is as like one of the others as the reverse of any, -1 where it is more like a reverse, which
    is given, too; 0 where neither."""
    same = max((_shared(one.first, other.first, one.second, other.second) for other in others), default=0)
    scored = [(_shared(one.first, other.second, one.second, other.first), other) for other in others]
    against, reverse = max(scored, key=lambda item: item[0], default=(0, None))
    return (1 if same and same >= against else -1 if against else 0), reverse


def features(text: str, vocabulary: Vocabulary) -> frozenset[object]:
    """Stems, numbers and dates."""
    facts = facts_of(text, vocabulary)
    numbers = frozenset(value for one in facts.quantities if not one.weak for value in one.values)
    return facts.stems | numbers | {(one.month, one.day) for one in facts.dates}


def _shared(
    one: frozenset[object], other: frozenset[object], third: frozenset[object], fourth: frozenset[object]
) -> int:
    """How much two pairs have in common; nothing where one of them has nothing."""
    left, right = len(one & other), len(third & fourth)
    return left + right if left and right else 0


def _relations(text: str, vocabulary: Vocabulary) -> Iterator[Relation]:
    for clause in _BREAK.split(_BOTH.sub(" ", text)):
        words = list(_WORD.finditer(clause))
        start = 0
        for word, limit in zip(words, [*(one.start() for one in words[1:]), len(clause)], strict=False):
            end = next((one.start() for one in _ENDS.finditer(clause, word.end(), limit)), limit)
            main = clause[start : word.start()]
            if not features(main, vocabulary):  # "Before the trip, book the hotel"
                main = clause[end:limit]
            start = end
            yield _relation(main, word, clause[word.end() : end], vocabulary)


def _relation(main: str, word: re.Match[str], other: str, vocabulary: Vocabulary) -> Relation:
    here, there = features(main, vocabulary), features(other, vocabulary)
    said = f"{main} {word.group()} {other}".strip(" .,")
    return relation(here, there, said) if word["before"] else relation(there, here, said)
