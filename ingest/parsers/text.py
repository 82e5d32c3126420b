"""Plain text: kept as it is; form feeds are page breaks."""

from pathlib import Path

from ingest.parsers.decoding import clean, decode
from ingest.types import Section


def read_text(path: Path, name: str) -> list[Section]:
    """One section, or one for each page that is not empty where form feeds divide the text."""
    pages = decode(path.read_bytes(), name).split("\f")
    if len(pages) == 1:
        return _section(pages[0], None)
    return [section for number, page in enumerate(pages, 1) for section in _section(page, number)]


def _section(text: str, page: int | None) -> list[Section]:
    cleaned = clean(text)
    return [Section(cleaned, page)] if cleaned.strip() else []
