"""Scripts that put no spaces between words become overlapping runs of characters, as Lucene's CJKAnalyzer cuts them."""

import re
from collections.abc import Callable
from unicodedata import normalize

_PAIRS = re.compile(
    "[\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\u1100-\u11ff\uac00-\ud7a3\U00020000-\U0003134f]+"
)
"""Chinese, Japanese and Korean, whose words have spaces, but grow particles: two characters are about a word."""
_TRIPLES = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u109d\u1780-\u17d3]+")
"""Thai, Lao, Burmese and Khmer: letters, of which two say little."""
_MARKS = re.compile("[\u0e47-\u0e4c\u0e4e\u0eba\u0ec8-\u0ecc\u1037\u1039\u103a\u17b4\u17b5\u17c9-\u17d3\u3099\u309a]")
"""What the engine takes for no part of a word, such as tones."""


def cut(text: str) -> str:
    """The text with each run of such characters as pairs or triples with spaces between them; other words as they
    are."""
    if text.isascii():
        return text
    for script, length in ((_PAIRS, 2), (_TRIPLES, 3)):
        text = script.sub(_grams(length), text)
    return text


def _grams(length: int) -> Callable[[re.Match[str]], str]:
    def cut_one(found: re.Match[str]) -> str:
        run = _MARKS.sub("", normalize("NFKC", found[0]))  # also what is written in half width
        starts = range(max(1, len(run) - length + 1))
        return f" {' '.join(run[at : at + length] for at in starts)} "

    return cut_one
