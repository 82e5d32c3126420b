"""Which years a question asks about: "the policy of 2023" names one, "Windows Server 2019" does not."""

import re

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
_BEFORE = re.compile(r"([^\W_]+(?:[-&'’][^\W_]+)*)(?:[\s(\[\"„“:#]|(?<=\bn[or])\.)+\Z", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|seit)(?:\s+\w+){0,2}\s+\Z", re.IGNORECASE)
"""An aside about how long something has been so: "seit Anfang 2019 bei uns"."""
_TEMPORAL = re.compile(
    r"in|im|as|of|for|from|by|until|till|to|before|after|during|through|throughout|and|or|between|at|on|vs|versus|than|about"
    r"|the|this|that|which|what|whose|our|your|their|a|an|is|was|were|are|did|do|does|how|under|per|with|only|still"
    r"|für|von|vom|bis|ab|vor|nach|während|zwischen|und|oder|um|aus|zum|zur|ende|anfang|mitte|stand|laut|gemäß|gegen|wie"
    r"|die|der|das|den|dem|des|welche\w?|unsere?\w?|eine?\w?|war|waren|galt|galten|gilt|gelten|ist|sind|wurden?"
    r"|years?|jahre?s?|\w*jahr|fy|cy|gj|q[1-4]|h[12]|quarter|quartal|calendar|fiscal|season|summer|winter|spring|autumn|fall"
    r"|sommer|herbst|frühling|frühjahr|end|late|early|mid|beginning|start"
    r"|jan\w*|jän\w*|feb\w*|mar|march|märz|apr|april|may|mai|june?|juni?|july?|juli|aug|august|sept?\w*|o[ck]t\w*|nov\w*"
    r"|de[cz]\w*|(?:19|20)\d\d"
    r"|\w*(?:polic(?:y|ies)|guides?|guidelines?|handbooks?|manual|rules?|regulations?|edition|version|revision|standard"
    r"|schedule|rates?|limits?|agreement|report|budget|richtlinien?|regelung(?:en)?|regeln?|ordnung(?:en)?|fassung|ausgabe"
    r"|vereinbarung(?:en)?|handbuch\w*|leitfaden|leitlinien?|satzung|bericht|tarif\w*|preisliste|plan|kraft"
    r"|tage|kosten|spesen|urlaub|sätze?|satz|grenzen?|pauschalen?|gehalt|gehälter|fristen|frist|bonus|vertrag|verträge"
    r"|gesetz|verordnung|gebühr|gebühren|beitrag|beiträge)",
    re.IGNORECASE,
)
"""Words before a year, at the beginning of a sentence too, and what has versions."""
_NUMBERED = re.compile(
    r"since|seit|rooms?|raum|zimmer|no|nr|number|nummer|ids?|account|konto|kostenstelle|cent(?:er|re)|extension|durchwahl"
    r"|ports?|tickets?|orders?|auftrag|section|paragraph|chapter|kapitel|page|seite|code|pin|plz|model|modell|windows|office"
    r"|server|exchange|sharepoint|excel|word|studio|outlook|sql|\w*\d\w*"
)
"""What a number that looks like a year may be that of, in lower case."""


def named_years(text: str) -> set[int]:
    return {int(year[0]) for year in _YEAR.finditer(text) if _is_day(text[: year.start()])}


def _is_day(before: str) -> bool:
    """Whether a year behind this is one: not behind the name of a product, a cost centre, "since"."""
    if _SINCE.search(before):
        return False
    word = _BEFORE.search(before)
    if word is None or _TEMPORAL.fullmatch(word[1]):
        return True
    return word[1].islower() and not _NUMBERED.fullmatch(word[1])
