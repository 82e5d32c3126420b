"""Numbers that are written in words: "twenty-five", "two hundred and fifty", "zwölf"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
_GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_WORDS = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
    **{
        f"{ten}{sign}{_ONES.split()[one]}": 10 * n + one
        for n, ten in enumerate(_TENS.split(), 2)
        for one, sign in product(range(1, 10), "- ")
    },
    **{word: number for number, word in enumerate(_ORDINALS.split(), start=3)},
    **{word: number for number, word in enumerate(_GERMAN.split())},
    **{word: 10 * number for number, word in enumerate(_GERMAN_TENS.split(), start=2)},
    "dreissig": 30,  # in Switzerland, and what `casefold` makes of it
    **dict.fromkeys(("once", "single", "ein", "eine", "einen", "einem", "einer", "first"), 1),
    **dict.fromkeys(("twice", "both", "pair", "couple", "second"), 2),
    "thrice": 3,
    "dozen": 12,
    "fortnight": 14,
    "hundred": 100,
    "thousand": 1000,
}
_SCALES = {
    **{"hundred": 100, "thousand": 1000, "tausend": 1000, "million": 10**6, "millionen": 10**6},
    **{"billion": 10**9, "milliarde": 10**9, "milliarden": 10**9},
}
_WEAK_WORDS = """zero null one once single ein eine einen einem einer first second both pair couple
    hundred thousand"""
_WEAK = frozenset(_WEAK_WORDS.split())
"""Words that mean no number as often as they mean one."""
_EITHER = "|".join(sorted(_WORDS, key=len, reverse=True))
_WORD = re.compile(rf"(?<![\w-])(?:{_EITHER})(?!\w)", re.IGNORECASE)
_SCALED = re.compile(
    rf"(?<![\w-])(?P<first>{_EITHER})[\s-](?P<rest>(?:{'|'.join(_SCALES)})"
    rf"(?:[\s-](?:and[\s-])?(?:{_EITHER}|{'|'.join(_SCALES)}))*)(?!\w)",
    re.IGNORECASE,
)
_ARTICLES = frozenset(["ein", "eine", "einen", "einem", "einer"])
_GERMAN_ONES = "eins?|zwei|drei|vier|fünf|sechs?|sieb(?:en)?|acht|neun"
_INFLECTED = re.compile(
    rf"(?!ein$)(?:(?:{_GERMAN_ONES}|zehn|elf|zwölf|zwanzig|dreissig|hundert|tausend|zig)(?:und)?)+"
    r"|half|halb\w*|einmal|zweimal|dreimal|erste\w?|zweite\w?|dritte\w?"
)
"""Words, as `casefold` writes them, that say a number without one word for each."""
_STEP = re.compile(rf"{_EITHER}|{'|'.join(_SCALES)}", re.IGNORECASE)


@dataclass(frozen=True)
class Spelled:
    """`text[start:end]` means `value`; a `weak` one may be no number at all ("one of them")."""

    word: str
    value: int
    start: int
    end: int
    weak: bool


def spelled(text: str) -> Iterator[Spelled]:
    """Two hundred is one number, not a two and a hundred."""
    taken: list[tuple[int, int]] = []
    for found in _SCALED.finditer(text):
        if found["first"].casefold() in _SCALES:
            continue
        taken.append(found.span())
        yield Spelled(found.group(), _value(found["first"], found["rest"]), *found.span(), False)
    for found in _WORD.finditer(text):
        if not any(start <= found.start() < end for start, end in taken):
            word = found.group().casefold()
            yield Spelled(found.group(), _WORDS[word], *found.span(), word in _WEAK)


def is_number(word: str) -> bool:
    return word.casefold() in _WORDS


def counts(word: str) -> bool:
    """Whether a word, as `casefold` writes it, says how many, how often or which in order; articles do not."""
    return (word in _WORDS and word not in _ARTICLES) or word in _SCALES or bool(_INFLECTED.fullmatch(word))


def _value(first: str, rest: str) -> int:
    total, current = 0, _WORDS[first.casefold()]
    for found in _STEP.finditer(rest):
        word = found.group().casefold()
        scale = _SCALES.get(word)
        if scale is None:
            current += _WORDS[word]
        elif scale == _SCALES["hundred"]:
            current *= scale
        else:
            total, current = total + current * scale, 0
    return total + current
