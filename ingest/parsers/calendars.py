"""Events of a calendar file (RFC 5545), as lines that a reader can use."""

import re
from collections.abc import Iterator

SHOWN = {"SUMMARY": "Event", "DTSTART": "Start", "DTEND": "End", "LOCATION": "Place", "RRULE": "Repeated"}
CANCELLED = re.compile(r"^(?:METHOD:CANCEL|STATUS:CANCELLED)\s*$", re.MULTILINE | re.IGNORECASE)
FREQUENCIES = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
FOLD = re.compile(r"\r?\n[ \t]")
EVENT = re.compile(r"^BEGIN:VEVENT\s*$(.*?)^END:VEVENT", re.MULTILINE | re.DOTALL | re.IGNORECASE)
ALARM = re.compile(r"^BEGIN:VALARM.*?^END:VALARM", re.MULTILINE | re.DOTALL | re.IGNORECASE)
PROPERTY = re.compile(rf'^({"|".join(SHOWN)})((?:;[^:;"\n]*(?:"[^"\n]*")?)*):(.*)$', re.MULTILINE | re.IGNORECASE)
MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
ZONE = re.compile(r'TZID="?([^";:]+)', re.IGNORECASE)
ESCAPED = re.compile(r"\\(.)")


def events(text: str) -> str:
    """What is to happen, when and where; "" where there is no event."""
    calendar = FOLD.sub("", text)
    found = [ALARM.sub("", event) for event in EVENT.findall(calendar)]
    all_cancelled = CANCELLED.search(EVENT.sub("", calendar)) is not None
    return "\n\n".join("\n".join(_lines(one, all_cancelled or bool(CANCELLED.search(one)))) for one in found)


def _lines(event: str, is_cancelled: bool) -> Iterator[str]:
    for name, parameters, value in PROPERTY.findall(event):
        plain = ESCAPED.sub(lambda mark: " " if mark[1] in "nN" else mark[1], value).strip()
        label = SHOWN[name.upper()]
        if plain and name.upper() == "RRULE":
            yield f"{label}: {_repetition(plain)}"
        elif plain:
            cancelled = is_cancelled and name.upper() == "SUMMARY"
            yield f"{'Cancelled event' if cancelled else label}: {_moment(plain, parameters)}"


def _repetition(rule: str) -> str:
    """ "every week", "every 2 months on MO, 10 times"; the rule itself where it is another one."""
    parts = dict(part.upper().split("=", 1) for part in rule.split(";") if "=" in part)
    unit = FREQUENCIES.get(parts.pop("FREQ", ""))
    number = parts.pop("INTERVAL", "1")
    if unit is None or not parts.keys() <= {"BYDAY", "COUNT", "UNTIL", "WKST"}:
        return rule
    every = f"every {unit}" if number == "1" else f"every {number} {unit}s"
    days = f" on {', '.join(parts['BYDAY'].split(','))}" if "BYDAY" in parts else ""
    times = f", {parts['COUNT']} times" if "COUNT" in parts else ""
    until = f" until {_moment(parts['UNTIL'], '')}" if "UNTIL" in parts else ""
    return every + days + times + until


def _moment(value: str, parameters: str) -> str:
    """A date or a time in ISO 8601 with its zone; anything else as it is."""
    found = MOMENT.fullmatch(value)
    if found is None:
        return value
    year, month, day, hour, minute, utc = found.groups()
    zone = ZONE.search(parameters)
    where = " UTC" if utc else f" {zone[1]}" if zone and hour else ""
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}{where}" if hour else "")
