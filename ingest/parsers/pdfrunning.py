"""Running headers, footers and page numbers of a PDF are found, so that they can be left out."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Literal, NamedTuple, TypeAlias

from ingest.parsers.pdflines import Line
from ingest.parsers.pdfrows import heads

MARGIN_SHARE = 0.12
"""Share of the page's height, at the top and at the bottom, in which running lines are looked for."""
GRID = 4.0
"""Points within which two lines are at the same height."""
MOST_PAGES = 0.5
MIN_PAGES = 3
BEFORE = 2
"""Left and right pages differ, so a line is compared with the two pages before."""
MAX_NUMBERS = 8
OUTERMOST = 2
"""Lines at the top and at the bottom of a page that are looked at even where they are not in the margin; those without
a page number only in the outermost place."""
NUMBER = re.compile(r"\b(?:\d{1,6}|[ivxl]{1,7})\b")
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


_Place: TypeAlias = int | Literal["top", "bottom"] | None
"""Height on a grid, or among the outermost lines, or anywhere in these (None)."""


class _Key(NamedTuple):
    """What makes two lines the same: text and place.

    `counted` where a number in it grows with the page; `offset` is that number less the page index.
    """

    text: str
    place: _Place
    counted: bool
    offset: int | None = None

    @property
    def is_strong(self) -> bool:
        """Whether two pages are enough to tell; a text that is only the last one on both may be chance."""
        return self.place is not None and (self.counted or isinstance(self.place, int))


def running_lines(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[set[int]]:
    """For every page, the indices of its running lines.

    A line in the margin, or the topmost or lowest on its page, is one if it recurs there on most pages or on one of
    the two pages before; of the latter kind the first stays, so no text is lost altogether. Numbers that grow with
    the page count as the same. The head of a table stays on every page.
    """
    keys = [_page_keys(lines, page, height) for page, (lines, height) in enumerate(zip(pages, heights, strict=True))]
    on_page = [set().union(*page.values()) for page in keys]
    counts = Counter(key for page in on_page for key in page)
    needed = max(MIN_PAGES, MOST_PAGES * len(pages))
    frequent = {key for key, count in counts.items() if count >= needed}
    frequent |= {_Key(f"#{offset}", None, True) for offset in _page_number_offsets(on_page, needed)}
    return [
        _without_heads(pages[page], {i: own & (frequent | _recent(on_page, page)) for i, own in lines.items()})
        for page, lines in enumerate(keys)
    ]


def _without_heads(lines: Sequence[Line], recurring: dict[int, set[_Key]]) -> set[int]:
    """Those that recur, without heads of tables; a line with the number of the page is none."""
    running = {i for i, keys in recurring.items() if keys}
    upwards = sorted(range(len(lines)), key=lambda i: -lines[i].top)
    for below, i in pairwise(upwards):
        counted = any(key.counted for key in recurring.get(i, ()))
        if i in running and not counted and below not in running and heads(lines[i], lines[below]):
            running.remove(i)
    return running


def _page_number_offsets(on_page: Sequence[set[_Key]], needed: float) -> list[int]:
    """Printed page number less page index, where most pages agree: a number alone that fits is a page number."""
    counts = Counter(offset for keys in on_page for offset in {key.offset for key in keys if key.offset is not None})
    return [offset for offset, count in counts.items() if count >= needed]


def _recent(on_page: Sequence[set[_Key]], page: int) -> set[_Key]:
    before = on_page[max(page - BEFORE, 0) : page]
    return {key for keys in before for key in keys if key.is_strong}


def _page_keys(lines: Sequence[Line], page: int, height: float) -> dict[int, set[_Key]]:
    if not lines:
        return {}
    by_height = sorted(range(len(lines)), key=lambda i: lines[i].top)
    keys: dict[int, set[_Key]] = {}
    for i, line in enumerate(lines):
        if _in_margin(line, height):
            row = round(line.top / GRID)
            keys[i] = {*_keys(line, page, row), *_keys(line, page, row + 1)}
    outer: dict[Literal["top", "bottom"], list[int]] = {
        "top": by_height[:OUTERMOST],
        "bottom": by_height[: -OUTERMOST - 1 : -1],
    }
    for place, indices in outer.items():
        for rank, i in enumerate(indices):
            found = (key for key in _keys(lines[i], page, place) if key.counted or not rank)
            keys.setdefault(i, set()).update(found)
    return keys


def _in_margin(line: Line, height: float) -> bool:
    return line.bottom <= MARGIN_SHARE * height or line.top >= (1 - MARGIN_SHARE) * height


def _keys(line: Line, page: int, place: _Place) -> Iterator[_Key]:
    """The line as it is, and with each of its numbers relative to the page index.

    A row of figures at the same place on two pages is thus told from "Page 3 of 10".
    """
    text = " ".join(line.text.split())
    if not text.isdecimal():
        yield _Key(text, place, False)
    for found in islice(NUMBER.finditer(text), MAX_NUMBERS):
        offset = _value(found.group()) - page
        yield _Key(f"{text[: found.start()]}#{offset}{text[found.end() :]}", place, True, offset)
        if found.group() == text:
            yield _Key(f"#{offset}", None, True)


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))
