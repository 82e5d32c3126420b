"""Proper names of a text: capitalised words, acronyms and identifiers."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from generation.verification.dates import dates
from generation.verification.numbers import is_unit
from ingest.number_words import is_number
from ingest.sentences import seen_in_lower_case
from ingest.validity import MONTHS

TOKEN = re.compile(r"(?:[^\W_]|[_`@#])(?:\w|[`@#]|[&./'’+=-](?=\w))*")
_MEASURE = re.compile(r"\d[\d.,:'’-]*(?:[apAP][mM]|[kKxX])?|\d+[-–]\D.*|.*[a-z]-\d+")
_FIGURES = "0123456789.,:'’-"
_START = re.compile(r"(?:^|[.!?:;]['\"”’)]*\s+|[\n|(\"“„]\s*|[-*•–]\s)$")
_CAPITAL_FOLLOWS = re.compile(r" [^\W\d_a-zß-ÿ]")
POSSESSIVE = re.compile(r"(?:['’]s|s['’]|['’])$")
_TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "st", "i", "i'm", "i'd", "i'll", "i've", "ok")
)
_GERMAN = re.compile(
    r"\b(?:der|die|das|und|ist|nicht|eine?[mnrs]?|wird|werden|mit|für|von|auf|zu|sind|bei|nach|bis|dem|des|jede[mnrs]?|nein"
    r"|keine?[mnr]?|muss|müssen|darf|dürfen|kann|können|sich|oder|wenn|über|ab|pro|zu[mr]|vom|nur|auch|haben|wurden?|im|wer"
    r"|als|um|durch|gegen|ohne|höchstens|mindestens|unter|vor)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|were|to|for|with|on|by|that|from|has|not|at|as|it|be|who|you|must)\b", re.IGNORECASE
)
_TITLED = re.compile(r"\b(?:Herrn?|Frau|Dr\.|Prof\.)\s(?:Dr\.\s)?(?:[A-ZÄÖÜ][\w-]+\s)?$")
_PARTICLES = re.compile(r"\b[A-ZÄÖÜ][\w-]+ (?:von|van|zu)(?: de[rnm])? (?=[A-ZÄÖÜ])")
_SHORT = 8
"""Words; in a sentence of fewer, one word that only German has tells the language."""
_NO_NAMES = """whoever whatever whichever whenever wherever nobody nothing neither nor since everyone everybody anyone
    anybody anything everything someone somebody something none both all each most many much few several some any
    outside inside beyond besides until unless despite although whereas whether"""
_FUNCTION_WORDS = frozenset(_NO_NAMES.split())
_DAYS = {
    short: day
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for short in (day[:3], day[:4], day[:5])
}
"""Tue, Tues, Thurs."""
_MONTHS = {number: name for name, number in reversed(MONTHS.items())}
_SHORT_FORMS = _DAYS | {name: _MONTHS[number] for name, number in MONTHS.items()}
_GENERIC = frozenset(
    ("department", "team", "office", "division", "unit", "group", "committee", "board", "company", "plan")
)


@dataclass(frozen=True)
class Name:
    """One word of a name at `text[start:end]`; `run` counts the names of its text, so that neighbours share one."""

    text: str
    start: int
    end: int
    run: int


def names(text: str, common: Callable[[str], bool]) -> list[Name]:
    """In reading order, a word each.

    Args:
        common: whether a word that begins a sentence, in lower case, is one that is no name. In German, where every
            noun has a capital, only acronyms, identifiers and what follows Herr or Frau are found.
    """
    taken = [(one.start, one.end) for one in dates(text)]
    german = _in_german(text)
    found: list[Name] = []
    run, previous = 0, -1
    for match in TOKEN.finditer(text):
        word, (start, end) = match.group(), match.span()
        if any(left <= start < right for left, right in taken) or not _is_name(text, word, start, common, german):
            continue
        run += previous < 0 or bool(text[previous:start].strip())
        found.append(Name(word, start, end, run))
        previous = end
    return found


def _in_german(text: str) -> bool:
    """By its function words: more than one, unless it is short, and more than English ones (Ursula von der Leyen)."""
    found = len(_GERMAN.findall(_PARTICLES.sub(" ", text)))
    return found >= (2 if text.count(" ") >= _SHORT - 1 else 1) and found > len(_ENGLISH.findall(text))


def common_in(texts: Iterable[str]) -> Callable[[str], bool]:
    """Whether a word in lower case is no name: common in English, or written so in one of the texts."""
    there = {word for text in texts for word in re.findall(r"[\w'’-]+", text) if word[0].islower()}
    return lambda word: word in there or seen_in_lower_case(word)


@lru_cache(20_000)
def forms(word: str) -> frozenset[str]:
    """How a name may be written elsewhere: without 's, in the singular, a day of the week or month in full, without
    hyphens."""
    plain = POSSESSIVE.sub("", word.casefold().strip("`"))
    joined = plain.replace("-", "")
    return frozenset({plain, plain.removesuffix("s"), _SHORT_FORMS.get(plain, plain), joined}) - {""}


def begins_a_name(word: str) -> bool:
    """Whether a capital at the beginning of a sentence may be more than that."""
    return word.casefold() not in _FUNCTION_WORDS and not is_number(word)


def known(text: str) -> frozenset[str]:
    """All forms of all words of a text."""
    words = [match.group() for match in TOKEN.finditer(text)]
    parts = [part for word in words for part in re.split(r"[-/&=.]", word)]
    return frozenset(form for word in (*words, *parts) for form in forms(word))


def stands(word: str, among: Collection[str]) -> bool:
    """A name, or each part of a compound, is one of the `known` forms."""
    if forms(word) & frozenset(among):
        return True
    parts = re.split(r"[-/&]", word)
    return len(parts) > 1 and all(forms(part) & frozenset(among) for part in parts if part)


def adds_nothing(word: str) -> bool:
    """Beside another name: "the IT Department" is IT."""
    return word.casefold() in _GENERIC


def spelled_out(word: str, text: str) -> bool:
    """An acronym of three letters or more whose words stand there: value added tax for VAT."""
    if len(word) < 3 or not (word.isalpha() and word.isupper()):
        return False
    words = r"(?:[\s-](?:of|and|the|for|und|der|die))*[\s-]".join(rf"{letter}[^\W\d_]+" for letter in word)
    return re.search(rf"\b{words}\b", text, re.IGNORECASE) is not None


def _is_name(text: str, word: str, start: int, common: Callable[[str], bool], german: bool) -> bool:
    if word.casefold() in _TITLES or is_unit(word) or _measures(word):
        return False
    if _identifier(word):
        return True
    if not word[0].isupper():
        return False
    if german:
        return bool(_TITLED.search(text, 0, start))
    if not _START.search(text, 0, start):
        return True
    inflected = word.endswith(("s", "ed", "ing")) and not _CAPITAL_FOLLOWS.match(text, start + len(word))
    return len(word) > 1 and not inflected and begins_a_name(word) and not common(word.casefold())


def _measures(word: str) -> bool:
    """A number, with its unit or what else is written in small letters behind it: 5th, 80m², but not 4E or 12b."""
    tail = word.lstrip(_FIGURES)
    unit = tail != word and (is_unit(tail) or (len(tail) > 1 and tail.islower()))
    return unit or _MEASURE.fullmatch(word) is not None


def _identifier(word: str) -> bool:
    letters = [char for char in word if char.isalpha()]
    mixed = any(map(str.isdigit, word)) and bool(letters)
    return mixed or (len(letters) > 1 and any(char.isupper() for char in word.replace("-", "")[1:] if char.isalpha()))
