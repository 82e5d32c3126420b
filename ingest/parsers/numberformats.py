"""Numbers as a spreadsheet program shows them: the common part of the format codes of ECMA-376, part 1, 18.8.31."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

MAX_SHOWN = 1e15
"""Programs keep fifteen digits; larger numbers are left to the general format."""
MAX_CODE = 255
"""What programs allow; a longer code in a file would only cost memory."""
ROUNDING = Context(prec=3 * MAX_CODE, rounding=ROUND_HALF_UP)
SECTION = re.compile(r'(?:^|;)((?:"[^"]*"|\\.|[^;"\\])*)')
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color\d+)\]|[_*]."
    r"|(?P<digits>[#0?,]*[#0?][#0?,]*(?:\.[#0?]*)?,*|\.[#0?]+)|(?P<bare>[-+$%() !&'~{}<>=:^]|[^\x00-\x7f])",
    re.IGNORECASE,
)


def formatted(value: float, code: str) -> str | None:
    """`value` in the format; None where it is general or has parts that are not known here.

    Those are dates, exponents, fractions and conditions. Thousands are parted by commas and decimals by a point,
    as format codes are.
    """
    if len(code) > MAX_CODE or not abs(value) < MAX_SHOWN:
        return None
    positive, *others = _sections(code)
    if value < 0 and others:
        return _shown(-value, others[0])
    if value == 0 and len(others) > 1:
        return _shown(value, others[1])
    text = _shown(abs(value), positive)
    return f"-{text}" if text and value < 0 else text


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[tuple[re.Match[str], ...] | None, ...]:
    """For positive numbers, negative ones and zero; None for a section that is not known."""
    return tuple(_tokens(found.group(1)) for found in SECTION.finditer(code))


def _tokens(section: str) -> tuple[re.Match[str], ...] | None:
    tokens = tuple(TOKEN.finditer(section))
    is_known = sum(len(token.group()) for token in tokens) == len(section)
    return tokens if is_known and sum(bool(token["digits"]) for token in tokens) <= 1 else None


def _shown(value: float, tokens: tuple[re.Match[str], ...] | None) -> str | None:
    """`value` is not negative."""
    if tokens is None:
        return None
    percents = sum(token["bare"] == "%" for token in tokens)
    parts = [
        _digits(value, token["digits"], percents)
        if token["digits"]
        else token["quoted"] or token["escaped"] or token["currency"] or token["bare"] or ""
        for token in tokens
    ]
    return " ".join("".join(parts).split()) or None


def _digits(value: float, pattern: str, percents: int) -> str:
    """Commas at the end of `pattern` each stand for a division by 1000, others for thousands separators."""
    inner = pattern.rstrip(",")
    whole, _, fraction = inner.partition(".")
    scale = 2 * percents - 3 * (len(pattern) - len(inner))
    number = Decimal(f"{value:.15g}").scaleb(scale).quantize(Decimal(1).scaleb(-len(fraction)), context=ROUNDING)
    before, _, after = (f"{number:,f}" if "," in whole else f"{number:f}").partition(".")
    before = ("" if before == "0" else before).rjust(whole.count("0"), "0")
    needed = len(fraction.rstrip("#?"))
    after = after[:needed] + after[needed:].rstrip("0")
    return f"{before}.{after}" if after else before
