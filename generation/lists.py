"""Lists in a passage: what a sentence that leads one in, or an item of it, is quoted with."""

import re
from collections.abc import Collection, Iterator

from generation.outlines import BULLET, BULLETS, NUMBER, NUMBERS, Outline, ends_with_colon
from generation.verification.dates import dates
from generation.verification.numbers import Span
from generation.verification.polarity import confines
from ingest.sentences import seen_in_lower_case

LONGEST = 1200
"""Characters; of a longer list the sentence is quoted alone."""
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
    r"\bhow\s+(?:do(?:es)?|can|should|must|to)\b|\bsteps?\b|\b(?:in\s+)?wh(?:ich|at)\s+order\b"
    r"|\bwhat\s+(?:do|must|should)\s+(?:I|we|you)\s+do\b|\bwie\s+(?:kann|muss|soll)\b|\bschritte?\b",
    re.IGNORECASE,
)


def kinds_asked_for(question: str) -> frozenset[str]:
    """The kinds of list that a question wants whole: any (`which are`, `name`), or the numbered one of the steps that
    are to be done (`how do I`)."""
    if _ASKS_FOR_ALL.search(question):
        return frozenset({BULLETS, NUMBERS})
    return frozenset({NUMBERS}) if _ASKS_FOR_STEPS.search(question) else frozenset()


def whole_list(outline: Outline, start: int, wanted: Collection[str]) -> Span | None:
    """Start and end of the list that the sentence at `start` of a passage belongs to, with what leads it in.

    None where it belongs to none, or to one of more than `LONGEST` characters. A sentence before a list that ends with
    a colon says nothing without it; an item may say enough, and is taken for its list where that is of a `wanted` kind,
    or where what leads it in denies: of a longer one then for its beginning as far as the item.
    """
    at = outline.place(start)
    found = _spans(outline, at, wanted) if at is not None else ()
    return next((span for span in found if span[1] - span[0] <= LONGEST), None)


def _spans(outline: Outline, at: int, wanted: Collection[str]) -> Iterator[Span]:
    """What a sentence may be quoted with, the best first: the outer list before the inner one."""
    leads_in = outline.leads_in(at)
    runs = list(outline.lists(at + leads_in))
    least = max((number for number, run in enumerate(runs) if confines(run.lead)), default=-1)
    for number, run in reversed(list(enumerate(runs))):
        if number == least or (number > least and (run.kind in wanted or (leads_in and number == 0))):
            yield run.start, run.end
    if least >= 0:
        yield runs[least].start, outline.found[at].end


def denied(outline: Outline, start: int) -> bool:
    """Whether the sentence at `start` is an item of a list whose lead denies, so that it says the opposite alone."""
    at = outline.place(start)
    return at is not None and any(confines(run.lead) for run in outline.lists(at))


def leads(outline: Outline) -> dict[int, str]:
    """Where each item of a list starts, with the sentence that leads the list in, if one with a colon does."""
    known: dict[int, str] = {}
    lead, before = "", ""
    for one, kind in zip(outline.found, outline.kinds, strict=True):
        if not kind:
            lead = ""
        elif ends_with_colon(before):
            lead = before
        if lead:
            known[one.start] = lead
        before = outline.text[one.start : one.end]
    return known


def is_item(text: str) -> bool:
    """Whether a line begins as an item of a list does."""
    return without_label(text) != text


def without_label(text: str) -> str:
    """An item without its bullet or number; the day of a date is none ("15. März")."""
    found = BULLET.match(text) or (NUMBER.match(text) if not _begins_a_date(text) else None)
    return text[found.end() :].lstrip() if found else text


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
