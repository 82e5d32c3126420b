"""What a document says of its own time: since when it is in force, until when, when it was written.

Only what is stated counts, in the opening of the document: a year in a title does not make two reports versions of one.
English and German.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ingest.attribute_tables import attributes
from ingest.types import FILE_ID, Metadata, MetadataValue

VALID_FROM, VALID_UNTIL, DATED = "valid_from", "valid_until", "dated"
"""Metadata keys; ISO dates."""
VERSION_OF = "version_of"
"""Metadata key of what all versions of a document have in common."""

_OPENING = 1_000
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar",
            "february feb februar",
            "march mar märz",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
"""English and German names in lower case -> 1 to 12."""
_MONTH = f"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+{_MONTH}\.?,?\s+\d{{4}}"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{1,2}\.\d{1,2}\.\d{4})"
)
_FORCE = r"(?:in(?:to)?\s+force|in(?:to)?\s+effect|valid|effective|gültig|in\s+kraft)"
_FEW_WORDS = r"(?:[^\S\n]+[^\s.,;]+){0,4}?"
_FROM_WORDS = r"(?:from|as\s+of|with\s+effect\s+from|ab(?:\s+dem)?|seit(?:\s+dem)?)"
_SINCE = r"(?:ab|seit|vom|mit\s+wirkung\s+(?:ab|vom|zum))(?:\s+dem)?"
_HOLDS = r"(?:gilt|gelten|gültig)"
_FROM = re.compile(
    rf"\b(?:{_FORCE}{_FEW_WORDS}\s+{_FROM_WORDS}\s*[:|]?|(?:effective|in(?:to)?\s+force|in(?:to)?\s+effect)\s+(?:on|since)"
    rf"|effective(?:\s+date)?\s*[:|]?|in\s+kraft(?:\s*[:|]|\s+am|\s+zum)|{_HOLDS}\s+{_SINCE}"
    rf"|(?:(?:datum|tag)\s+des\s+)?inkrafttretens?(?:\s*[:|]|\s+am|\s+zum))\s*({_DATE})",
    re.I,
)
_ENTERS = re.compile(
    rf"\b(?:(?:tritt|treten)\s+(?:rückwirkend\s+)?(?:am|zum|{_SINCE})|{_SINCE})\s+({_DATE})\s+(?:in\s+kraft|gültig)\b",
    re.I,
)
"""German puts the day before the words of validity."""
_UNTIL = re.compile(
    rf"\b(?:{_FORCE}{_FEW_WORDS}(?:\s+{_DATE})?(?:\s+and)?\s+(?:until|till|through|bis(?:\s+zum)?)\s*[:|]?"
    rf"|{_HOLDS}(?:\s+{_SINCE}\s+{_DATE})?\s+bis(?:\s+(?:zum|einschließlich))?"
    rf"|expires(?:\s+on)?|expiry\s+date\s*[:|]?)\s*({_DATE})",
    re.I,
)
_WRITTEN = re.compile(
    rf"(?:\b(?:(?:last\s+)?updated|last\s+changed?|approved|published|issued|dated|written|stand)\b{_FEW_WORDS}:?(?:\s+(?:on|in|vom))?"
    rf"|^date:(?:\s*\w+,)?)\s+({_DATE})",
    re.I | re.M,
)
_MAILED = re.compile(rf"\Afrom:.*\n(?:.+\n)*?date:(?:\s*\w+,)?\s+({_DATE})", re.I)
_CHANGED = re.compile(r"last\b|updated|stand\b", re.I)
_DOCUMENT = (
    r"(?:document|policy|guideline|guide|handbook|manual|procedure|instruction|standard|agreement|schedule|list|version|"
    r"edition|revision|rules?|regulations?|terms|conditions|notice|plan|code|charter|\w*richtlinien?|(?:\w{4,})?ordnung|"
    r"\w*vereinbarung|\w*anweisung|\w*handbuch|\w*satzung|fassung|regelung|dokument)"
)
_ITSELF = re.compile(
    rf"(?:^|\b(?:this|these|the\s+present|diese[rs]?|(?:die|das)\s+vorliegende)\s+(?:[\w-]+\s+){{0,3}}?{_DOCUMENT}s?\s*"
    r"(?:(?:is|are|ist|sind|comes?|enters?|tritt|treten|remains?|shall\s+be|will\s+be)\s*)?)$",
    re.I,
)
"""What may stand before the words of validity in their sentence: nothing, or this document as the subject."""
_LABELLED = r"(?:version|edition|revision|rev|fassung|auflage)"
_FRAGMENT = re.compile(
    rf"^(?:[\w&'’./-]+\s+){{0,5}}?(?:{_DOCUMENT})\b[^;]*,\s*$"
    rf"|^(?!(?:the|an?|der|die|das|eine?)\b)(?:[\w&'’./-]+,?\s+){{0,6}}?{_LABELLED}\b[^;]*,\s*$",
    re.I,
)
"""Or a label without a verb: "Version 3.1, approved by the board, ", "Reference F-8, edition 4, "."""
_VERB_OR_OTHER = re.compile(
    r"\b(?:is|are|was|were|has|have|had|be|been|will|shall|no\s+longer|not|ceased?|replaces?d?|supersedes?d?|under|"
    r"according|pursuant|ist|sind|war|wird|wurde|nicht|ersetzt|laut|gemäß)\b",
    re.I,
)
_NO_ARTICLE = r"(?!(?:the|an?|our|der|die|das|den|dem|eine?)\b)"
_OLD = r"(?:old|former|previous|earlier|original|alte|frühere|vorige|ursprüngliche)"
_WAS_ITSELF = re.compile(
    rf"(?:^|^(?:it|we|wir|sie|es)|\b(?:this|these|diese[rs]?)\s+(?:{_NO_ARTICLE}[\w-]+\s+){{0,3}}?{_DOCUMENT}s?)(?:\s+(?:is|was|were|has\s+been|have|ist|wurden?|haben?))?\s*$"
    rf"|^(?:{_NO_ARTICLE}[\w&'’./-]+\s+){{0,5}}?{_DOCUMENT}\s*$"
    rf"|^(?:the|our|der|die|das|unsere?)\s+(?:(?!{_OLD}\b)[\w-]+\s+){{0,3}}?{_DOCUMENT}s?\s+(?:is|are|was|were|has\s+been|have\s+been|ist|sind|wurden?)$",
    re.I,
)
"""What may stand before the words of writing: nothing, this document as the subject, or its name."""
_AND_WRITTEN = re.compile(rf"(?:{_WRITTEN.pattern}),?\s+(?:and|und)\s*$", re.I | re.M)
_DOES_TO_ANOTHER = re.compile(
    r"\b(?!(?:and|as|at|by|for|from|in|of|on|to|with)\b)[a-zäöüß][\w-]*\s+(?:the|an?|our|its|their|dem|den|das)\s"
)
"""A verb and its object, of which what comes behind a comma speaks then: "follows the law, published on"."""
_IN_A_LIST = re.compile(r"[,;|(:·•–—-]\s*$")
_MARKUP = " \t:*_#-–|"
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_ABBREVIATED = re.compile(r"(?:\b[A-Za-z]|\b(?:no|nr|rev|ver|v|approx|ca|art|sec)|(?<![-\d.])\d{1,2})\.$", re.I)
_DENIED = re.compile(r"\b(?:no\s+longer|not|ceased?|replaces?|supersedes?|nicht|ersetzt)\b", re.I)
_WORD = re.compile(r"[^\W_]+")
_SUFFIX = re.compile(r"(?:\.(?:md|markdown|txt|text|log|rst|x?html?|docx|pptx|xlsx|csv|tsv|eml|pdf))?(?:\.gz)?$", re.I)
_UPLOAD = re.compile(r"^upload:(?:file-[0-9A-Za-z]+/)?")
"""Of a file that was sent to the server, with an id that is another one each time where it came by OpenAI's API."""
_NO_ATTRIBUTES = frozenset((VALID_FROM, VALID_UNTIL, DATED, FILE_ID))
_YEAR = r"(?:19|20)\d\d"
_NUMBER_OF_VERSION = rf"{_LABELLED}\b\.?(?:\s*\d+(?:\.\d+)*|\s*[a-z]\b)?|rev[a-z0-9]"
_FULL_DATE = rf"{_YEAR}\s?(?:0[1-9]|1[0-2])\s?(?:0[1-9]|[12]\d|3[01])"
_NOT_THE_NAME = re.compile(
    rf"\b(?:{_FULL_DATE}|(?:{_MONTH}\s+)?{_YEAR}(?:\s+{_MONTH})?|(?:\d+(?:st|nd|rd|th|\.)\s+)?(?:{_NUMBER_OF_VERSION})"
    r"|v\d+(?:\.\d+)*)\b",
    re.I,
)


@dataclass(frozen=True)
class Version:
    """One version of what `series` and `attributes` (key, value) name; days are inclusive."""

    series: str
    valid_from: date
    valid_until: date | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)

    def is_of_one_with(self, other: "Version") -> bool:
        """Whether both are versions of one document: no attribute that both have says something else."""
        if self.series != other.series:
            return False
        theirs = dict(other.attributes)
        return all(theirs.get(key, value) == value for key, value in self.attributes)


def stated(text: str) -> dict[str, MetadataValue]:
    """Metadata that the opening of a document's text gives. Where it speaks of the validity of several days, or of
    something else than the document itself, it states nothing: a document hidden by mistake is worse than an old one
    shown."""
    opening = text[:_OPENING]
    opening += "".join(f"\n{label}" for label in attributes(opening))
    found = {
        VALID_FROM: _only(_own(opening, match) for pattern in (_FROM, _ENTERS) for match in pattern.finditer(opening)),
        VALID_UNTIL: _only(_own(opening, match) for match in _UNTIL.finditer(opening)),
        DATED: _written(opening),
    }
    return {key: day.isoformat() for key, day in found.items() if day}


def _only(days: Iterable[date | None]) -> date | None:
    different = {day for day in days if day}
    return different.pop() if len(different) == 1 else None


def _written(text: str) -> date | None:
    """The day in the head of a mail, else that of the last change, else the last day on which the document says that it
    was approved, published or the like."""
    if mailed := _MAILED.search(text):
        return _day(mailed[1])
    found = [match for match in _WRITTEN.finditer(text) if _is_own_writing(_before(text, match))]
    changes = [match for match in found if _CHANGED.match(match[0])]
    return max(filter(None, (_day(match[1]) for match in changes or found)), default=None)


def _is_own_writing(before: str) -> bool:
    if _DENIED.search(before):
        return False
    before = _AND_WRITTEN.sub("", before)
    listed = _IN_A_LIST.search(before) and not (_VERB_OR_OTHER.search(before) or _DOES_TO_ANOTHER.search(before))
    return bool(listed or _WAS_ITSELF.search(before.strip(_MARKUP)))


def _own(text: str, match: re.Match[str]) -> date | None:
    """The day, where the sentence speaks of the document itself."""
    before = _before(text, match).strip(_MARKUP)
    before = f"{before} " if before else ""
    itself = _ITSELF.search(before.strip()) or (_FRAGMENT.search(before) and not _VERB_OR_OTHER.search(before))
    return _day(match[1]) if itself and not _DENIED.search(before + match[0]) else None


def _before(text: str, match: re.Match[str]) -> str:
    """What stands before in the sentence."""
    ends = [
        end.end()
        for end in _SENTENCE_END.finditer(text, 0, match.start())
        if not _ABBREVIATED.search(text[: end.end()])
    ]
    return text[max(ends, default=0) : match.start()]


def version_of(source: str, title: str, metadata: Metadata) -> Version | None:
    """None where a document does not say since when it is in force.

    Metadata `version_of` overrides what path, title and attributes say.
    """
    since = _iso(metadata.get(VALID_FROM))
    if since is None:
        return None
    until = _iso(metadata.get(VALID_UNTIL))
    if given := metadata.get(VERSION_OF):
        return Version(str(given), since, until)
    return Version(series_of(source, title), since, until, tuple(sorted(_attributes(source, metadata))))


def _attributes(source: str, metadata: Metadata) -> Iterator[tuple[str, str]]:
    """What parts uploads of one title, such as the country: they have no folders that would. Numbers, days and what
    only names the version do not."""
    if not _UPLOAD.match(source):
        return
    for key, value in metadata.items():
        words = _without_version(value) if isinstance(value, str) and key not in _NO_ATTRIBUTES else ""
        if any(letter.isalpha() for letter in words):
            yield key, words


def series_of(source: str, title: str) -> str:
    """What the versions of a document have in common: path and title without years, months and version numbers.

    The path counts too, for the leave policies of two countries may have one title. (Of uploads the attributes do.)
    """
    path = _SUFFIX.sub("", _UPLOAD.sub("", source))
    return " / ".join(map(_without_version, (path, title)))


def _without_version(text: str) -> str:
    return " ".join(_WORD.findall(_NOT_THE_NAME.sub(" ", re.sub(r"[_-]+", " ", text.casefold()))))


def _iso(value: MetadataValue | None) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _day(written: str) -> date | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written)
        numbers = [int(part) for part in re.findall(r"\d+", written)]
        if len(numbers) == 3:
            return date(numbers[2], numbers[1], numbers[0])
        (name,) = re.findall(r"[^\W\d]{3,}", written)
        return date(numbers[1], MONTHS[name.casefold()], numbers[0])
    except (ValueError, KeyError):
        return None  # such as 31 February
