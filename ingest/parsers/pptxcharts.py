"""Charts of slides as tables: a row for each category, a column for each series."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import Any

from ingest.parsers.tables import Row


def chart_tables(shapes: Iterable[Any]) -> Iterator[list[Row]]:
    """Rows of each chart among `shapes`, also in groups, with the names of the series first."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from chart_tables(shape.shapes)
        elif getattr(shape, "has_chart", False):
            with suppress(ValueError):  # a kind of chart that the library does not know
                yield from [_rows(_title(shape.chart), plot) for plot in shape.chart.plots]


def _title(chart: Any) -> str:
    return str(chart.chart_title.text_frame.text) if chart.has_title and chart.chart_title.has_text_frame else ""


def _rows(title: str, plot: Any) -> list[Row]:
    series = list(plot.series)
    values = zip_longest(*(one.values for one in series))
    named = zip_longest(map(str, plot.categories), values, fillvalue="")
    header = [title, *(one.name for one in series)]
    return [header, *([category, *map(_shown, row)] for category, row in named)]


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
