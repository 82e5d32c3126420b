"""Which Windows code page a text in Latin letters is in: each accent must belong to the language, in a word."""

from collections import Counter
from typing import TypeAlias

WESTERN = "cp1252"
ALPHABETS = {
    WESTERN: (
        *("äöüßé", "àâæçéèêëîïôùûüÿœ", "áéíñóúüªº", "áâãàçéêíóôúªº", "àèéìíîòóùúªº", "åäöé", "æøåé", "éëïóöüèê"),
        *("áéíóúýþæöð", "äõöüšž", "àçèéíïòóúü"),
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "cp1254": ("çğıİöşüâîû",),
}
"""Letters beyond ASCII of the languages written in each: German, French, Spanish, Portuguese, Italian, Swedish, Danish,
Dutch, Icelandic, Estonian, Catalan; Polish, Czech, Slovak, Hungarian, Romanian, Croatian; Turkish. Portuguese
without the rare õ, or Hungarian would look like it."""
_READINGS = {bytes([code]): {bytes([code]).decode(page, "replace") for page in ALPHABETS} for code in range(128, 256)}
TELLING = frozenset(code[0] for code, chars in _READINGS.items() if len(chars) > 1 or any(map(str.isalpha, chars)))
"""Bytes beyond ASCII; not those of quotes and dashes, which are the same everywhere."""
MIN_DENSITY = 0.03
"""Share of accents among the letters; names in an English text are fewer, and of many languages."""
MARGIN = 0.1
"""By how much of the accents another language must explain more than any Western one."""

_Signs: TypeAlias = Counter[tuple[bool, str, bool]]
"""How often each sign beyond ASCII occurs, and whether letters stand before and after it."""


def code_page(sample: bytes) -> str:
    """The Western one, unless a language of another explains clearly more of the text."""
    best = {page: max(_explained(_signs(sample, page), letters) for letters in ALPHABETS[page]) for page in ALPHABETS}
    page = max(best, key=lambda page: best[page])
    if best[page] < best[WESTERN] + MARGIN or _density(sample.decode(page, "replace")) < MIN_DENSITY:
        return WESTERN
    return page


def _density(text: str) -> float:
    letters = [char for char in text if char.isalpha()]
    return sum(not char.isascii() for char in letters) / max(len(letters), 1)


def _signs(sample: bytes, page: str) -> _Signs:
    text = sample.decode(page, "replace")
    around = [False, *map(str.isalpha, text), False]
    return Counter((around[i], char, around[i + 2]) for i, char in enumerate(text) if sample[i] in TELLING)


def _explained(signs: _Signs, letters: str) -> float:
    return sum(count for sign, count in signs.items() if _fits(*sign, letters)) / max(signs.total(), 1)


def _fits(before: bool, char: str, after: bool, letters: str) -> bool:
    """A letter of the language in a word, or a sign that stands between no two letters."""
    if char.isalpha():
        return (char in letters or char.lower() in letters) and (before or after or char in "ªº")
    return char != "\ufffd" and not (before and after)
