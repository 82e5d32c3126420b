"""Running headers, footers and page numbers of a PDF are found, so that they can be left out."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Literal, NamedTuple, TypeAlias

from ingest.parsers.pdfedges import at_the_edges
from ingest.parsers.pdfheadings import LARGER, YEAR, body_size
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
"""Lines at the top and at the bottom of a page in which a page number is looked for even outside the margin."""
NUMBER = re.compile(r"\b(?:\d{1,6}|[ivxl]{1,7})\b")
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
LABELLED = re.compile(r"([^\W\d_]+)\.? $")
"""A word right before a number, which numbers that: "Annex 3", unlike "Handbook | 3"."""
LABEL_LENGTH = 20
PAGE_WORDS = frozenset(("page", "p", "pg", "pag", "pagina", "página", "seite", "s", "blatt", "slide", "folie", "sheet"))


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


def running_lines(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[set[int]]:
    """For every page, the indices of its running lines.

    A line is one if it recurs at the same height in the margin, on most pages or on one of the two pages before, and
    a gap parts it from the text. The first stays, so no text is lost altogether. Numbers that grow with the page count
    as the same, and all of these go if they are on most pages, unless they number something else ("Annex 3"). What is
    as large as a heading is one only if it is on the page before, too: it may name what follows. The head of a table
    stays on every page.
    """
    body = body_size(pages)
    keys = [
        _page_keys(lines, page, height, body) for page, (lines, height) in enumerate(zip(pages, heights, strict=True))
    ]
    on_page = [set().union(*page.values()) for page in keys]
    frequent = _frequent(on_page)
    running, seen = [], set[_Key]()
    for page, lines in enumerate(keys):
        known = {key for key in frequent if key.counted or key in seen} | _recent(on_page, page, BEFORE)
        just_before = _recent(on_page, page, 1)
        recurring = {
            i: own & (just_before if _may_head(pages[page][i], heights[page], body) else known)
            for i, own in lines.items()
        }
        running.append(at_the_edges(pages[page], _without_heads(pages[page], recurring)))
        seen |= on_page[page]
    return running


def _frequent(on_page: Sequence[set[_Key]]) -> set[_Key]:
    """What is on most pages."""
    counts = Counter(key for page in on_page for key in page)
    needed = max(MIN_PAGES, MOST_PAGES * len(on_page))
    frequent = {key for key, count in counts.items() if count >= needed}
    return frequent | {_Key(f"#{offset}", None, True) for offset in _page_number_offsets(on_page, needed)}


def _page_number_offsets(on_page: Sequence[set[_Key]], needed: float) -> list[int]:
    """Printed page number less page index, where most pages agree: a number alone that fits is a page number."""
    counts = Counter(offset for keys in on_page for offset in {key.offset for key in keys if key.offset is not None})
    return [offset for offset, count in counts.items() if count >= needed]


def _recent(on_page: Sequence[set[_Key]], page: int, before: int) -> set[_Key]:
    """What has its place on one of the pages before."""
    return {key for keys in on_page[max(page - before, 0) : page] for key in keys if key.place is not None}


def _without_heads(lines: Sequence[Line], recurring: dict[int, set[_Key]]) -> set[int]:
    """Those that recur, without heads of tables; a line with the number of the page is none."""
    running = {i for i, keys in recurring.items() if keys}
    upwards = sorted(range(len(lines)), key=lambda i: -lines[i].top)
    for below, i in pairwise(upwards):
        counted = any(key.counted for key in recurring.get(i, ()))
        if i in running and not counted and below not in running and heads(lines[i], lines[below]):
            running.remove(i)
    return running


def _may_head(line: Line, height: float, body: float) -> bool:
    """Whether it may name what follows, by its size: no heading stands at the lower edge."""
    return line.size >= LARGER * body and line.top < height / 2 and not line.text.isdecimal()


def _page_keys(lines: Sequence[Line], page: int, height: float, body: float) -> dict[int, set[_Key]]:
    by_height = sorted(range(len(lines)), key=lambda i: lines[i].top)
    outer: dict[Literal["top", "bottom"], list[int]] = {
        "top": by_height[:OUTERMOST],
        "bottom": by_height[: -OUTERMOST - 1 : -1],
    }
    keys: dict[int, set[_Key]] = {}
    for i, line in enumerate(lines):
        places: list[_Place] = [place for place, indices in outer.items() if i in indices]
        if own := set(_line_keys(line, page, height, body, places)):
            keys[i] = own
    return keys


def _line_keys(line: Line, page: int, height: float, body: float, outer: Sequence[_Place]) -> Iterator[_Key]:
    row = round(line.top / GRID)
    in_margin = line.bottom <= MARGIN_SHARE * height or line.top >= (1 - MARGIN_SHARE) * height
    rows = [row, row + 1] if in_margin else []
    text = " ".join(line.text.split())
    if not text.isdecimal():
        yield from (_Key(text, place, False) for place in rows)
    if places := [*rows, *outer]:
        for found in [] if _is_year(text, line, height, body) else _page_numbers(text, line, body):
            yield from _counted(text, found, page, places)


def _counted(text: str, found: re.Match[str], page: int, places: Sequence[_Place]) -> Iterator[_Key]:
    """The line with one of its numbers relative to the page index: a row of figures at the same place on two pages is
    thus told from "Page 3 of 10"."""
    offset = _value(found.group()) - page
    for place in places:
        yield _Key(f"{text[: found.start()]}#{offset}{text[found.end() :]}", place, True, offset)
    if found.group() == text:
        yield _Key(f"#{offset}", None, True)


def _page_numbers(text: str, line: Line, body: float) -> Iterator[re.Match[str]]:
    """Numbers that may be that of the page."""
    small = line.size < body / LARGER
    for found in islice(NUMBER.finditer(text), MAX_NUMBERS):
        labelled = LABELLED.search(text, max(found.start() - LABEL_LENGTH, 0), found.start())
        apart = small or found.start() in line.cells
        if apart or labelled is None or labelled.group(1).lower() in PAGE_WORDS:
            yield found


def _is_year(text: str, line: Line, height: float, body: float) -> bool:
    """Whether it names the year that the page is about; in small print or below, it may be the page's number."""
    return YEAR.fullmatch(text) is not None and line.size >= body and line.top < height / 2


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))
