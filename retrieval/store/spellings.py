"""German words in the spelling that the other half writes: "Kündigung" and "Kuendigung", "Straße" and "STRASSE"."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"))
_EITHER = re.compile(r"[äöüß]|[aou]e|ss")


def spellings(text: str) -> list[str]:
    """The other spellings of the words of a text, in lower case. Most of them are no words ("neü" for "neue"): what no
    text holds finds nothing."""
    words = dict.fromkeys(map(str.lower, _WORD.findall(text)))
    return [other for word in words if _EITHER.search(word) for other in dict.fromkeys(_others(word)) if other != word]


def _others(word: str) -> Iterator[str]:
    """Swiss texts write umlauts, but no ß."""
    for vowels in (word, _written(word), _spelled(word)):
        yield vowels
        yield vowels.replace("ß", "ss")
        yield vowels.replace("ss", "ß")


def _written(word: str) -> str:
    for umlaut, plain in _PLAIN:
        word = word.replace(plain, umlaut)
    return word


def _spelled(word: str) -> str:
    for umlaut, plain in _PLAIN:
        word = word.replace(umlaut, plain)
    return word
