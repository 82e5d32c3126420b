"""Content words of texts, by the stems that the index knows."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

from generation.verification.numbers import is_unit
from ingest.sentences import seen_in_lower_case

Terms: TypeAlias = Callable[[str], frozenset[int]]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ANSWERING = """yes no according passage document text table states stated says mentioned mentions listed lists ja
    nein laut
    also only just however therefore additionally may must can shall should would could need needs has have had been
    being not never cannot without none nor per whether either each every any such same one two three four five six
    seven eight nine ten eleven twelve use uses used take takes took taken place make makes made run runs number amount
    amounts come comes go goes give gives given apply applies further another other different
    get gets got getting together roughly about approximately around something anything everything someone already
    currently simply otherwise possible please ones"""
"""Words of the answer itself, those that mean little beside others, and those that other checks look at."""
_ALIKE = {
    word: group.split()[0]
    for group in (
        "price cost costs costing fee fees charge charges",
        "buy buys bought purchase purchases purchased",
        "start starts started begin begins began begun commence commences",
        "end ends ended finish finishes finished",
        "allowed allow allows permitted permit permits",
        "forbidden prohibited banned",
        "staff employee employees personnel workers",
        "return returns returned returning",
        "needed need needs required require requires necessary",
        "help support assistance",
        "car cars vehicle vehicles",
        "phone phones telephone telephones",
        "email e-mail mail",
        "sick ill",
        "keep keeps kept keeping",
        "sell sells sold selling",
        "pay pays paid paying",
        "send sends sent sending",
        "build builds built building",
        "bring brings brought bringing",
        "choose chooses chose chosen choosing",
        "find finds found finding",
        "hold holds held holding",
        "know knows knew known",
        "lead leads led leading",
        "leave leaves left leaving",
        "lend lends lent lending",
        "lose loses lost losing",
        "meet meets met meeting",
        "say says said saying",
        "see sees saw seen seeing",
        "speak speaks spoke spoken speaking",
        "spend spends spent spending",
        "stand stands stood standing",
        "teach teaches taught teaching",
        "tell tells told telling",
        "win wins won winning",
        "wear wears wore worn wearing",
        "write writes wrote written writing",
        "drive drives drove driven driving",
        "eat eats ate eaten eating",
        "fly flies flew flown flying",
        "sing sings sang sung singing",
        "break breaks broke broken breaking",
        "holiday holidays vacation leave",
        "monday mondays mon",
        "tuesday tuesdays tue tues",
        "wednesday wednesdays wed",
        "thursday thursdays thu thur thurs",
        "friday fridays fri",
        "saturday saturdays sat",
        "sunday sundays sun",
    )
    for word in group.split()
}
"""Words that people use for one another whatever they speak of."""
_SKIPPED = frozenset(_ANSWERING.split())
_REMEMBERED = 20_000
_ENGLISH = 0.65


class Vocabulary:
    """Stems of single words, remembered: the callable is far slower for a word than a look-up."""

    def __init__(self, terms: Terms) -> None:
        self._stem = lru_cache(_REMEMBERED)(terms)

    def stems(self, text: str) -> dict[int, str]:
        """Stem -> the word, in the order of the text, without stop words and numbers."""
        found: dict[int, str] = {}
        for match in _WORD.finditer(text):
            word = match.group().casefold()
            if word not in _SKIPPED and not is_unit(word):
                for stem in self._stem(_ALIKE.get(word, word)):
                    found.setdefault(stem, word)
        return found


def in_english(text: str) -> bool:
    """Whether most words without a capital are in the English texts that Punkt learnt from: 95 % of the sentences of
    XQuAD (en), 1 % of those in German, Arabic and Chinese. Without such words: yes."""
    words = [word for word in _WORD.findall(text) if not word[0].isupper()]
    return not words or sum(map(seen_in_lower_case, words)) >= _ENGLISH * len(words)


def covered(words: Iterable[int], *texts: Iterable[int]) -> float:
    """Share of the words that stand in one of the texts; 1 without words."""
    asked, there = set(words), set().union(*texts)
    return len(asked & there) / len(asked) if asked else 1.0
