"""Running headers, footers and page numbers of a PDF are found, so that they can be left out."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ingest.parsers.pdflines import Line

MARGIN_SHARE = 0.12
"""Share of the page's height, at the top and at the bottom, in which running lines are looked for."""
GRID = 4.0
"""Points within which two lines are at the same height."""
MOST_PAGES = 0.5
MIN_PAGES = 3
BEFORE = 2
"""Left and right pages differ, so a line is compared with the two pages before."""
MAX_NUMBERS = 3
NUMBER = re.compile(r"\b(?:\d{1,6}|[ivxl]{1,7})\b")
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


class _Key(NamedTuple):
    """What makes two lines the same: text and place. `counted` where a number in it grows with the page."""

    text: str
    place: int | Literal["first", "last"]
    counted: bool

    @property
    def is_strong(self) -> bool:
        """Whether two pages are enough to tell; a text that is only the last one on both may be chance."""
        return self.counted or isinstance(self.place, int)


def running_lines(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[set[int]]:
    """For every page, the indices of its running lines.

    A line in the margin, or the topmost or lowest on its page, is one if it recurs there on most pages or on one of
    the two pages before; of the latter kind the first stays, so no text is lost altogether. Numbers that grow with
    the page count as the same.
    """
    keys = [_page_keys(lines, page, height) for page, (lines, height) in enumerate(zip(pages, heights, strict=True))]
    on_page = [set().union(*page.values()) for page in keys]
    counts = Counter(key for page in on_page for key in page)
    needed = max(MIN_PAGES, MOST_PAGES * len(pages))
    frequent = {key for key, count in counts.items() if count >= needed}
    return [
        {i for i, own in lines.items() if own & (frequent | _recent(on_page, page))} for page, lines in enumerate(keys)
    ]


def _recent(on_page: Sequence[set[_Key]], page: int) -> set[_Key]:
    before = on_page[max(page - BEFORE, 0) : page]
    return {key for keys in before for key in keys if key.is_strong}


def _page_keys(lines: Sequence[Line], page: int, height: float) -> dict[int, set[_Key]]:
    if not lines:
        return {}
    first = min(range(len(lines)), key=lambda i: lines[i].top)
    last = max(range(len(lines)), key=lambda i: lines[i].bottom)
    keys: dict[int, set[_Key]] = {}
    for i, line in enumerate(lines):
        if _in_margin(line, height):
            row = round(line.top / GRID)
            keys[i] = {*_keys(line, page, row), *_keys(line, page, row + 1)}
    keys.setdefault(first, set()).update(_keys(lines[first], page, "first"))
    keys.setdefault(last, set()).update(_keys(lines[last], page, "last"))
    return keys


def _in_margin(line: Line, height: float) -> bool:
    return line.bottom <= MARGIN_SHARE * height or line.top >= (1 - MARGIN_SHARE) * height


def _keys(line: Line, page: int, place: int | Literal["first", "last"]) -> Iterator[_Key]:
    """The line as it is, and with each of its numbers relative to the page index.

    A row of figures at the same place on two pages is thus told from "Page 3 of 10".
    """
    text = " ".join(line.text.split())
    if not text.isdecimal():
        yield _Key(text, place, False)
    numbers = list(NUMBER.finditer(text))
    for found in (*numbers[:MAX_NUMBERS], *numbers[MAX_NUMBERS:][-1:]):
        number = _value(found.group()) - page
        yield _Key(f"{text[: found.start()]}#{number}{text[found.end() :]}", place, True)


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))
