"""Which clause of a quote a question asks about, and who does what to whom in it."""

import re
from collections.abc import Sequence

from generation.verification.numbers import Span
from generation.verification.polarity import opposed

_BETWEEN = re.compile(r"[;,]\s|\b(?:and|but|while|whereas|und|aber|während)\b", re.IGNORECASE)
_OPEN_UNTIL = re.compile(r"^(until\b.*)\bopen\b", re.IGNORECASE)
_LEAVE = re.compile(r"\bleave\b", re.IGNORECASE)
_SIDES = tuple(
    (re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for one, other in (
        (r"full-?\s?time\w*|vollzeit\w*", r"part-?\s?time\w*|teilzeit\w*"),
        (r"mothers?|mütter|mutter", r"fathers?|väter|vater"),
        (r"wom[ae]n|frauen", r"m[ae]n|männer"),
        (r"weekdays?|werktags?", r"weekends?|wochenenden?"),
        (r"domestic|inland", r"international|foreign|ausland"),
        (r"adults?|erwachsene", r"child(?:ren)?|kinder"),
    )
)
"""Those that a rule is made for, one or the other."""
_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?<=\w{2})(?:ing|e[dsn]?|s)$")
_STEM = 5
_ASKING = """who whom whose when what which how many much does did the are was were has have had will can may must for
    and long old far until from with that this per there time year day days date you your our its
    wer wem wen wann wie was viele hat ist sind die der das den dem bis von für"""
_NOT_TELLING = frozenset(_ASKING.split())
_DOES_IT = re.compile(r"(?:\w+\s)?whom?\s(?:do|does|did)\s|(?:\w+\s)?who\s(?:was|is|were|has\sbeen)\s\w+ed\sby\s", re.I)
"""Who does Anna Weber report to?"""
_IS_DONE_TO = re.compile(
    r"(?:\w+\s)?who\s(?!(?:is|was|are|were|do|does|did|has|have|had|can|may|must|will|shall|should|would|could)\b)",
    re.I,
)
"""Who replaced Anna Weber?"""
_BY = re.compile(r"\bby\s(?:\w+\s){0,2}$", re.IGNORECASE)
_UNSURE = re.compile(r"[,;.]\s|\b(?:and|or|but|who|that|which|is|are|was|were|be|been)\b", re.IGNORECASE)


def contrary(question: str, quote: str) -> bool:
    """Whether the quote says the opposite, or is about the others; days of leave leave nothing, and until when it is
    open is when it closes."""
    asked = _OPEN_UNTIL.sub(r"\1closes", question)
    return bool(opposed(_LEAVE.sub(" ", asked), quote)) or any(
        (one.search(question) and not other.search(question) and other.search(quote) and not one.search(quote))
        or (other.search(question) and not one.search(question) and one.search(quote) and not other.search(quote))
        for one, other in _SIDES
    )


def told(question: str) -> frozenset[str]:
    """Stems of the words that tell what a question is about."""
    return frozenset(map(stem, _WORD.findall(question.casefold()))) - {""}


def stem(word: str) -> str:
    """The beginning of a word in lower case, or nothing where it says nothing of the matter."""
    return "" if len(word) < 3 or word in _NOT_TELLING else _ENDING.sub("", word)[:_STEM]


def clause_of(span: Span, quote: str) -> str:
    """The part of the quote, between words and marks that join clauses, that a span stands in."""
    cuts = [found.end() for found in _BETWEEN.finditer(quote)]
    start = max((cut for cut in cuts if cut <= span[0]), default=0)
    return quote[start : min((cut for cut in cuts if cut >= span[1]), default=len(quote))]


def spoken_of_elsewhere(span: Span, others: Sequence[Span], question: str, quote: str) -> bool:
    """Whether the clause of another one has a word of the question that the span's lacks: it may be about that."""
    asked, here = told(question), told(clause_of(span, quote))
    return any(asked & told(clause_of(one, quote)) - here for one in others)


def turned_round(question: str, quote: str, found: Span, asked_about: Span) -> bool:
    """Whether a person does to the one that the question names what the question asks of the other way round: only
    where the word for that stands between the two."""
    first, second = sorted((found, asked_about))
    if not told(question) & told(quote[first[1] : second[0]]):
        return False
    passive = _BY.search(quote, first[1], second[0])
    if not passive and _UNSURE.search(quote, first[1], second[0]):
        return False
    does_it = second if passive else first
    if _DOES_IT.match(question):
        return does_it == found
    return _IS_DONE_TO.match(question) is not None and does_it != found
