"""Answers against gold answers, as words."""

import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})


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
    found = _WORD.findall(text.casefold())
    return [word for word in found if word not in _ARTICLES] or found


def words(text: str) -> str:
    """Lower case, every run of other than letters and digits as one blank, with a blank at both ends: a text holds
    another one, whatever the layout, if its words hold the other's words."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return 0.0
    common = sum((Counter(answer) & Counter(gold)).values())
    return 2 * common / (len(answer) + len(gold))
