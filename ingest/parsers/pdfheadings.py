"""Headings of a PDF: from its outline, else from font size and numbered bold lines."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingest.parsers.pdfchars import Bookmark
from ingest.parsers.pdflines import Line
from ingest.parsers.pdfrows import SEPARATOR

MIN_BOOKMARKS = 2
LARGER = 1.15
"""How much larger than the body text a heading is at least."""
MIN_LETTERS = 3
YEAR = re.compile(r"(?:19|20)\d\d")
NOT_SMALLER = 0.9
MAX_LENGTH = 200
MAX_LINES = 3
MAX_DEPTH = 6
MIN_TITLE_START = 6
ABOVE_TARGET = 24.0
"""Points by which a bookmark may point below the top of its line."""
NUMBERED = re.compile(
    r"(?P<number>\d{1,2}(\.\d{1,2}){0,4})\.?\s+\S|(?:[A-Z]|[IVX]{1,5})\.\s+\S|(?:Part|Item|Note|Chapter|Section|Appendix)\s+(?:\d+[A-Z]?|[IVXLC]+|[A-Z])\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PdfHeading:
    text: str
    depth: int


Place: TypeAlias = tuple[int, int]
"""Index of a page and of a line on it."""
PlacedHeadings: TypeAlias = dict[Place, list[PdfHeading]]


def headings_from_outline(bookmarks: Sequence[Bookmark], pages: Sequence[Sequence[Line]]) -> PlacedHeadings:
    """The line at which each bookmark's part begins; empty where the outline is too small to tell anything."""
    found: PlacedHeadings = {}
    if len(bookmarks) >= MIN_BOOKMARKS:
        for bookmark in bookmarks:
            heading = PdfHeading(bookmark.title, bookmark.depth)
            found.setdefault(_target(bookmark, pages), []).append(heading)
    return found


def _target(bookmark: Bookmark, pages: Sequence[Sequence[Line]]) -> Place:
    """The line with the title at or below the place that is pointed at, else the first line there."""
    lines, top = pages[bookmark.page - 1], bookmark.top or 0.0
    title = _words(bookmark.title)
    below = [i for i, line in enumerate(lines) if line.top >= top - ABOVE_TARGET]
    named = [i for i in below if _names(_words(lines[i].text), title)]
    return bookmark.page - 1, next(iter(named or [i for i in below if lines[i].top >= top - 2] or [0]))


def _words(text: str) -> str:
    """Letters and digits only, lower case, without a leading number."""
    return "".join(char for char in text.lower() if char.isalnum()).lstrip("0123456789")


def _names(words: str, title: str) -> bool:
    """Whether a line is a title or, of a title on several lines, the first."""
    return bool(words) and (words == title or (len(words) >= MIN_TITLE_START and title.startswith(words)))


def headings_from_fonts(pages: Sequence[Sequence[Line]]) -> PlacedHeadings:
    """Lines clearly larger than the body text, and bold numbered ones; depth by size."""
    body = body_size(pages)
    if not body:
        return {}
    candidates = {
        (page, i): line for page, lines in enumerate(pages) for i, line in enumerate(lines) if _is_heading(line, body)
    }
    sizes = _levels({_rounded(line.size) for line in candidates.values()}, body)
    return {place: [heading] for place, heading in _merged(candidates, sizes)}


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_heading(line: Line, body: float) -> bool:
    letters, digits = (sum(map(kind, line.text)) for kind in (str.isalpha, str.isdecimal))
    is_wordy = letters >= max(MIN_LETTERS, digits) or YEAR.fullmatch(line.text) is not None
    if SEPARATOR in line.text or len(line.text) > MAX_LENGTH or not is_wordy:
        return False
    if line.size >= LARGER * body:
        return True
    numbered = NUMBERED.match(line.text) is not None and line.text[-1] not in ".,;"
    return numbered and line.bold and line.size >= NOT_SMALLER * body


def _levels(sizes: set[float], body: float) -> dict[float, int]:
    """Depth of each size: the largest is 0; all sizes about as large as the body share the last."""
    larger = sorted((size for size in sizes if size >= LARGER * body), reverse=True)
    depths: dict[float, int] = {}
    for i, size in enumerate(larger):
        above = larger[i - 1] if i else 0.0
        depths[size] = 0 if not i else depths[above] + (size < 0.95 * above)
    last = max(depths.values(), default=-1) + 1
    return {size: min(depths.get(size, last), MAX_DEPTH) for size in sizes}


def _merged(candidates: dict[Place, Line], levels: dict[float, int]) -> Iterator[tuple[Place, PdfHeading]]:
    """A heading of several lines is one; the depth of a numbered one grows with its dots."""
    places = sorted(candidates)
    while places:
        first = places.pop(0)
        text, last, count = candidates[first].text, first, 1
        while places and count < MAX_LINES and _continues(candidates, last, places[0]):
            text = text[:-1] if candidates[last].hyphenated else f"{text} "
            last, count = places.pop(0), count + 1
            text += candidates[last].text
        yield first, PdfHeading(text, levels[_rounded(candidates[first].size)] + _dots(text))


def _continues(candidates: dict[Place, Line], last: Place, place: Place) -> bool:
    before, line = candidates[last], candidates[place]
    return (
        place == (last[0], last[1] + 1)
        and abs(line.size - before.size) < 0.5
        and 0 <= line.top - before.top < 2 * before.size
        and NUMBERED.match(line.text) is None
    )


def _dots(text: str) -> int:
    numbered = NUMBERED.match(text)
    number = numbered.group("number") if numbered else None
    return number.count(".") if number else 0
