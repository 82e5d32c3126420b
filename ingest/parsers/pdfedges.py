"""What stands at the edge of a PDF page, apart from its text."""

from collections.abc import Collection, Iterable, Sequence

from ingest.parsers.pdflines import Line

GAP = 0.75
"""Font sizes between a running line and the text, at least; lines of a paragraph are closer."""
SMALLER = 0.95
"""Share of the text's font size below which no gap is needed."""
OVERLAP = 0.3


def at_the_edges(lines: Sequence[Line], recurring: Collection[int]) -> set[int]:
    """Those of `recurring` that lie between the upper or lower edge and a gap, with nothing else among them.

    What belongs to the text is thus kept, even if the same stands on every page.
    """
    rows = _rows(lines)
    return _outer(lines, rows, recurring) | _outer(lines, rows[::-1], recurring)


def _rows(lines: Sequence[Line]) -> list[list[int]]:
    """Indices of lines side by side, from the top of the page."""
    rows: list[list[int]] = []
    for i in sorted(range(len(lines)), key=lambda i: lines[i].top):
        if rows and lines[i].top < lines[rows[-1][0]].bottom - OVERLAP * lines[i].size:
            rows[-1].append(i)
        else:
            rows.append([i])
    return rows


def _outer(lines: Sequence[Line], rows: Sequence[list[int]], recurring: Collection[int]) -> set[int]:
    outer: set[int] = set()
    block: set[int] = set()
    for row, inner in zip(rows, [*rows[1:], []], strict=False):
        own = [i for i in row if i in recurring]
        if not own:
            break
        block.update(own)
        if not inner or _apart([lines[i] for i in row], [lines[i] for i in inner]):
            outer |= block
    return outer


def _apart(row: Sequence[Line], inner: Sequence[Line]) -> bool:
    """A number alone, too, is none of the text's."""
    gap = max(_top(inner) - _bottom(row), _top(row) - _bottom(inner))
    size = _size(row)
    return gap >= GAP * size or size < SMALLER * _size(inner) or all(line.text.isdecimal() for line in row)


def _top(row: Iterable[Line]) -> float:
    return min(line.top for line in row)


def _bottom(row: Iterable[Line]) -> float:
    return max(line.bottom for line in row)


def _size(row: Iterable[Line]) -> float:
    return max(line.size for line in row)
