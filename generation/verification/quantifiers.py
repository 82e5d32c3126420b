"""Of how many, or how often, something is said: most are not all, and some are not many."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generation.verification.numbers import is_unit
from generation.verification.polarity import restricts
from generation.verification.words import Vocabulary

_SOME, _MANY, _MOST, _ALL = 2, 3, 4, 5
_SHARES = (
    (1, _SOME, r"(?<!a )(?<!the )few|hardly any|wenige"),
    (1, _MOST, r"not (?:all|every)|nicht (?:alle|jede[nrms]?)"),
    (_SOME, _ALL, r"some(?! \d)|several|a few|certain|einige|manche|mehrere"),
    (_MANY, _ALL, r"many|numerous|half(?: of)?|viele|die hälfte"),
    (_MOST, _MOST, r"(?:nearly|almost) (?:all|every)|fast alle"),
    (_MOST, _ALL, r"(?<!the )(?<!at )most|(?:the|a) (?:large |vast |great )?majority of|die meisten"),
    (_ALL, _ALL, r"all|every|each|sämtliche|alle|jede[nrms]?"),
)
_FREQUENCIES = (
    (1, _SOME, r"rarely|seldom|hardly ever|selten"),
    (1, _MOST, r"not always|nicht immer"),
    (_SOME, _ALL, r"sometimes|occasionally|now and then|manchmal|gelegentlich"),
    (_MANY, _ALL, r"often|frequently|häufig|oft"),
    (_MOST, _MOST, r"(?:nearly|almost) always|fast immer"),
    (
        *(_MOST, _ALL),
        r"usually|generally|normally|mostly|typically|as a rule|in general|meistens?|normalerweise|in der regel",
    ),
    (_ALL, _ALL, r"always|without exception|at (?:all times|any time)|immer|stets|jederzeit|ausnahmslos"),
)
"""The fewest and the most that a word speaks of, from few to all."""
_PARTITIVE = r"(?:\s(?:of|the|our|its|their|your|these|those|der|die|den|unserer))*"


def _pattern(words: Iterable[tuple[int, int, str]], behind: str) -> re.Pattern[str]:
    named = "|".join(rf"(?P<_{least}{most}>{forms})" for least, most, forms in words)
    return re.compile(rf"\b(?P<only>(?:only|nur)\s)?(?:{named})\b{behind}", re.IGNORECASE)


_OF_THINGS = _pattern(_SHARES, rf"(?={_PARTITIVE}\s(?P<of>[^\W\d][\w'’-]*(?:\s[\w'’-]+)?))")
_OF_TIMES = _pattern(_FREQUENCIES, "(?P<of>)")


@dataclass(frozen=True)
class _Share:
    """Of what, as a stem, none of how often; of at least and at most how many."""

    text: str
    of: int | None
    least: int
    most: int

    @property
    def excludes(self) -> bool:
        """It says that there are others."""
        return self.least < _MOST and self.most < _ALL


def other_share(statement: str, source: str, vocabulary: Vocabulary) -> str:
    """Where a statement says of more, or of clearly fewer, what its passage says of some, for people."""
    mine, theirs = (list(_shares(text, vocabulary)) for text in (statement, source))
    for one in mine:
        same = [other for other in theirs if one.of == other.of]
        if same and not any(_follows(one, other) for other in same):
            return f"it says “{one.text}” where the passage says “{same[0].text}”"
    words = {} if restricts(statement) else vocabulary.stems(statement)
    unsaid = (
        one.text for one in theirs if one.excludes and one.of in words and not any(one.of == my.of for my in mine)
    )
    return next((f"it leaves out “{text}” of the passage" for text in unsaid), "")


def _follows(one: _Share, other: _Share) -> bool:
    """What is said of a few may be said of some."""
    return one.least <= max(other.least, _SOME) and other.least <= one.most


def _shares(text: str, vocabulary: Vocabulary) -> Iterator[_Share]:
    """Not "every day", which is how often."""
    for found in (*_OF_THINGS.finditer(text), *_OF_TIMES.finditer(text)):
        of = next(iter(vocabulary.stems(found["of"])), None)
        if (of is None) == (not found["of"]) and not is_unit(found["of"].partition(" ")[0]):
            least, most = next(
                (int(name[1]), int(name[2])) for name, said in found.groupdict().items() if said and name[0] == "_"
            )
            yield _Share(found.group(), of, least, min(most, _MANY) if found["only"] else most)
