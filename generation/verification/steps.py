"""By how much something changes against what it comes to, and ends of a range against what lies beyond them."""

import re
from collections.abc import Sequence

from generation.verification.numbers import Quantity, same
from generation.verification.polarity import restricts

_STEPS = {"from": "from", "von": "from", "to": "to", "auf": "to", "by": "by", "um": "by"}
_STEP = re.compile(rf"(?<!\bup )\b({'|'.join(_STEPS)})\s$", re.IGNORECASE)
_BEYOND = re.compile(r"\b(?:above|below|over|under|über|unter)\s$", re.IGNORECASE)
_BEGINS = re.compile(r"\b(?:between|zwischen|from|von)\s$", re.IGNORECASE)
_AND = re.compile(r"[^;.]{0,12}?(?:\b(?:to|and|bis|und)\b|[–-])\s?[€$£]?\s?\d", re.IGNORECASE)
_TO = re.compile(r"\d[^;.\s]*(?:\s\w+)?\s?(?:\b(?:to|bis)\s|[–-])\s?[€$£]?\s?$", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|zwischen)\s[^;]{1,24}\b(?:and|und)\s$", re.IGNORECASE)
_CHANGES = re.compile(
    r"\b(?:rais|increas|cut|reduc|chang|mov|postpon|gr[eo]w|r[io]se|f[ea]ll|drop|lower|extend|shorten|declin|shift|went"
    r"|brought)\w*\b",
    re.IGNORECASE,
)
EARLIER = re.compile(
    r"\b(?:was|were|had|before|previous\w*|former\w*|old|until|from|used to|once|earlier|original\w*|initial\w*|last"
    r"|in (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_TIMES = frozenset(("time", "date", "section"))
"""Their "by" is no step: by 5 pm."""


def misstepped(claim: Sequence[Quantity], text: str, source: Sequence[Quantity], passage: str) -> str:
    """A number that comes behind another of "from", "to" and "by" than in the passage, or that the passage has as one
    end of a range, and the clause as the beginning of what lies beyond it, or that has been changed since. What is set
    to 8 may be raised from 8.

    Args:
        claim: numbers of `text`.
        source: numbers of the `passage`.
    """
    begins = any(_step(one, passage) == "from" for one in source)
    for one in claim:
        found = [other for other in source if same(one, other)]
        mine, theirs = _step(one, text), {step for other in found if (step := _step(other, passage))}
        if mine and theirs and mine not in theirs and (mine != "from" or begins):
            return f"“{mine} {one.text}” is not"
        if _beyond(one, text) and found and all(_in_range(other, passage) for other in found) and not restricts(text):
            return f"What lies beyond {one.text} is not"
    return _outdated(claim, text, source, passage)


def _outdated(claim: Sequence[Quantity], text: str, source: Sequence[Quantity], passage: str) -> str:
    """A number that the passage has only as what something was changed from, where the clause does not say so."""
    if not _CHANGES.search(passage) or EARLIER.search(text) or restricts(text):
        return ""
    steps = [(_step(other, passage), other) for other in source]
    for one in claim:
        found = [(step, other) for step, other in steps if same(one, other)]
        changed = found and any(step == "to" and other.start > found[0][1].start for step, other in steps)
        if changed and not one.weak and all(step == "from" for step, _ in found):
            return f"That it is still {one.text} is not"
    return ""


def _step(one: Quantity, text: str) -> str:
    found = None if one.weak or one.unit in _TIMES else _STEP.search(text, 0, one.start)
    return _STEPS[found[1].casefold()] if found else ""


def _beyond(one: Quantity, text: str) -> bool:
    return not one.weak and _BEYOND.search(text, 0, one.start) is not None


def _in_range(one: Quantity, text: str) -> bool:
    before = any(pattern.search(text, 0, one.start) for pattern in (_TO, _BETWEEN))
    return before or (_BEGINS.search(text, 0, one.start) is not None and _AND.match(text, one.end) is not None)
