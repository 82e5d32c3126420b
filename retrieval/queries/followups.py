"""Follow-up questions in English are made to stand alone by rules, where no language model does it.

They were written before the conversations that they are measured on: eval/samples/README.md has the figures.
"""

import re
from collections.abc import Sequence

_MOST_WORDS = 10
"""Words that a question takes over."""
_LONGEST_FRAGMENT = 8
_AUXILIARY = "is|are|was|were|am|be|been|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had|need"
_ASKING = "what|which|who|whom|whose|when|where|why|how"
_PREPOSITIONS = (
    "in|at|for|from|on|during|after|before|with|without|under|by|to|of|per|within|over|until|since|about|between|near"
)
_JOINING = "and|but|or|so|then|also"
_OWNING = "its|their|theirs|his|her|hers"
_EMPTY = frozenset(
    "|".join(
        (
            f"{_AUXILIARY}|{_ASKING}|{_PREPOSITIONS}|{_JOINING}|{_OWNING}",
            "it|they|them|he|she|him|this|these|those|one|ones|a|an|the|that|there|here|i|me|my|we|us|our|you|your|if|not",
            "no|any|some|all|many|much|long|often|far|soon|same|other|another|else|too|as|than|get|gets|got|please|tell",
            "exactly|s|t|ok|okay|just|more|there's|it's",
        )
    ).split("|")
)
"""Words that say nothing about what is asked for."""
_WORD = re.compile(r"(?<![\w@&'’+#./:-])[\w@&'’+#./:-]*\w")  # not begun within a run: a row of dots takes linear time
_OPENING = re.compile(rf"(?:(?:{_JOINING}|ok|okay|well)\b[\s,]*)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"(?:what|how) about\s+", re.IGNORECASE)
_STARTS = re.compile(rf"(?:(?:{_PREPOSITIONS})\s+)?(?:{_ASKING}|{_AUXILIARY})\b", re.IGNORECASE)
_ASKS = re.compile(rf"\b(?:{_ASKING}|{_AUXILIARY})\b", re.IGNORECASE)
_FROM_PREPOSITION = re.compile(rf"({_PREPOSITIONS})\s+\S", re.IGNORECASE)
_DETERMINING = "the|an?|this|that|these|those|my|our|your|his|her|its|their|each|every|all|any|some|no"
_CASE_ENDS = (
    rf"{_PREPOSITIONS}|{_AUXILIARY}|{_ASKING}|if|while|because|unless|than|{_DETERMINING}|says?|costs?|appl(?:y|ies)"
    "|covers?|works?|means?|includes?|needs?|gets?|requires?|expires?|happens?|takes?|pays?|begins?|starts?|sounds?"
)
"""What no longer belongs to "in Leeds" or "for managers"; other verbs may be nouns."""
_NAME_WORD = r"(?-i:[A-Z0-9][\w&.'’-]*)"
_CASE = (
    rf"(?:{_NAME_WORD}(?:\s+(?:(?:and|or)\s+)?{_NAME_WORD})*"
    rf"|(?:(?:{_DETERMINING})\s+)*(?!(?:{_PREPOSITIONS}|{_AUXILIARY}|{_ASKING})\b)[^\s?,]+"
    rf"(?:\s+(?!(?:(?:and|or|but)\s+)?(?:{_CASE_ENDS})\b)[^\s?,]+)*)"
)
"""A name, or a determined or plain noun with what belongs to it."""
_FIXED = re.compile(r"(?:advance|total|general|writing|person|average|time|case|least|most|once|short|free|law)\b")
"""What makes one phrase with its preposition and names no case."""
_DAY = r"(?:year|month|week|quarter|day|morning|afternoon|evening|time)\b"
_POINTS = re.compile(
    rf"\b(?:it|they|them|he|she|him|these|those|this(?!\s+{_DAY})|ones?|the (?:same|other|former|latter))\b"
    rf"|\b(?:{_AUXILIARY})\s+that\b|\b(?:that|there)\W*$",
    re.IGNORECASE,
)
_OWNS = re.compile(rf"\b(?:{_OWNING})\b", re.IGNORECASE)
_IMPERSONAL = re.compile(
    r"\b(?:is|was|be|would be)\s+it\s+(?:\w+\s+){1,2}(?:to|that|if)\b|\bit\s+takes?\b|\bdoes\s+it\s+take\s+to\b"
    r"|\bit\s+(?:is|was)\s+\w+\s+(?:to|that|if)\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"(?!how\b).*\ban?\s+(?!(?:limit|maximum|minimum|cap|deadline|discount|fee|charge|cost|price|fine|penalty|deposit"
    r"|exception|reason|form|difference|alternative|way|rule)\b)",
    re.IGNORECASE,
)
"""Speaks of something for the first time ("Is there a canteen?"), unless that is always of something ("a limit")."""
_NAMES = re.compile(r"(?<!^)(?<![.?!]\s)\b[A-Z0-9][\w&.-]*(?:\s+[A-Z0-9][\w&.-]*)*")


def carried_over(question: str, before: Sequence[str]) -> str:
    """The question with what it leaves out, taken from the questions `before` (oldest first); itself where it seems to
    stand alone.

    - "And in Leeds?" puts its own place, name or case where the question before has one of that kind.
    - "How much is it?", "Who approves?" get the words of the question before behind them.
    """
    known = ""
    for one in (*before, question):
        known = _completed(" ".join(one.split()), known)
    return known if before else question


def _completed(question: str, before: str) -> str:
    rest = _OPENING.sub("", question, count=1) if _OPENING.match(question) else question
    about = _WHAT_ABOUT.match(rest)
    joined = rest != question or about is not None
    rest = rest[about.end() :] if about else rest
    if not before or not rest:
        return question
    if _is_fragment(rest, joined):
        return _exchanged(rest.rstrip(" ?.!"), before)
    return _with_words(rest, before) if _leans(rest, joined) else question


def _is_fragment(text: str, joined: bool) -> bool:
    """Whether it is a place, name or case without a question of its own."""
    if len(text.split()) > _LONGEST_FRAGMENT or _ASKS.search(text):
        return False
    return joined or (text.endswith("?") and _FROM_PREPOSITION.match(text) is not None)


def _leans(question: str, joined: bool) -> bool:
    """Whether it cannot be understood alone. Long questions name what their pronouns stand for."""
    content = _content(question)
    own = len(content)
    if not (_STARTS.match(question) or (joined and question.casefold().startswith("if "))):
        return False
    if _POINTS.search(question) and not _IMPERSONAL.search(question):
        return own <= 3
    if joined or _OWNS.search(question):
        return own <= 2
    return own == 0 or (own == 1 and not _NEW.match(question) and not _is_named(content[0], question))


def _is_named(word: str, question: str) -> bool:
    """What is asked about by its name (GDPR, the CEO); a name after a preposition says only where or for whom."""
    after = re.search(rf"\b(?:{_PREPOSITIONS})\s+{re.escape(word)}", question, re.IGNORECASE)
    return after is None and word != word.lower()


def _exchanged(part: str, before: str) -> str:
    """The question before with `part` in the place of what is of its kind."""
    if found := _FROM_PREPOSITION.match(part):
        part = part[0].lower() + part[1:]
        same = re.compile(rf"\b{found[1]}\s+({_CASE})", re.IGNORECASE)
        wanted = part[len(found[1]) :].lstrip()
        places = [one for one in same.finditer(before) if _of_one_kind(wanted, one[1])]
    else:
        places = list(_NAMES.finditer(before)) if part[:1].isupper() or part[:1].isdigit() else []
    if places:
        start, end = places[-1].span()
        return " ".join(f"{before[:start]}{part} {before[end:]}".split()).replace(" ?", "?").replace(" ,", ",")
    if found:
        return f"{before.rstrip(' ?.!')} {part}?"
    return _with_words(f"{part}?", before)


def _of_one_kind(case: str, other: str) -> bool:
    """Whether one may stand in the place of the other: no name in that of a plain word ("in advance"), no year in that
    of a place. Names may be written small."""
    kinds = _kind(case), _kind(other)
    if _FIXED.match(other) or ("number" in kinds and kinds[0] != kinds[1] and "determined" not in kinds):
        return False
    return kinds != ("name", "plain")


def _kind(case: str) -> str:
    if case[0].isdecimal():
        return "number"
    if re.match(rf"(?:{_DETERMINING})\b", case, re.IGNORECASE):
        return "determined"
    return "name" if case[0].isupper() else "plain"


def _with_words(question: str, before: str) -> str:
    own = {word.casefold() for word in _content(question)}
    words = [word for word in dict.fromkeys(_content(before)) if word.casefold() not in own][:_MOST_WORDS]
    return f"{question.rstrip(' ?.!')} ({' '.join(words)})?" if words else question


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY]
