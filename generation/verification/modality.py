"""Whether something is a duty, advice, a choice, forbidden or only not required: "must" is not "may"."""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from generation.verification.hedges import NO_VERBS, hedged
from generation.verification.polarity import plain, restricts, said, tokens

Mode: TypeAlias = Literal["duty", "advice", "choice", "forbidden", "exempt"]

_WORDS: dict[str, Mode] = {
    **dict.fromkeys(
        [
            "must",
            "required",
            "requires",
            "require",
            "obliged",
            "obligatory",
            "compulsory",
            "mandatory",
            "shall",
            "necessary",
            "needed",
            "needs",
            "muss",
            "müssen",
        ],
        "duty",
    ),
    **dict.fromkeys(
        ["should", "recommended", "recommend", "advised", "advisable", "sollte", "sollten", "empfohlen"], "advice"
    ),
    **dict.fromkeys(
        [
            "may",
            "can",
            "could",
            "might",
            "optional",
            "optionally",
            "allowed",
            "permitted",
            "welcome",
            "fine",
            "free",
            "able",
            "possible",
            "voluntary",
            "admissible",
            "kann",
            "können",
            "darf",
            "dürfen",
        ],
        "choice",
    ),
    **dict.fromkeys(["forbidden", "prohibited", "banned", "verboten", "untersagt"], "forbidden"),
    "exempt": "exempt",
}
_NOT: dict[Mode, Mode] = {
    "duty": "forbidden",
    "choice": "forbidden",
    "advice": "advice",
    "forbidden": "choice",
    "exempt": "exempt",
}
_NEGATIONS = frozenset(("not", "never", "nicht", "nie"))
_EXEMPT = frozenset(
    ["exempt", "required", "obligatory", "compulsory", "mandatory", "obliged", "necessary", "needed", "needs"]
)
"""With "not" these mean that something is left to one's choice; "exempt" stands for "need" in a `plain` text."""
_MAY = "may|can|could|darf|dürfen|kann|können"
_ONLY_THEY = re.compile(rf"\bonly (?:\w+ ){{1,6}}?(?:{_MAY})\b(?! be\b)")
_ONLY_SO = re.compile(rf"\b(?:{_MAY}) (?:\w+ )?only\b")
_DEMANDS = re.compile(
    r"\b(?:must|shall|required|has|have)\s+(?:to\s+)?(?:be|have|hold|belong|own|an?|the|over|at|above)\b", re.IGNORECASE
)
_MIGHT_BE = re.compile(r"\b(?:may|might|could) (?:also |\w+ly )?be (?:\w+ly )?(?P<verb>[a-zß-ÿ]{3,})")
_OFFERS = frozenset(
    """atmost gratis right rights entitled eligible open choose choice wish wishes want wants like offers offered
    available accepted as own either if once""".split()  # noqa: SIM905
)
"""Words that leave something open without a "may"."""
_AGAINST: dict[Mode, frozenset[Mode]] = {
    "duty": frozenset(("choice", "advice", "exempt")),
    "choice": frozenset(("duty",)),
    "forbidden": frozenset(("exempt",)),
    "exempt": frozenset(("forbidden", "duty")),
}


def modes(text: str) -> dict[Mode, str]:
    """What a text makes of what it speaks of, each with the word that says so."""
    found: dict[Mode, str] = {}
    words = tokens(NO_VERBS.sub(" ", text))
    for place, word in enumerate(words):
        mode = _WORDS.get(word)
        if mode is not None:
            found.setdefault(_turned(words, place, mode), word)
    return found


def stronger(statement: str, source: str) -> str:
    """What a statement makes of something that its passage makes something else of, for people; empty where both agree,
    where the statement says nothing of the kind, or the passage where the statement has a "must" ("boots are left
    outside" is a rule), and where "only" turns a choice into a duty."""
    mine, theirs = modes(statement), modes(source)
    if mine.get("choice") == "may" and not theirs and _bare(statement, source):
        return "it says “may” where the passage leaves no choice"
    if not mine and theirs.keys() == {"choice"} and (word := _asserted(statement, source)):
        return f"it leaves out “{word}” of the passage"
    for mode, word in mine.items():
        against = _AGAINST.get(mode, frozenset())
        if theirs and theirs.keys() <= against and not (mine.keys() & theirs.keys()) and not _only(statement, source):
            return f"it says “{said(word)}” where the passage says “{said(next(iter(theirs.values())))}”"
    return ""


def _turned(words: list[str], place: int, mode: Mode) -> Mode:
    """With a "not" before or behind it."""
    around = words[max(place - 1, 0) : place] + words[place + 1 : place + 2]
    if not _NEGATIONS & set(around):
        return mode
    return "exempt" if words[place] in _EXEMPT else _NOT[mode]


def _bare(statement: str, source: str) -> bool:
    """Neither text negates anything, and the passage neither offers nor expects anything."""
    offers = hedged(source) or _OFFERS & set(tokens(source))
    return not restricts(statement) and not restricts(source) and not offers


def _asserted(statement: str, source: str) -> str:
    """What a passage says that may be done, where the statement says that it is done."""
    if restricts(statement) or restricts(source) or _OFFERS & set(tokens(statement)):
        return ""
    found = _MIGHT_BE.finditer(NO_VERBS.sub(" ", source))
    is_so = r"\b(?:is|are|was|were|will be|gets?) (?:\w+ly )?{}\b"
    return next((one.group() for one in found if re.search(is_so.format(one["verb"]), statement)), "")


def _only(statement: str, source: str) -> bool:
    """What one may only do in one way one must do so, and what only members may do needs a member: "must be a member".
    That members must do it, "only members may" does not say."""
    return any(_confined(one, other) for one, other in ((tokens(statement), source), (tokens(source), statement)))


def _confined(words: Sequence[str], other: str) -> bool:
    if "only" not in words:
        return False
    text = " ".join(words)
    doers = _ONLY_THEY.search(text) and not _ONLY_SO.search(text)
    return not doers or _DEMANDS.search(plain(other)) is not None
