"""Bytes become text: byte order marks, declared encodings, UTF-8, then a careful guess."""

import codecs
import re

from ingest.errors import EmptyFileError, UnreadableFileError
from ingest.parsers.checks import check_not_empty, looks_like
from ingest.parsers.latin import code_page
from ingest.writing import normalized

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED_ENCODING = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
DECLARED_WITHIN = 2048
SUPERSETS = {
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""Encodings that a label means in practice, by Python's name of the labelled one (WHATWG Encoding, section 4.2)."""
GUESS_BYTES = 64 * 1024
MAX_LATIN_SHARE = 0.25
"""Text in Latin letters has few bytes over 127; where there are more, it is another script."""
GOOD_PER_BAD = 2
"""Well-formed sequences of several bytes for each bad byte from which on damaged text is UTF-8."""
MAX_CONTROL_SHARE = 0.05
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd]")
LINE_BREAKS = str.maketrans(dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85", "\n"))
UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
"""Control characters other than newline and tab, and what is no character at all."""


def decode(data: bytes, name: str) -> str:
    """Text of a file, newlines as "\\n"; control characters are still in it.

    Raises:
        UnreadableFileError: the bytes are empty or are not text.
    """
    check_not_empty(data, name)
    text = _decode_any(data)
    if text is None or _is_binary(text):
        raise UnreadableFileError(
            f"{name} is not text but looks like {looks_like(data)}: give it its true suffix or leave it out."
        )
    if not any(clean(one).strip() for one in text):  # the first character mostly settles it
        raise EmptyFileError(f"{name} is empty: leave it out or save it again with its content.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_markup(data: bytes, name: str) -> str:
    """Like `decode`, but an encoding that the markup declares comes before the guess."""
    declared = DECLARED_ENCODING.search(data[:DECLARED_WITHIN])
    if declared and not data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        return decode_as(data, declared.group(1).decode("ascii"), name)
    return decode(data, name)


def decode_as(data: bytes, label: str, name: str) -> str:
    """Like `decode`, but the labelled encoding comes before the guess.

    Latin-1, ASCII and Windows-1252 are labels that programs write by default: they stand for UTF-8 where the bytes
    are that, and else for Windows-1252. UTF-16 and UTF-32 are not believed where no byte is zero.
    """
    try:
        encoding = codecs.lookup(label).name
    except (LookupError, ValueError):
        return decode(data, name)
    if encoding.startswith(("utf-16", "utf-32")) and b"\x00" not in data:
        return decode(data, name)
    if encoding in ("ascii", "iso8859-1", "cp1252"):
        text: str | None = _utf8(data) or data.decode("cp1252", "replace")
    else:
        text = _try_decode(data, SUPERSETS.get(encoding, encoding))
    return decode(data if text is None else text.encode("utf-8", "replace"), name)


def clean(text: str) -> str:
    """Normalized, without control characters; tabs stay, and all that breaks a line is a newline."""
    return normalized(UNWANTED.sub("", text.translate(LINE_BREAKS)))


def _decode_any(data: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\x00" in data:
        return None
    return _utf8(data) or _guess(data)


def _try_decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _utf8(data: bytes) -> str | None:
    """Damaged text too, with U+FFFD for each bad byte."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text if good >= GOOD_PER_BAD * bad else None


def _guess(data: bytes) -> str | None:
    sample = data[:GUESS_BYTES]
    if sum(byte > 127 for byte in sample) <= MAX_LATIN_SHARE * len(sample):
        return data.decode(code_page(sample), "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return data.decode(best.encoding, "replace") if best else None


def _is_binary(text: str) -> bool:
    sample = text[:GUESS_BYTES]
    return "\x00" in sample or len(CONTROLS.findall(sample)) > MAX_CONTROL_SHARE * len(sample)
