"""Which times a question asks about: "the policy of 2023" names a year, "Windows Server 2019" does not."""

import re

from ingest.validity import MONTHS

_UNITS = (
    r"(?:euros?|eur|usd|us-dollars?|dollars?|pounds?|gbp|chf|francs?|franken|pfund|[%€$£¥°]|percent|prozent"
    r"|[kmcµ]?m|[kmµ]?g|m?l|meters?|metres?|metern?|miles|liters?|litres?|litern?|grams?|gramm|kilos?"
    r"|h|ms|hours?|minutes?|seconds?|days|weeks|stunden?|minuten?|sekunden?|tagen?|wochen?"
    r"|[km]w|[km]?wh|[kmg]?hz|[kmgt]i?b|[km]?bit/s|rpm|ppm|bar|volts?|watts?|ohm|kcal|[kmg]?pa"
    r"|people|persons|employees|users|participants|customers|personen|mitarbeite\w+|mitarbeitenden?|beschäftigten?"
    r"|teilnehme\w+|kunden|nutzern?"
    r"|pieces|units|copies|pages|words|characters|tokens|lines|rows|items|points|bytes|requests|seats|licen[cs]es"
    r"|stücke?|seiten|wörtern?|worte|zeichen|zeilen|exemplaren?|punkten?|lizenzen|plätzen?)"
)
_CURRENCY = r"(?<![$€£¥])(?<![$€£¥]\s)(?<!\b(?:EUR|USD|CHF|GBP)\s)"
_YEAR = re.compile(
    rf"(?<![\w:./-]){_CURRENCY}(?:19|20)\d\d(?![\w:/-]|\.\d|,\d\d?(?!\d)|\s*{_UNITS}(?![\w&-]))", re.IGNORECASE
)
_SINCE = re.compile(r"\b(?:since|seit)(?:\s+\w+){0,2}\s+\Z", re.IGNORECASE)
"""An aside about how long something has been so: "seit Anfang 2019 bei uns"."""
_NUMBERED = re.compile(
    r"(?<![\w&'’-])(?:rooms?|raum|zimmer|no|nr|numbers?|\w{,20}nummer|ids?|account|konto|kostenstelle|cent(?:er|re)"
    r"|extension|durchwahl|postfach|ports?|tickets?|orders?|auftrag|section|paragraph|chapter|kapitel|page|seite|pin|plz"
    r"|windows|(?<!home\s)office|server|exchange|sharepoint|excel|word|powerpoint|onenote|outlook|visio|dynamics|studio"
    r"|sql|r2|autocad|revit|solidworks|acrobat|photoshop|rfc|iso|din|iec|(?!(?:19|20)\d\d\b)\d{3,15})"
    r"(?:[\s(\[\"„“:#]|(?<=\bn[or])\.)+\Z|#\s?\Z",
    re.IGNORECASE,
)
"""What a number that looks like a year may be that of. Behind any other word it is a year: one too many shows an older
version besides, one too few hides the right one."""
_REACH = 80
"""Characters before a year that are looked at: searched from everywhere in a long text, they take quadratic time."""

_LONG_NAMES = "|".join(name for name in MONTHS if len(name) > 3)
_AHEAD = re.compile(
    r"\b(?:next|upcoming|coming|future|planned|soon|will|chang(?:es?|ing)|künftig\w*|zukünftig\w*|zukunft|nächste\w*"
    rf"|kommende\w*|geplant\w*|bald|demnächst|ändert|ändern|änderung\w*|{_LONG_NAMES}"
    r"|(?:\d\.?|in|from|of|until|im|ab|bis|zum|anfang|ende|mitte)\s+ma[iy])\b",
    re.IGNORECASE,
)
"""May is seldom a month."""


def named_years(text: str) -> set[int]:
    return {int(year[0]) for year in _YEAR.finditer(text) if _is_day(text, year.start())}


def looks_ahead(text: str) -> bool:
    """Whether it may ask for what is still to come: a month may be that of this year."""
    return _AHEAD.search(text) is not None


def _is_day(text: str, at: int) -> bool:
    """Whether a year there is one: not behind the name of a product, a cost centre, "since"."""
    return not any(of.search(text, max(0, at - _REACH), at) for of in (_SINCE, _NUMBERED))
