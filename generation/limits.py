"""What goes with a number, a date or a name, which would be wrong without it."""

import re
from collections.abc import Sequence

from generation.verification.numbers import Quantity, Span

COMPARED = "more|fewer|less|later|earlier|longer|shorter|older|younger"
VERGLICHEN = "mehr|weniger|länger|kürzer|später|früher|älter|jünger"
_LIMIT = re.compile(
    r"\b(?:at (?:least|most|the (?:latest|earliest))|up to|about|around|approximately|roughly|nearly|almost|over|under"
    rf"|(?:no |not )?(?:{COMPARED}) than|only|until|by|before|after|since|within"
    r"|(?:from|between)(?: \d{1,2}\.? (?:to|and))?|an? (?:maximum|minimum) of|(?:maximum|minimum)(?: of)?"
    rf"|(?:nicht )?(?:{VERGLICHEN}) als|mindestens|höchstens|maximal|minimal|etwa|rund|circa|ca\.|fast|knapp|nur|über"
    r"|unter|(?:spätestens|frühestens)(?: (?:am|ab|zum))?|(?:bis|ab|seit|vor|nach)(?: (?:zum?|zur|dem|der))?"
    r"|(?:vom|zwischen)(?: \d{1,2}\.? (?:bis(?: zum)?|und))?)\s$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"(?: of age| old)? (?:or|and|oder|und)"
    rf" (?:{COMPARED}|over|above|under|below|up|upwards|{VERGLICHEN}|darüber|darunter)\b"
    r"|,? (?:at (?:the )?(?:most|least|latest|earliest)|maximum|minimum|maximal|höchstens|mindestens|spätestens)\b",
    re.IGNORECASE,
)
_OF_THE_VERB = re.compile(
    r"\b(?:hand\w*|roll\w*|spread\w*|distribut\w*|divid\w*|stretch\w*)\s(?:it\s|them\s)?over\s$"
    r"|\b(?:verf[üu]g|verteil|erstreck)\w*(?:\s\w+)?\süber\s$|\blook(?:s|ed|ing)?\safter\s$",
    re.IGNORECASE,
)
_MAYBE_OF_THE_VERB = re.compile(
    r"\b(?:carr(?:y|ie[sd]|ying)|tak(?:e[ns]?|ing)|took|turn\w*|pass\w*|br(?:ing\w*|ought)|held|hold\w*|left"
    r"|transferr?\w*)\s(?:it\s|them\s)?over\s$",
    re.IGNORECASE,
)
_SAYS_OVER = re.compile(r"\bover\b", re.IGNORECASE)
_DISTRIBUTED = re.compile(r"\s(?:\w+\s){1,2}(?:verf[üu]g|verteil|erstreck)\w*", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:to|-|–|bis)\s?", re.IGNORECASE)
_BOTH_ENDS = re.compile(r"\s(?:and|und)\s(?:the\s|dem\s)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|zwischen)\s(?:the\s|dem\s)?$", re.IGNORECASE)
_OR_BEFORE = re.compile(r"\b(?:or|oder|either|entweder)\s$", re.IGNORECASE)
_OR_AFTER = re.compile(r",?\s(?:or|oder)\b", re.IGNORECASE)
_JOINED = re.compile(
    r"(?:\s?[,;/&]|,?\s(?:and|und|as\swell\sas|sowie)\b)\s?(?:(?:on|at|by|am|um|im|in)\s)?", re.IGNORECASE
)
_OTHERS_BEFORE = re.compile(r"\b(?:and|und|sowie)\s$", re.IGNORECASE)
_OTHERS_AFTER = re.compile(
    r",?\s(?:and|und|&|as\swell\sas|sowie)\s(?:the|an?|her|his|their|our|its|all|der|die|das|dem|den|ein\w*|(?-i:[A-Z]))\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\.?\s(?:and|und|&)\s", re.IGNORECASE)


def qualified(span: Span, question: str, quote: str) -> Span | None:
    """With what limits it, as `up to` three days and three days `at most`; None where that is unsure ("takes over")."""
    limit = _LIMIT.search(quote, 0, span[0])
    if limit and _MAYBE_OF_THE_VERB.search(quote, 0, span[0]):
        if not _SAYS_OVER.search(question):
            return None
        limit = None
    if limit and _of_the_verb(span, quote):
        limit = None
    behind = _BEHIND.match(quote, span[1])
    return (limit.start() if limit else span[0]), (behind.end() if behind else span[1])


def _of_the_verb(span: Span, quote: str) -> bool:
    """Whether a preposition before a number belongs to a verb: who hands over five keys does not hand more."""
    before = _OF_THE_VERB.search(quote, 0, span[0])
    return bool(before or (quote[: span[0]].endswith("über ") and _DISTRIBUTED.match(quote, span[1])))


def makes_range(first: Span, following: int, quote: str) -> bool:
    """Whether the first and what begins at `following` are the ends of a range."""
    if _RANGE.fullmatch(quote, first[1], following):
        return True
    return bool(_BOTH_ENDS.fullmatch(quote, first[1], following) and _BETWEEN.search(quote, 0, first[0]))


def one_of_several(span: Span, others: Sequence[Span], numbers: Sequence[Quantity], quote: str) -> bool:
    """Whether something of its kind is joined to it: "Tom Hill and Ute Lange", "24 and 31 December", "50 or 5 %"."""
    if _OR_BEFORE.search(quote, 0, span[0]) or _OR_AFTER.match(quote, span[1]):
        return True
    if any(_AND.fullmatch(quote, one.end, span[0]) for one in numbers):
        return True
    return any(_JOINED.fullmatch(quote, min(one[1], span[1]), max(one[0], span[0])) for one in others)


def with_others(span: Span, quote: str) -> bool:
    """Whether somebody who is not named stands beside a name: "Tom Hill and the board"."""
    return bool(_OTHERS_BEFORE.search(quote, 0, span[0]) or _OTHERS_AFTER.match(quote, span[1]))
