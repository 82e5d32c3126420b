"""Characters of a PDF page become lines: repaired, cells of one row joined, boxes in step with the text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pdfchars import PageChars
from ingest.parsers.pdfraised import with_raised_digits
from ingest.writing import normalized

HYPHEN = "\x02"
"""How pdfium marks a hyphen at a line end where the word goes on below."""
INVISIBLE = re.compile(r"[\x00\x01\x03-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\uffff\ud800-\udfff]")
"""No characters of a text."""
SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
ODD = re.compile(
    r"[^\s\u0300-\u036f]?[\u0300-\u036f]+"  # characters with their accents apart
    r"|[\ufb00-\ufb06]"  # ligatures
    r"|[ \t]{2,}"
    r"|(?:[.\u2026][ \t]?){6,}"  # dot leaders
    rf"|(?<=\d)[{SUPERSCRIPTS}]+(?=[/\u2044]\d)"  # the upper part of a fraction
)
SAME_LENGTH = str.maketrans({"\ufffe": HYPHEN, "\xa0": " ", "\x0c": "\n"})
SPAN = re.compile(rf"[^\n{HYPHEN}]*{HYPHEN}|[^\n{HYPHEN}]+")
CELL_GAP = 1.5
"""Gap between cells, in font sizes; words of justified text are closer."""
SAME_ROW_OVERLAP = 0.6
FIELD_OVERLAP = 0.25
"""What is filled in seldom stands on the line of its label."""


@dataclass(frozen=True)
class Line:
    """One line or table row; `cells` are the offsets in `text` after which a wide gap is passed."""

    text: str
    boxes: NDArray[np.float32]
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    hyphenated: bool = False
    cells: tuple[int, ...] = ()


def page_lines(chars: PageChars) -> list[Line]:
    """Lines in reading order, as the content stream has them; those of filled fields behind what is beside them."""
    end = len(chars.text) if chars.own is None else chars.own
    lines = _lines(repair(_part(chars, slice(end))))
    for field in _lines(repair(_apart(_part(chars, slice(end, None))))):
        _put(field, lines)
    return _rows(lines)


def _part(chars: PageChars, part: slice) -> PageChars:
    return replace(chars, text=chars.text[part], boxes=chars.boxes[part], bold=chars.bold[part], own=None)


def _apart(fields: PageChars) -> PageChars:
    """pdfium puts only a space between fields, wherever they stand."""
    text = list(fields.text)
    for i in range(1, len(text) - 1):
        before, after = fields.boxes[i - 1], fields.boxes[i + 1]
        height = before[3] - before[1]
        is_level = abs(after[3] - before[3]) < height / 2
        if text[i] == " " and not (is_level and 0 <= after[0] - before[2] < CELL_GAP * height):
            text[i] = "\n"
    return replace(fields, text="".join(text))


def _put(field: Line, lines: list[Line]) -> None:
    """Behind the nearest line to its left, else before the first one below it."""
    beside = [i for i, line in enumerate(lines) if _beside(line, field, FIELD_OVERLAP)]
    if beside:
        nearest = max(beside, key=lambda i: lines[i].right)
        lines[nearest] = _joined(lines[nearest], field)
    else:
        lines.insert(next((i for i, line in enumerate(lines) if line.top > field.top), len(lines)), field)


def repair(chars: PageChars) -> PageChars:
    """The same page without control characters, ligatures, accents apart, dot leaders and runs of spaces."""
    page = with_raised_digits(replace(chars, text=chars.text.translate(SAME_LENGTH)))
    return _substituted(_substituted(page, INVISIBLE), ODD)  # what stands between a letter and its accent goes first


def _substituted(page: PageChars, pattern: re.Pattern[str]) -> PageChars:
    text = page.text
    parts: list[str] = []
    sources: list[NDArray[np.int64]] = []
    at = 0
    for odd in pattern.finditer(text):
        new = _replacement(odd.group())
        parts += [text[at : odd.start()], new]
        sources += [np.arange(at, odd.start()), odd.start() + np.arange(len(new)) % (odd.end() - odd.start())]
        at = odd.end()
    source = np.concatenate([*sources, np.arange(at, len(text))])
    joined = "".join([*parts, text[at:]])
    return replace(page, text=joined, boxes=page.boxes[source], bold=page.bold[source])


def _replacement(odd: str) -> str:
    if INVISIBLE.fullmatch(odd):
        return ""
    if odd[0] in " \t":
        return " "
    if odd[0] in SUPERSCRIPTS:
        return " " + unicodedata.normalize("NFKC", odd)
    if len(odd) > 5 and odd[0] in ".\u2026":
        return "..."
    return normalized(odd)


def _lines(page: PageChars) -> list[Line]:
    spans = [span for found in SPAN.finditer(page.text) if (span := _stripped(page.text, *found.span()))[0] < span[1]]
    if not spans:
        return []
    boxes, visible = page.boxes, page.boxes[:, 2] > page.boxes[:, 0]
    bounds = _bounds(boxes, visible, spans)
    sizes = bounds[:, 4]
    gaps = _wide_gaps(page, visible, spans, sizes)
    lines = []
    for number, ((start, end), (left, top, right, bottom, size)) in enumerate(zip(spans, bounds.tolist(), strict=True)):
        text = page.text[start:end]
        hyphenated = text.endswith(HYPHEN)
        text = text[:-1] + "-" if hyphenated else text
        cells = tuple(gap - start for gap in gaps.get(number, ()))
        bold = bool(page.bold[start])
        lines.append(Line(text, boxes[start:end], left, top, right, bottom, size, bold, hyphenated, cells))
    return lines


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _bounds(
    boxes: NDArray[np.float32], visible: NDArray[np.bool_], spans: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """Left, top, right, bottom and mean character height of every span; zero where nothing is visible."""
    edges = np.array(spans).ravel()
    seen = np.append(visible, False)

    def reduced(operation: np.ufunc, values: NDArray[np.float32], hidden: float) -> NDArray[np.float64]:
        padded = np.append(values, 0).astype(np.float64)
        result: NDArray[np.float64] = operation.reduceat(np.where(seen, padded, hidden), edges)[::2]
        return result

    low = [reduced(np.minimum, boxes[:, side], np.inf) for side in (0, 1)]
    high = [reduced(np.maximum, boxes[:, side], -np.inf) for side in (2, 3)]
    heights = reduced(np.add, boxes[:, 3] - boxes[:, 1], 0.0)
    counts = reduced(np.add, visible.astype(np.float32), 0.0)
    bounds = np.stack([*low, *high, heights / np.maximum(counts, 1)], axis=1)
    return np.where(np.isfinite(bounds), bounds, 0.0)


def _wide_gaps(
    page: PageChars, visible: NDArray[np.bool_], spans: Sequence[tuple[int, int]], sizes: NDArray[np.float64]
) -> dict[int, list[int]]:
    """For every span with wide gaps: offsets in the page of the characters after them."""
    inked = np.flatnonzero(visible & np.fromiter((not char.isspace() for char in page.text), bool, len(page.text)))
    if len(inked) < 2:
        return {}
    owner = np.searchsorted(np.array([start for start, _ in spans]), inked, side="right") - 1
    gaps = page.boxes[inked[1:], 0] - page.boxes[inked[:-1], 2]
    wide = (gaps > CELL_GAP * sizes[owner[1:]]) & (owner[1:] == owner[:-1])
    found: dict[int, list[int]] = {}
    for position in np.flatnonzero(wide):
        found.setdefault(int(owner[position + 1]), []).append(int(inked[position + 1]))
    return found


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Lines side by side, as the cells of a row often are, become one."""
    rows: list[Line] = []
    for line in lines:
        if rows and _beside(rows[-1], line):
            rows[-1] = _joined(rows[-1], line)
        else:
            rows.append(line)
    return rows


def _beside(before: Line, line: Line, least_overlap: float = SAME_ROW_OVERLAP) -> bool:
    overlap = min(before.bottom, line.bottom) - max(before.top, line.top)
    lower = min(before.bottom - before.top, line.bottom - line.top)
    return lower > 0 and overlap > least_overlap * lower and line.left >= before.right - 1


def _joined(before: Line, line: Line) -> Line:
    start = len(before.text) + 1
    wide = line.left - before.right > CELL_GAP * min(before.size, line.size)
    return Line(
        text=f"{before.text} {line.text}",
        boxes=np.concatenate([before.boxes, np.zeros((1, 4), np.float32), line.boxes]),
        left=before.left,
        top=min(before.top, line.top),
        right=line.right,
        bottom=max(before.bottom, line.bottom),
        size=max(before.size, line.size),
        bold=before.bold and line.bold,
        hyphenated=line.hyphenated,
        cells=(*before.cells, *((start,) if wide else ()), *(start + cell for cell in line.cells)),
    )
