"""Answers against gold answers, as words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

_ARTICLES = frozenset({"a", "an", "the"})
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"  # CJK
)
"""Scripts that put no spaces between words: each letter counts as one."""
_VARIANTS = range(0xFE00, 0xFE10)
"""They choose between pictures of a character, and are no part of a word."""
_LAST_MARKS = 0x20000


def exact_match(answer: str, gold: Sequence[str]) -> float:
    """1.0 if the answer is one of the gold ones, as `normalised` words (Rajpurkar et al., SQuAD, 2016); an answer
    without a word is none of them."""
    found = normalised(answer)
    return float(bool(found) and any(found == normalised(one) for one in gold))


def token_f1(answer: str, gold: Sequence[str]) -> float:
    """The best over the gold answers of 2 * precision * recall / (precision + recall) of the words that both have,
    counted with repetitions (SQuAD, as above)."""
    return max((_f1(normalised(answer), normalised(one)) for one in gold), default=0.0)


def normalised(text: str) -> list[str]:
    """Words in lower case without punctuation and articles; where there are only articles, they stay."""
    found = _words(text)
    return [word for word in found if word not in _ARTICLES] or found


def words(text: str) -> str:
    """Lower case, every run of other than letters and digits as one blank, with a blank at both ends: a text holds
    another one, whatever the layout, if its words hold the other's words. The sign of a negative number is kept."""
    return f" {' '.join(_words(text))} "


def _words(text: str) -> list[str]:
    """However accents are written: as one character with their letter, or after it."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return _word().findall(unicodedata.normalize("NFC", folded).replace("−", "-"))


@cache
def _word() -> re.Pattern[str]:
    """A letter of `_UNSPACED`, or a run of other letters and digits; vowel signs and accents belong to their letter,
    a minus to the number right after it, unless it joins that to what is before, as in 2024-05-01."""
    marks = "".join(
        chr(code)
        for code in range(0x300, _LAST_MARKS)
        if unicodedata.category(chr(code)) in ("Mn", "Mc") and code not in _VARIANTS
    )
    sign = r"(?:(?<![\w-])-(?=\d))?"
    return re.compile(rf"(?=[^\W_])[{_UNSPACED}][{marks}]*|{sign}(?:(?![{_UNSPACED}])[^\W_][{marks}]*)+")


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return 0.0
    common = sum((Counter(answer) & Counter(gold)).values())
    return 2 * common / (len(answer) + len(gold))
