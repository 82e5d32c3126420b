"""Charts of slides as tables: a row for each category or value of x, a column for each series."""

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
    """Points of a scatter chart whose series differ in x stand in rows of their own."""
    series = list(plot.series)
    header = [title, *(one.name for one in series)]
    labels, columns = [_labels(plot, one) for one in series], [list(map(_shown, one.values)) for one in series]
    if all(own == labels[0] for own in labels):
        rows = zip_longest(*labels[:1], *columns, fillvalue="")
        return [header, *map(list, rows)]
    points = [(i, *pair) for i in range(len(series)) for pair in zip_longest(labels[i], columns[i], fillvalue="")]
    return [header, *([x, *(y if i == column else "" for column in range(len(series)))] for i, x, y in points)]


def _labels(plot: Any, series: Any) -> list[str]:
    """Categories, with those that group them first ("2024 Q1"), or the values of x."""
    if categories := [" ".join(filter(None, levels)) for levels in plot.categories.flattened_labels]:
        return categories
    points = {int(point.get("idx")): point.v.text or "" for point in series._element.xpath("c:xVal//c:pt")}
    return [points.get(i, "") for i in range(max(points, default=-1) + 1)]


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
