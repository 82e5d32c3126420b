"""Events of a calendar file (RFC 5545), as lines that a reader can use."""

import re
from collections.abc import Iterator

SHOWN = {"SUMMARY": "Event", "DTSTART": "Start", "DTEND": "End", "LOCATION": "Place"}
FOLD = re.compile(r"\r?\n[ \t]")
EVENT = re.compile(r"^BEGIN:VEVENT\s*$(.*?)^END:VEVENT", re.MULTILINE | re.DOTALL | re.IGNORECASE)
ALARM = re.compile(r"^BEGIN:VALARM.*?^END:VALARM", re.MULTILINE | re.DOTALL | re.IGNORECASE)
PROPERTY = re.compile(rf'^({"|".join(SHOWN)})((?:;[^:;"\n]*(?:"[^"\n]*")?)*):(.*)$', re.MULTILINE | re.IGNORECASE)
MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
ZONE = re.compile(r'TZID="?([^";:]+)', re.IGNORECASE)
ESCAPED = re.compile(r"\\(.)")


def events(text: str) -> str:
    """What is to happen, when and where; "" where there is no event."""
    found = EVENT.findall(FOLD.sub("", text))
    return "\n\n".join("\n".join(_lines(ALARM.sub("", event))) for event in found)


def _lines(event: str) -> Iterator[str]:
    for name, parameters, value in PROPERTY.findall(event):
        plain = ESCAPED.sub(lambda mark: " " if mark[1] in "nN" else mark[1], value).strip()
        if plain:
            yield f"{SHOWN[name.upper()]}: {_moment(plain, parameters)}"


def _moment(value: str, parameters: str) -> str:
    """A date or a time in ISO 8601 with its zone; anything else as it is."""
    found = MOMENT.fullmatch(value)
    if found is None:
        return value
    year, month, day, hour, minute, utc = found.groups()
    zone = ZONE.search(parameters)
    where = " UTC" if utc else f" {zone[1]}" if zone and hour else ""
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}{where}" if hour else "")
