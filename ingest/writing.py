"""One way to write what Unicode can write in several."""

import re
import unicodedata

LIGATURES = re.compile("[\ufb00-\ufb06]")
"""Which no query contains."""
BREAK_HINTS = re.compile("[\xad\u200b\u2060]")


def normalized(text: str) -> str:
    """Accents composed (NFC), Latin ligatures as letters, no invisible break hints."""
    if text.isascii():
        return text
    return composed(LIGATURES.sub(_letters, BREAK_HINTS.sub("", text)))


def composed(text: str) -> str:
    """NFC: macOS and some PDF programs write "é" as an "e" and an accent."""
    return unicodedata.normalize("NFC", text)


def _letters(ligature: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", ligature.group())
