"""What tells two texts apart that share nearly all words: signs, addresses, words that turn a statement round."""

import re
from collections import Counter
from collections.abc import Set

_AMOUNT = re.compile(r"((?:(?<!\w)[-−–]|[<>≤≥≠≈~±+]=?\s?|[$€£¥§]\s?){0,2})(\d+(?:[.,]\d+)*)\s?([$€£¥%‰°]?)")
_ADDRESS = re.compile(r"(?<![\w.+-])\w[\w.+-]*@\w[\w.-]*\w|(?<!\w)\w+(?:\.[a-z0-9]\w*)+")
"""Mail addresses, hosts, files, versions. A capital letter behind a full stop begins a sentence."""
_DASHES = str.maketrans("−–", "--")
_OPPOSITE = re.compile(
    r"prohibited|forbidden|banned|den(?:y|ies|ied)|must|should|optional|voluntary|maximum|max|least|less|fewer|below|under"
    r"|before|until|within|outside|unpaid|invalid|disabl\w+|exclud\w+|exclusive\w*|external|false|reject\w*|refus\w+"
    r"|decreas\w+|lower\w*|falls?|fell|fallen|short\w*|late[rs]?|latest|last|closes?|closed|sells?|sold|seller|supplier"
    r"|landlord|employer|lender|arrears|net|part"
    r"|verboten|untersagt|unzulässig|muss|müssen|soll|sollen|freiwillig|höchstens|maximal|weniger|vor|unter|bis"
    r"|innerhalb|unbezahlt|ungültig|unbefristet|ausgeschlossen|extern\w*|abgelehnt|falsch|senken|sinkt|gesenkt|netto"
    r"|früh\w*|kürzer\w*|niedriger\w*"
)
"""One of each pair is enough: where it stands in one text only, the counts differ. As `casefold` writes them."""
_TIME = re.compile(
    r"(?:second|minute|hour|day|week|month|quarter|year|annum)s?|(?:hour|week|month|quarter|year|annual)ly|daily|annual"
    r"|(?:sekunde|minute|stunde|tage?|woche|monate?|quartal|jahre?)[ns]?|\w*(?:stünd|täg|wöchent|monat|jähr)lich\w*"
)
"""So much a month is not so much a year."""
_PREFIX = re.compile(r"(?:un|in|im|il|ir|dis|non|de)(?=\w{3})")


def signs(text: str) -> Counter[str]:
    """Numbers with a sign before or behind them ("-20", "≤5", "50€"), and addresses."""
    amounts = ("".join(found).replace(" ", "") for found in _AMOUNT.findall(text) if found[0] or found[2])
    return Counter([*(one.translate(_DASHES) for one in amounts), *map(str.casefold, _ADDRESS.findall(text))])


def turns(word: str) -> bool:
    """Whether this word, as `casefold` writes it, is one of two that say the opposite of each other, or says how often
    something is so."""
    return any(telling.fullmatch(word) for telling in (_OPPOSITE, _TIME))


def contrary(one: Set[str], other: Set[str]) -> bool:
    """Whether a word of one text is one of the other with a prefix that denies it: "limited" and "unlimited"."""
    bare = {_PREFIX.sub("", word, count=1) for word in one ^ other if _PREFIX.match(word)}
    return not bare.isdisjoint(one | other)
