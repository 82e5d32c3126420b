"""Units of numbers, and which of them measure the same."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

UNITS = {
    form: name
    for name, forms in {
        "EUR": "€ eur euro euros",
        "USD": "$ usd us$ dollar dollars",
        "GBP": "£ gbp pound pounds",
        "CHF": "chf franc francs franken",
        "crown": "kr sek nok dkk crown crowns krona kronor krone kroner",
        "CAD": "cad c$",
        "AUD": "aud a$",
        "JPY": "¥ jpy yen",
        "cent": "¢ ct cent cents",
        "%": "% percent per-cent prozent",
        "pp": "percentagepoint percentagepoints percentpoint percentpoints prozentpunkt prozentpunkte prozentpunkten",
        "second": "s sec secs second seconds sekunden",
        "minute": "min mins minute minutes minuten",
        "hour": "h hr hrs hour hours stunde stunden",
        "day": "day days tag tage tagen",
        "working day": "workday workdays arbeitstag arbeitstage arbeitstagen bankarbeitstage bankarbeitstagen",
        "monday-to-saturday day": "werktag werktage werktagen",
        "calendar day": "kalendertag kalendertage kalendertagen",
        "week": "week weeks woche wochen",
        "month": "month months monat monate monaten",
        "year": "year years jahr jahre jahren",
        "decade": "decade decades jahrzehnt jahrzehnte jahrzehnten",
        "km": "km kilometre kilometres kilometer kilometers",
        "m": "m metre metres meter meters",
        "cm": "cm centimetre centimetres centimeter centimeters",
        "mm": "mm millimetre millimetres millimeter millimeters",
        "mile": "mile miles",
        "foot": "ft foot feet",
        "kg": "kg kilo kilos kilogram kilograms kilogramm",
        "g": "g gram grams gramm",
        "ml": "ml millilitre millilitres milliliter milliliters",
        "cl": "cl",
        "m²": "m² m2 sqm qm",
        "m³": "m³ m3",
        "km²": "km² km2",
        "W": "w watt watts",
        "kW": "kw kilowatt kilowatts",
        "MW": "mw megawatt megawatts",
        "MWh": "mwh",
        "Hz": "hz hertz",
        "kHz": "khz",
        "MHz": "mhz",
        "GHz": "ghz",
        "dB": "db decibel decibels dezibel",
        "kB": "kb kilobyte kilobytes",
        "mg": "mg",
        "tonne": "t ton tons tonne tonnes tonnen",
        "litre": "l litre litres liter liters",
        "degree": "° °c c degree degrees grad",
        "°F": "°f",
        "GB": "gb gigabyte gigabytes",
        "MB": "mb megabyte megabytes",
        "TB": "tb terabyte terabytes",
        "kWh": "kwh",
        "volt": "v volt volts",
        "bar": "bar",
        "page": "page pages seiten",
    }.items()
    for form in forms.split()
}
_MEASURES = (
    {"second": "1", "minute": "60", "hour": "3600", "day": "86400", "calendar day": "86400", "week": "604800"},
    {"month": "1", "quarter": "3", "year": "12", "decade": "120"},
    {"mm": "1", "cm": "10", "m": "1000", "km": "1000000"},
    {"mg": "1", "g": "1000", "kg": "1000000", "tonne": "1000000000"},
    {"ml": "1", "cl": "10", "litre": "1000"},
    {"W": "1", "kW": "1000", "MW": "1000000"},
    {"kWh": "1", "MWh": "1000"},
    {"Hz": "1", "kHz": "1000", "MHz": "1000000", "GHz": "1000000000"},
    *({"cent": "1", money: "100"} for money in ("EUR", "USD", "CAD", "AUD")),
)
"""Each unit in the first one of its measure. Bytes are left out, since some take 1,024 of them for a thousand, and so
are months in days and years in weeks, which differ."""

_KINDS = (
    frozenset(("EUR", "USD", "GBP", "CHF", "crown", "CAD", "AUD", "JPY")),
    frozenset(("second", "minute", "hour")),
    frozenset(("day", "working day", "monday-to-saturday day", "calendar day", "week", "month", "year", "decade")),
)


def akin(one: str, other: str) -> bool:
    """Both of one unit, of money, of days and more, or of hours and less: how long a lesson lasts is no deadline."""
    return one == other or any(one in kind and other in kind for kind in _KINDS)


def equal(one: str, unit: str, other: str, of: str) -> bool:
    """True if so many of a unit are so many `of` another one: 14 days are 2 weeks."""
    measure = next((factors for factors in _MEASURES if unit in factors and of in factors), None)
    if not measure:
        return False
    try:
        return Decimal(one) * Decimal(measure[unit]) == Decimal(other) * Decimal(measure[of])
    except InvalidOperation:
        return False  # 3.1.4 is no amount


def in_first_unit(count: Fraction, unit: str) -> tuple[str, Fraction]:
    """So many of a unit in the first one of its measure: two weeks in seconds; a unit without one stays."""
    measure = next((factors for factors in _MEASURES if unit in factors), {unit: "1"})
    return next(iter(measure)), count * Fraction(measure[unit])
