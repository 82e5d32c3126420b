"""Acronyms that a document explains."""

import re
from collections import Counter
from collections.abc import Iterator

_SHORT = r"[A-Z][A-Za-z]?[A-Z&]{1,8}s?"
_IN_BRACKETS = re.compile(rf"[ \t]\(({_SHORT})\)")
_SHORT_FIRST = re.compile(rf"(?<![\w-])({_SHORT})[ \t]\(([^()\n]{{3,120}})\)")
_CLAUSE_END = re.compile(r"[.,;:!?()\n]")
_BEFORE = 120
"""Characters in which an explanation stands before its acronym."""


def acronyms(text: str) -> Counter[tuple[str, str]]:
    """How often each (acronym, what it stands for) is explained: "Chief Information Security Officer (CISO)" and
    "CISO (Chief Information Security Officer)"."""
    return Counter(_explained(text))


def _explained(text: str) -> Iterator[tuple[str, str]]:
    for match in _IN_BRACKETS.finditer(text):
        before = _CLAUSE_END.split(text[max(0, match.start() - _BEFORE) : match.start()])[-1]
        if long := long_form(match[1], before):
            yield match[1], long
    for match in _SHORT_FIRST.finditer(text):
        if (long := long_form(match[1], match[2])) and long == match[2]:
            yield match[1], long


def long_form(short: str, before: str) -> str | None:
    """The end of `before` that an acronym abbreviates, after Schwartz and Hearst (A Simple Algorithm for Identifying
    Abbreviation Definitions, 2003): its letters occur in that order, the first one at the beginning of a word. None
    where there is no such end, or where it is longer than an explanation would be.
    """
    letters = [letter for letter in short.removesuffix("s").lower() if letter.isalnum()]
    lowered = before.lower()
    if len(lowered) != len(before):  # some letters of other scripts become two
        return None
    at = len(before)
    for number, letter in reversed(list(enumerate(letters))):
        at = lowered.rfind(letter, 0, at)
        while number == 0 and at > 0 and (before[at - 1].isalnum() or before[at - 1] in "'’"):
            at = lowered.rfind(letter, 0, at)
        if at < 0:
            return None
    long = before[at:]
    words = long.split()
    return long if 1 < len(words) <= min(len(letters) + 5, 2 * len(letters)) and short not in words else None
