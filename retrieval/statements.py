"""What tells two texts apart that share nearly all words: signs, addresses, words that turn a statement round."""

import re
from collections import Counter

_AMOUNT = re.compile(r"((?:(?<!\w)[-−–]|[<>≤≥≠≈~±+]=?\s?|[$€£¥§]\s?){0,2})(\d+(?:[.,]\d+)*)\s?([$€£¥%‰°]?)")
_ADDRESS = re.compile(r"(?<![\w.+-])\w[\w.+-]*@\w[\w.-]*\w|(?<!\w)\w+(?:\.[a-z0-9]\w*)+")
"""Mail addresses, hosts, files, versions. A capital letter behind a full stop begins a sentence."""
_DASHES = str.maketrans("−–", "--")
_OPPOSITE = re.compile(
    r"prohibited|forbidden|banned|denied|must|should|optional|voluntary|maximum|max|least|less|fewer|below|under"
    r"|before|until|within|outside|unpaid|invalid|disabled|excluded|excludes|external|false|rejected|decreases?"
    r"|verboten|untersagt|unzulässig|muss|müssen|soll|sollen|freiwillig|höchstens|maximal|weniger|vor|unter|bis"
    r"|innerhalb|unbezahlt|ungültig|unbefristet|ausgeschlossen|extern\w*|abgelehnt|falsch|senken|sinkt"
)
"""One of each pair is enough: where it stands in one text only, the counts differ. As `casefold` writes them."""


def signs(text: str) -> Counter[str]:
    """Numbers with a sign before or behind them ("-20", "≤5", "50€"), and addresses."""
    amounts = ("".join(found).replace(" ", "") for found in _AMOUNT.findall(text) if found[0] or found[2])
    return Counter([*(one.translate(_DASHES) for one in amounts), *map(str.casefold, _ADDRESS.findall(text))])


def turns(word: str) -> bool:
    """Whether this word, as `casefold` writes it, is one of two that say the opposite of each other."""
    return _OPPOSITE.fullmatch(word) is not None
