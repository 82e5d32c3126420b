"""German words in the spelling that the other half writes: "Kündigung" and "Kuendigung", "Straße" and "STRASSE"."""

import re
from itertools import chain, product, zip_longest

_WORD = re.compile(r"[^\W\d_]{3,}")
_PAIRS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
_OTHER = dict(_PAIRS) | {plain: letter for letter, plain in _PAIRS}
_EITHER = re.compile(r"([äöüß]|[ao]e|(?<![aäeq])ue|ss)")
"""No "ü" is written "ue" behind these: "Steuer", "Mauer", "Bäuerin", "Quelle"."""
_MOST = 4
"""Places in a word, up to which each is written in either way: that makes 15 other spellings at most."""
_SHARP = {"ß", "ss"}
_AT_ONCE = (_OTHER.keys() - _SHARP, _SHARP, _OTHER.keys())
"""In a word with more places."""


def spellings(text: str) -> list[str]:
    """The other spellings of the words of a text, in lower case. Most of them are no words ("schlußmass" for
    "schlussmass"): what no text holds finds nothing."""
    words = dict.fromkeys(map(str.lower, _WORD.findall(text)))
    return [other for word in words if _EITHER.search(word) for other in dict.fromkeys(_others(word)) if other != word]


def _others(word: str) -> list[str]:
    """Which "ss" is a "ß" only a dictionary knows ("Prozessgröße"), and Swiss texts write umlauts, but no ß."""
    parts = _EITHER.split(word)  # every second one is a place
    places = parts[1::2]
    if len(places) <= _MOST:
        ways = list(product(*((place, _OTHER[place]) for place in places)))
    else:
        ways = [tuple(_OTHER[one] if one in at_once else one for one in places) for at_once in _AT_ONCE]
    return ["".join(chain.from_iterable(zip_longest(parts[::2], way, fillvalue=""))) for way in ways]
