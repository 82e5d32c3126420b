"""Lists in a passage: what a sentence that leads one in, or an item of it, is quoted with."""

import re
from collections.abc import Collection, Iterator, Sequence

from generation.verification.dates import dates
from ingest.sentences import Sentence, seen_in_lower_case, sentences

LONGEST = 1200
"""Characters; of a longer list the sentence is quoted alone."""
_BULLET = re.compile(r"[-*•–▪◦‣]\s")
_NUMBER = re.compile(r"(?:\d{1,2}|[a-z])[.)]\s")
_FIRST_WORD = re.compile(r"\w+")
_DATE = 24
"""Characters that hold a date."""
_PLURAL = r"[^\W\d]{2,}[^\Ws]s"
_ASKS_FOR_ALL = re.compile(
    r"^(?:please\s+)?(?:list|name|enumerate|nenne)\b"
    rf"|\b(?:what|which)\s+(?:(?:\w+\s+){{0,2}}{_PLURAL}\s+)?(?:are|were)\b"
    rf"|\b(?:what|which)\s+(?:(?:kinds|types|sorts)\s+of|{_PLURAL}\s+(?:do|does|did|have|can|may|must|need)\b)"
    r"|\bwelche\b|\bwas\s+sind\b",
    re.IGNORECASE,
)
_ASKS_FOR_STEPS = re.compile(
    r"\bhow\s+(?:do|can|should|must|to)\b|\bsteps\b|\bwie\s+(?:kann|muss|soll)\b", re.IGNORECASE
)
BULLETS, NUMBERS = "bullets", "numbers"


def kinds_asked_for(question: str) -> frozenset[str]:
    """The kinds of list that a question wants whole: any (`which are`, `name`), or the numbered one of the steps that
    are to be done (`how do I`)."""
    if _ASKS_FOR_ALL.search(question):
        return frozenset({BULLETS, NUMBERS})
    return frozenset({NUMBERS}) if _ASKS_FOR_STEPS.search(question) else frozenset()


def whole_list(text: str, start: int, headings: Collection[str], wanted: Collection[str]) -> tuple[int, int] | None:
    """Start and end of the list that the sentence at `start` of a passage belongs to, with what leads it in.

    None where it belongs to none, or to one of more than `LONGEST` characters. A sentence before a list that ends with
    a colon says nothing without it; an item may say enough, and is taken for its list where that is of a `wanted` kind.
    """
    found = list(sentences(text, headings))
    kinds = list(_kinds(text, found))
    at = next((number for number, one in enumerate(found) if one.start == start), len(found))
    leads_in = at + 1 < len(found) and _ends_with_colon(text, found[at]) and kinds[at + 1]
    if at == len(found) or not (leads_in or kinds[at] in wanted):
        return None
    first, last = _run(kinds, at + 1 if leads_in else at)
    first -= first > 0 and _ends_with_colon(text, found[first - 1])
    span = found[first].start, found[last].end
    return span if span[1] - span[0] <= LONGEST else None


def leads(text: str, headings: Collection[str]) -> dict[int, str]:
    """Where each item of a list starts, with the sentence that leads the list in, if one with a colon does."""
    found = list(sentences(text, headings))
    kinds = list(_kinds(text, found))
    known: dict[int, str] = {}
    lead = ""
    for before, one, kind in zip([None, *found], found, kinds, strict=False):
        if not kind:
            lead = ""
        elif before and _ends_with_colon(text, before):
            lead = text[before.start : before.end]
        if lead:
            known[one.start] = lead
    return known


def is_item(text: str) -> bool:
    """Whether a line begins as an item of a list does."""
    return without_label(text) != text


def without_label(text: str) -> str:
    """An item without its bullet or number; the day of a date is none ("15. März")."""
    found = _BULLET.match(text) or (_NUMBER.match(text) if not _begins_a_date(text) else None)
    return text[found.end() :].lstrip() if found else text


def ends_with_colon(text: str) -> bool:
    """Whether it leads something in, in bold or not."""
    return text.rstrip("*_ ").endswith(":")


def read_under(lead: str, item: str) -> str:
    """The sentence that an item of a list makes with what leads the list in."""
    words = without_label(item)
    first = _FIRST_WORD.match(words)
    if first and seen_in_lower_case(first.group().casefold()):
        words = words[:1].lower() + words[1:]
    return f"{lead.strip('*_: ')} {words}"


def _begins_a_date(text: str) -> bool:
    """In "3. May be used" nothing but a year would tell the month from the verb."""
    if not text[:1].isdecimal():
        return False
    return any(one.start == 0 and (one.year or not one.text.endswith("May")) for one in dates(text[:_DATE]))


def _kinds(text: str, found: Sequence[Sentence]) -> Iterator[str]:
    """Of each sentence: the kind of list that it is an item of, or goes on in one; else empty."""
    kind, end = "", 0
    for one in found:
        goes_on = kind and "\n" not in text[end : one.start]
        kind, end = kind if goes_on else _kind(text, one), one.end
        yield kind


def _kind(text: str, one: Sentence) -> str:
    if text[: one.start].rpartition("\n")[2].strip():
        return ""
    return BULLETS if _BULLET.match(text, one.start) else NUMBERS if _NUMBER.match(text, one.start) else ""


def _run(kinds: Sequence[str], at: int) -> tuple[int, int]:
    """The first and the last of the neighbours of the same kind."""
    first = last = at
    while first > 0 and kinds[first - 1] == kinds[at]:
        first -= 1
    while last + 1 < len(kinds) and kinds[last + 1] == kinds[at]:
        last += 1
    return first, last


def _ends_with_colon(text: str, one: Sentence) -> bool:
    return ends_with_colon(text[one.start : one.end])
