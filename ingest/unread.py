"""Pages of a file that show something but hold no text: what was not read is told and kept with the document."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ingest.types import Metadata, Section

UNREAD_PAGES = "unread_pages"
"""Metadata key of a document, such as "2-6, 9"."""


def page_ranges(pages: Iterable[int]) -> str:
    """Numbers in ascending order as "2-6, 9"; empty without any."""
    runs = groupby(enumerate(pages), key=lambda pair: pair[1] - pair[0])
    ends = [(run[0][1], run[-1][1]) for run in (list(group) for _, group in runs)]
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)


def unread(sections: Sequence[Section]) -> Metadata:
    """What is kept of it."""
    pages = next((section.unread_pages for section in sections if section.unread_pages), "")
    return {UNREAD_PAGES: pages} if pages else {}


def unread_note(metadata: Metadata, name: str) -> str:
    """A sentence for whoever adds the file `name`; empty where all of it was read."""
    pages = metadata.get(UNREAD_PAGES)
    return f"{name} has no text layer on pages {pages}: run OCR on it and add the result." if pages else ""
