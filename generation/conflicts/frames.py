"""What titles and headings say of the place, the group or the day that a text is for."""

import re
from collections.abc import Callable

from generation.verification.dates import dates
from generation.verification.names import Name, names
from ingest.validity import MONTHS

_KINDS = """document policy policies guideline guidelines guide handbook manual procedure procedures instruction
    instructions standard agreement schedule list version edition revision rule rules regulation regulations terms
    conditions notice plan code charter faq faqs memo minutes mail email report overview page wiki note notes summary
    the a an of for and to in on as stand v richtlinie ordnung vereinbarung anweisung handbuch fassung regelung
    dokument"""
KIND_OF_TEXT = frozenset(_KINDS.split())
"""Words of titles that say what kind of text it is, and small ones."""
_KIND_IN_GERMAN = re.compile(
    r"\w*(?:richtlinien?|handbuch|ordnung|vereinbarung|anweisung|regelung(?:en)?|leitfaden|merkblatt|bedingungen"
    r"|bestimmungen)"
)
_VERSION = re.compile(r"v\d[\w.]*")
_SPEAKS_OF = re.compile(
    r"\b(?:for|in|at|near|für|bei|handbook|manual|guide(?:lines)?|polic(?:y|ies)|rules|regulations|wiki|handbuch"
    r"|richtlinien?)\s(?:the\s|our\s)?$",
    re.I,
)
"""What follows is whom or which place a text is for, even where it is a word like others: Guide for Contractors."""
_OF_A_VERSION = re.compile(
    r"\b(?:version|edition|revision|rev|ver|fassung|stand|updated|effective|valid|gültig|as\sof|from|since|vom|ab|seit"
    r"|v(?=\d))\b[.:]?\s*(?:on\s|the\s|from\s|dem\s)?$",
    re.I,
)
"""What follows tells versions of a text apart, not what it is about."""
_NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,/-])\d+(?:[.,/-]\d+)*(?![^\W_])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_IN_ORDER = re.compile(r"^\W*\d+(?:\.\d+)*[.)]?[\s_]+(?=\D)")


def own_names(frame: str, common: Callable[[str], bool]) -> list[str]:
    """Of titles and headings, but for words that have a capital only as titles, or nouns in German, have one."""
    found = [name.text for name in names(frame, common) if not _is_plain(name, frame, common)]
    return [*found, *_opening(frame, common)]


def _opening(frame: str, common: Callable[[str], bool]) -> list[str]:
    """Leeds handbook: the first word counts though it ends like a plural, where that is of no other word."""
    first = re.match(r"[^\W\d_a-zß-ÿ]\w+s\b", frame)
    word = first.group().casefold() if first else ""
    plain = word in KIND_OF_TEXT or common(word) or common(word[:-1])
    return [first.group()] if first and not plain else []


def _is_plain(name: Name, frame: str, common: Callable[[str], bool]) -> bool:
    word = re.sub(r"['’]s?$", "", name.text.casefold())
    if word in KIND_OF_TEXT or _VERSION.fullmatch(word) or _KIND_IN_GERMAN.fullmatch(word):
        return True
    acronym = name.text.isupper() and len(name.text) < 4  # IT, US
    told = acronym or word in MONTHS or _SPEAKS_OF.search(frame, 0, name.start)
    return not told and all(map(common, word.split("-")))


def numbers_of(title: str, *, in_order: bool) -> frozenset[str]:
    """Of an invoice, a release or a standard, but no years, dates and numbers of versions.

    Args:
        in_order: whether a number at the beginning counts too, which mostly is that of a chapter or a file.
    """
    text = title
    for day in dates(title):
        text = f"{text[: day.start]}{' ' * (day.end - day.start)}{text[day.end :]}"
    text = text if in_order else _IN_ORDER.sub("", text)
    found = (one for one in _NUMBER.finditer(text) if not _OF_A_VERSION.search(text[: one.start()]))
    return frozenset(one.group() for one in found if not _YEAR.fullmatch(one.group()))


def days_of(frame: str) -> frozenset[tuple[int, int | None]]:
    """Months and days that a frame names, of any year: minutes of 12 March."""
    found = (day for day in dates(frame) if not _OF_A_VERSION.search(frame[: day.start]))
    return frozenset((day.month, day.day) for day in found)
