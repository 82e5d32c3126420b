"""Plots of a report as SVG. Colours are those of Okabe and Ito, which the colour-blind can tell apart; markers,
lines and hatches tell the same without colour."""

import io
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eval import summary
from eval.experiment.outcomes import Lost, Result
from eval.metrics.calibration import risk_coverage
from eval.statistics import Estimate

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# As many as share no divisor with the colours: configurations of the same colour differ in these.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")
_WIDTH = 4.4
"""Inches: on a phone's screen letters keep about their size."""
_LEGEND_COLUMNS = 2
_STYLE: Any = {
    "font.size": 9,
    "svg.fonttype": "path",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "citewell",
}


@dataclass(frozen=True)
class Plot:
    """`alt` says in words what the picture shows."""

    title: str
    alt: str
    svg: str


def bars(title: str, values: Mapping[str, Estimate]) -> Plot:
    """A bar for each configuration, with its 95 % interval."""
    figure, axes = _figure(0.5 + 0.34 * len(values))
    for row, (_, one) in enumerate(values.items()):
        error = [[one.mean - one.low], [one.high - one.mean]]
        axes.barh(
            row,
            one.mean,
            xerr=error,
            capsize=3,
            ecolor="#333",
            **_fill(row),
        )
        axes.text(min(one.high + 0.01, 1.0), row, f" {one.mean:.3f}", va="center")
    axes.set_yticks(range(len(values)), list(map(_label, values)))
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.0, *(one.high for one in values.values())) * 1.12)
    told = "; ".join(f"{name} {one.mean:.3f} ({one.low:.3f} to {one.high:.3f})" for name, one in values.items())
    return _plot(figure, title, told)


def pareto(title: str, quality: Mapping[str, float], milliseconds: Mapping[str, float]) -> Plot:
    """Quality against latency; those that no other beats in both are joined."""
    figure, axes = _figure(_height(quality))
    for row, name in enumerate(quality):
        axes.scatter(
            milliseconds[name],
            quality[name],
            color=_colour(row),
            marker=_marker(row),
            s=50,
            label=_label(name),
            zorder=3,
        )
    front = pareto_front(quality, milliseconds)
    axes.plot([milliseconds[name] for name in front], [quality[name] for name in front], color="#999", lw=1, zorder=1)
    axes.set_xlabel("milliseconds a question (p50)")
    axes.set_xlim(0, 1.15 * max(milliseconds.values()))
    axes.margins(y=0.2)
    axes.grid(alpha=0.3)
    _legend(figure)
    told = "; ".join(f"{name}: {quality[name]:.3f} at {milliseconds[name]:.1f} ms" for name in quality)
    return _plot(figure, title, f"{told}. Not beaten: {', '.join(front)}")


def pareto_front(quality: Mapping[str, float], milliseconds: Mapping[str, float]) -> list[str]:
    """Names that no other is better and at least as fast than, fastest first."""
    front: list[str] = []
    for name in sorted(quality, key=lambda one: (milliseconds[one], -quality[one])):
        if not front or quality[name] > quality[front[-1]]:
            front.append(name)
    return front


def recall_curves(title: str, curves: Mapping[str, Mapping[int, float]]) -> Plot:
    figure, axes = _figure(_height(curves))
    for row, (name, points) in enumerate(curves.items()):
        axes.plot(
            list(points),
            list(points.values()),
            color=_colour(row),
            marker=_marker(row),
            ls=_line(row),
            ms=4,
            label=_label(name),
        )
    axes.set_xscale("log")
    ticks = sorted({k for points in curves.values() for k in points})
    axes.set_xticks(ticks, [str(k) for k in ticks])
    axes.minorticks_off()
    axes.set_xlabel("k")
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    _legend(figure)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{v:.3f} at {k}" for k, v in points.items()) for name, points in curves.items()
    )
    return _plot(figure, title, told)


def gains_and_losses(title: str, changes: Sequence[float]) -> Plot:
    """The change of each question, sorted."""
    figure, axes = _figure(2.2)
    ordered = np.array(sorted(changes, reverse=True))
    axes.bar(
        range(len(ordered)), ordered, width=1.0, color=[COLOURS[0] if value > 0 else COLOURS[1] for value in ordered]
    )
    axes.axhline(0, color="#333", lw=0.8)
    axes.set_ylim(-1.05, 1.05)
    axes.set_xlabel("questions, from the greatest gain to the greatest loss")
    axes.set_xticks([])
    gained, lost = int((ordered > 0).sum()), int((ordered < 0).sum())
    return _plot(figure, title, f"{gained} questions gain, {lost} lose, {len(ordered) - gained - lost} stay")


def funnel(title: str, counts: Mapping[str, Mapping[Lost, int]]) -> Plot:
    """Missed questions by stage, a bar for each configuration."""
    stages = [stage for stage in Lost if any(found[stage] for found in counts.values())]
    figure, axes = _figure(0.6 + 0.36 * len(counts) + 0.2 * -(-len(stages) // _LEGEND_COLUMNS))
    left = np.zeros(len(counts))
    for stage in stages:
        widths = np.array([found[stage] for found in counts.values()])
        axes.barh(range(len(counts)), widths, left=left, label=stage.value, **_fill(list(Lost).index(stage)))
        left += widths
    axes.set_yticks(range(len(counts)), list(map(_label, counts)))
    axes.invert_yaxis()
    axes.set_xlabel("missed questions")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if stages:
        _legend(figure, _LEGEND_COLUMNS)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{n} {stage}" for stage, n in found.items() if n) for name, found in counts.items()
    )
    return _plot(figure, title, told)


def risk_coverage_curves(title: str, results: Mapping[str, Result]) -> Plot:
    figure, axes = _figure(_height(results))
    told = []
    for row, (name, result) in enumerate(results.items()):
        confidence, right = summary.confidences(result)
        curve = risk_coverage(confidence, right)
        axes.plot(curve[:, 0], curve[:, 1], color=_colour(row), ls=_line(row), label=_label(name))
        told.append(f"{name}: {curve[-1, 1]:.2f} wrong if everything is answered")
    axes.set_xlabel("share of questions answered, the most confident first")
    axes.set_ylabel("share of wrong answers")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    _legend(figure)
    return _plot(figure, title, "; ".join(told))


def _figure(height: float) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        return figure, figure.subplots()


def _height(configurations: Sized) -> float:
    """Inches of a plot with a legend of one line for each."""
    return 2.6 + 0.17 * len(configurations)


def _legend(figure: Figure, columns: int = 1) -> None:
    """Below the axes, where it covers nothing."""
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=columns)


def _plot(figure: Figure, title: str, alt: str) -> Plot:
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    return Plot(title, alt, svg[svg.index("<svg") :])


def _label(name: str) -> str:
    """Matplotlib takes `$` for the begin of a formula, and leaves names with `_` before them out of legends."""
    return f"{' ' if name.startswith('_') else ''}{name}".replace("$", r"\$")


def _fill(row: int) -> dict[str, Any]:
    return {"color": _colour(row), "hatch": _hatch(row), "edgecolor": "white"}


def _colour(row: int) -> str:
    return COLOURS[row % len(COLOURS)]


def _marker(row: int) -> str:
    return MARKERS[row % len(MARKERS)]


def _line(row: int) -> str:
    return LINES[row % len(LINES)]


def _hatch(row: int) -> str:
    return HATCHES[row % len(HATCHES)]
