"""Bytes become text: byte order marks, declared encodings, UTF-8, then a careful guess."""

import codecs
import re

from ingest.errors import UnreadableFileError
from ingest.parsers.checks import check_not_empty, looks_like

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED_ENCODING = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
DECLARED_WITHIN = 2048
GUESS_BYTES = 64 * 1024
MAX_WESTERN_SHARE = 0.25
"""Western European text has few bytes over 127; where there are more, it is another script."""
MAX_CONTROL_SHARE = 0.05
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd]")
UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\ufeff\ufffe\uffff\ud800-\udfff]")
"""Control characters other than newline and tab, soft hyphens, and what is no character at all."""


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
    if not text.strip():
        raise UnreadableFileError(f"{name} is empty: leave it out or save it again with its content.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_markup(data: bytes, name: str) -> str:
    """Like `decode`, but an encoding that the markup declares comes before the guess."""
    declared = DECLARED_ENCODING.search(data[:DECLARED_WITHIN])
    if declared and not data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        text = _try_decode(data, declared.group(1).decode("ascii"))
        if text is not None:
            data = text.encode("utf-8", "replace")
    return decode(data, name)


def clean(text: str) -> str:
    """Without control characters (newline and tab stay) and invisible break hints."""
    return UNWANTED.sub("", text)


def _decode_any(data: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _try_decode(data, encoding)
    if b"\x00" in data:
        return None
    text = _try_decode(data, "utf-8")
    return text if text is not None else _guess(data)


def _try_decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _guess(data: bytes) -> str | None:
    sample = data[:GUESS_BYTES]
    if sum(byte > 127 for byte in sample) <= MAX_WESTERN_SHARE * len(sample):
        return _try_decode(data, "cp1252") or data.decode("latin-1")
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return data.decode(best.encoding, "replace") if best else None


def _is_binary(text: str) -> bool:
    sample = text[:GUESS_BYTES]
    return "\x00" in sample or len(CONTROLS.findall(sample)) > MAX_CONTROL_SHARE * len(sample)
