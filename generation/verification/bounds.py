"""Words that say where something begins or ends, before dates, times and numbers: "until 5 May", "from 9 am"."""

import re

from ingest.validity import MONTHS

_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?)\b"
_THE = r"(?:(?:the|dem|den|der|zum|zur) )?(?:(?:end|start|beginning) of |ende |anfang )?"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)? ?(?:of )?{_MONTH}|\d{{4}}-\d\d-\d\d|\d{{1,2}}\.\d{{1,2}}\.)"
_TIME = r"(?:\d{1,2}[:.]\d\d\b|\d{1,2} ?(?:[ap]\.?m\b|o['’]clock|uhr\b)|noon\b|midnight\b|midday\b)"
_WHEN = rf"{_THE}(?:{_DAY}|{_TIME}|{_MONTH}|{_WEEKDAY})"
_NUMBER = r"(?:[€$£] ?)?\d"
_SPELLED = r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w{3,5}ty"
_A = r"(?:an? )?(?:half|quarter|third)|an? (?:hundred|thousand|million|dozen|minute|hour|day|week|fortnight|month|year)"
_COUNT = rf"(?:{_NUMBER}|(?:{_SPELLED}|{_A}|the age of)\b)"
"""Before it "over" and "under" compare; "under the scheme" and "over the phone" do not."""
_SPAN = (
    r"(?:the (?:first|next) )?(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|twenty|thirty"
    r"|sixty|ninety)[\s-](?:(?:working|business|calendar|full)\s)?(?:minute|hour|day|week|month|year)s?\b"
)
_BOUNDS = tuple(
    (re.compile(pattern, re.IGNORECASE), token)
    for pattern, token in (
        (r"\b(?:from|von|ab|since|starting)\b([^;]{1,30}?)(?:\b(?:(?:un)?till?|to|through|bis)\b|[–-])", r" \1 "),
        (r"\b(?:(?:un)?till?|bis)\b([^.]{1,40}?\b(?:then|thereafter|danach|dann)\b)", r" \1 "),
        (rf"\b(?:(?:un)?till?|bis)\b\s+(?={_WHEN}|{_THE}{_NUMBER})", " untilthen "),
        (rf"\bby\s+(?={_WHEN})", " untilthen "),
        (rf"\b(?:from|since|as of|starting|ab|seit)\b\s+(?={_WHEN}|{_THE}{_NUMBER})", " fromthen "),
        (rf"\b(?:over|exceed(?:s|ed|ing)?|in excess of|über|mehr als)\s+(?={_COUNT})", " above "),
        (rf"\b(?:under|unter|weniger als)\s+(?={_COUNT})", " below "),
        (rf"\bwithin\s+(?={_SPAN})", " inthetime "),
        (rf"\bafter\s+(?={_SPAN})", " after thetimeover "),
    )
)
"""What has both ends ("from 9 to 5") or goes on behind one is left alone."""

_HOUR = r"\d{1,2}(?:[:.]\d\d)?(?:\s?[ap]\.?m\b)?"
_OPEN = re.compile(
    rf"\bopen(?= (?:\w+ )?(?:from )?\d[^.;]{{0,20}}?(?:\b(?:to|till?|until)\b|[–-])\s?(?P<end>{_HOUR}))", re.IGNORECASE
)
_CLOSES = re.compile(rf"\bclos(?:es?|ing)\b[^.;]{{0,20}}?({_HOUR})", re.IGNORECASE)


def closing(text: str, other: str) -> str:
    """With "closes" for "open", where that ends when the other text says that it closes."""
    ends = set(_CLOSES.findall(other))
    return _OPEN.sub(lambda found: "closes" if found["end"] in ends else found.group(), text)


def bounded(text: str) -> str:
    """With one word for each way to say until when, and from when."""
    for pattern, token in _BOUNDS:
        text = pattern.sub(token, text)
    return text
