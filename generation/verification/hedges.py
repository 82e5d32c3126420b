"""What a passage does not say for sure, and what it says of some times or people only."""

import re

_HEDGE = re.compile(
    r"\b(?:probably|presumably|perhaps|maybe|possibly|might|(?:is|are|was|were|be|seems?) (?:un)?likely to"
    r"|(?:will|would) (?:most |very )?likely|it is (?:un)?likely"
    r"|expect(?:s|ed)?(?: (?:that|to)|\b(?= \w+ to\b))"
    r"|(?:is|are|was|were|been) (?:currently )?(?:planned|proposed|intended)"
    r"|(?:aims?|hopes?|intends?|recommends?|recommended|suggested) (?:to|that|\w+ing\b)|(?:is|are) expected"
    r"|(?:ask(?:s|ed)?|wonder(?:s|ed)?|check(?:s|ed)?|discuss(?:es|ed)?|consider(?:s|ed)?|unclear|open) (?:whether|if)"
    r"|plan(?:s|ned)? to|propos(?:es|ed) to|suggests?|estimates?|forecasts?"
    r"|voraussichtlich|wahrscheinlich|vermutlich|möglicherweise|vielleicht|(?:ist|sind) geplant|geplant ist)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:probabl\w+|presumabl\w+|perhaps|maybe|possib\w+|may|might|could|should|would|must|shall|(?:is|are) to"
    r"|(?:un)?likely|expect\w*|plan\w*|propos\w+|inten\w+|suggest\w*|recommend\w*|estimat\w+"
    r"|forecast\w*|aims?|hopes?|asks?|(?<!if )asked|whether|unclear|meant to|unknown|not known|undecided"
    r"|wants?|seems?|tends?|about"
    r"|voraussichtlich\w*|wahrscheinlich\w*|vermutlich|möglicherweise|vielleicht|geplant\w*|soll\w*|dürfte\w*|könnte\w*)\b",
    re.IGNORECASE,
)
_IF = r"\b(?:if|when|whenever|where|wenn|falls|sofern)\b"
_UNDER_IF = re.compile(rf"{_IF}[^,;:.]*$", re.IGNORECASE)
NO_VERBS = re.compile(r"(?<=[a-zß-ÿ,] )May\b|\b\d{1,2}(?:st|nd|rd|th)?\.? May\b|\bMay \d+|\b(?:a|the|no|of) fines?\b")
"""The month, and what one pays."""
_ALWAYS = re.compile(
    r"\b(?:(?:every|any) (?:day|time)|all (?:week|days)|always|daily|at all times|at any time|any ?time"
    r"|(?:everyone|everybody|anyone|anybody)(?! (?:who|with|in|from|over|under|of|else|on|having|holding)\b)"
    r"|around the clock|täglich|jeden tag|jederzeit|immer)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:only|nur|ausschließlich|exclusively|solely)\b", re.IGNORECASE)


def hedged(text: str) -> bool:
    return _HEDGE.search(text) is not None


def overstated(statement: str, source: str) -> str:
    """Where a statement takes for a fact what its passage expects or plans, or says "always" or "everyone" where that
    says "only", for people."""
    hedge = _HEDGE.search(source)
    if hedge and not _leaves_open(statement, source[: hedge.start()]):
        return f"it leaves out “{hedge.group()}” of the passage"
    always = _ALWAYS.search(statement)
    if always and _ONLY.search(source) and not _ONLY.search(statement) and not _ALWAYS.search(source):
        return f"it says “{always.group()}” where the passage says “only”"
    return ""


def _leaves_open(statement: str, before: str) -> bool:
    """A condition leaves nothing open, unless the hedge stands in one itself: "if a delay is likely"."""
    text = NO_VERBS.sub(" ", statement)
    return bool(_OPEN.search(text) or (_UNDER_IF.search(before) and re.search(_IF, text, re.IGNORECASE)))
