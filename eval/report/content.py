"""What a report says, before it is laid out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval import summary
from eval.experiment.outcomes import DatasetRecord, Lost, Outcome, Result, Run
from eval.gaps import gaps
from eval.judge import Agreement, agreement
from eval.metrics.ranking import mean
from eval.report import plots
from eval.report.aggregates import Aggregate
from eval.report.plots import Plot
from eval.statistics import Difference, Estimate, verdict
from eval.summary import Metric

_MISSES = 200
"""Missed questions that are listed for each configuration."""


@dataclass(frozen=True)
class Row:
    """One metric: its value for each configuration, None where it has none."""

    metric: Metric
    values: tuple[Estimate | None, ...]


@dataclass(frozen=True)
class Finding:
    """What became of one metric against the baseline, in words; `main` for what is to be read first."""

    configuration: str
    verdict: str
    sentence: str
    main: bool


@dataclass(frozen=True)
class Calibration:
    """How well confidence tells right from wrong: one figure for each configuration, None where it has none."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Risk:
    """Share of wrong answers if the most confident `coverage` of the questions were answered, for each configuration;
    None where it has none."""

    coverage: float
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Latency:
    """p50, p95 and p99 for each configuration, None where it has none."""

    label: str
    unit: str
    values: tuple[tuple[float, float, float] | None, ...]


@dataclass(frozen=True)
class Misses:
    configuration: str
    shown: tuple[Outcome, ...]
    total: int


@dataclass(frozen=True)
class Section:
    """Everything about one data set."""

    dataset: DatasetRecord
    configurations: tuple[str, ...]
    results: tuple[Result, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    tags: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    tag_metric: Metric
    latencies: tuple[Latency, ...]
    calibration: tuple[Calibration, ...]
    risks: tuple[Risk, ...]
    agreement: tuple[Agreement | None, ...]
    plots: tuple[Plot, ...]
    misses: tuple[Misses, ...]
    funnels: Mapping[str, Mapping[Lost, int]]
    failures: tuple[tuple[str, tuple[Outcome, ...]], ...] = ()
    """Configurations with questions that could not be asked."""
    gaps: tuple[str, ...] = ()


def sections(run: Run, aggregates: Sequence[Aggregate]) -> Iterator[Section]:
    """One for each data set; `aggregates` are those of the run."""
    for dataset in run.datasets:
        results = tuple(result for result in run.results if result.dataset == dataset.name)
        yield _section(run, dataset, results, [one for one in aggregates if one.dataset == dataset.name])


def _section(run: Run, dataset: DatasetRecord, results: tuple[Result, ...], aggregates: Sequence[Aggregate]) -> Section:
    metrics = summary.present(results, (*summary.RETRIEVAL, *summary.SPANS, *summary.ANSWERS))
    main = summary.main_metric(results[0])
    funnels = {result.configuration: summary.funnel(result) for result in results}
    return Section(
        dataset=dataset,
        configurations=tuple(result.configuration for result in results),
        results=results,
        rows=tuple(Row(one, tuple(found.means.get(one.name) for found in aggregates)) for one in metrics),
        findings=tuple(_findings(run.baseline, aggregates, (main, summary.metric("ndcg@10")))),
        tags=tuple(_tags(results, main)),
        tag_metric=main,
        latencies=tuple(
            Latency(one.label, one.unit, tuple(found.percentiles.get(one.name) for found in aggregates))
            for one in summary.present(results, summary.COSTS)
        ),
        calibration=tuple(_calibration(aggregates)),
        risks=tuple(_risks(aggregates)),
        agreement=tuple(map(agreement, results)),
        plots=tuple(_plots(run.baseline, results, aggregates, main, funnels)),
        misses=tuple(_misses(result) for result in results),
        funnels=funnels,
        failures=tuple((one.configuration, tuple(failed)) for one in results if (failed := summary.failures(one))),
        gaps=tuple(gaps(run, dataset.name)),
    )


def _findings(baseline: str, aggregates: Sequence[Aggregate], main: Sequence[Metric]) -> Iterator[Finding]:
    """By metric, in the order of the configurations."""
    for one in summary.METRICS:
        for of in aggregates:
            if found := of.differences.get(one.name):
                said = verdict(found, one.higher_is_better)
                yield Finding(of.configuration, said, sentence(one, of.configuration, baseline, found), one in main)


def _calibration(aggregates: Sequence[Aggregate]) -> Iterator[Calibration]:
    for label, values in (
        ("Area under risk-coverage", tuple(one.risk_coverage_area for one in aggregates)),
        ("Calibration error", tuple(one.calibration_error for one in aggregates)),
    ):
        if any(value is not None for value in values):
            yield Calibration(f"{label} (lower is better)", values)


def _risks(aggregates: Sequence[Aggregate]) -> Iterator[Risk]:
    curves = [one.risk_coverage for one in aggregates]
    if any(curves):
        for tenths in range(1, 11):
            yield Risk(tenths / 10, tuple(_risk_at(curve, tenths / 10) for curve in curves))


def _risk_at(curve: Sequence[tuple[float, float]], coverage: float) -> float | None:
    """At the first point of the curve that reaches the coverage."""
    return next((risk for reached, risk in curve if reached >= coverage - 1e-9), None)


def sentence(metric: Metric, name: str, baseline: str, found: Difference) -> str:
    """`bm25 is worse than hybrid in nDCG@10: -0.046 (95 % from -0.071 to -0.022), p = 0.0008, d = -0.34; 31 ...`."""
    said = verdict(found, metric.higher_is_better)
    if said == "equal":
        return f"{name} equals {baseline} in {metric.label} on every question."
    relation = f"{said} from {baseline}" if said == "not distinguishable" else f"{said} than {baseline}"
    interval = f"{found.mean.mean:+.3f} (95 % from {found.mean.low:+.3f} to {found.mean.high:+.3f})"
    return (
        f"{name} is {relation} in {metric.label}: {interval}, p = {found.p:.4f}, {found.effect_said}; "
        f"{found.gained} questions higher, {found.lost} lower."
    )


def _tags(results: Sequence[Result], main: Metric) -> Iterator[tuple[str, int, tuple[float | None, ...]]]:
    """Tag, number of questions that have the metric, and its mean for each configuration."""
    tags = sorted({tag for one in results[0].outcomes for tag in one.tags})
    for tag in tags:
        values = [
            [one.metrics[main.name] for one in result.outcomes if tag in one.tags and main.name in one.metrics]
            for result in results
        ]
        if count := max(map(len, values)):
            yield tag, count, tuple(mean(found) if found else None for found in values)


def _misses(result: Result) -> Misses:
    missed = [one for one in result.outcomes if one.lost or one.wrongly_answered]
    return Misses(result.configuration, tuple(missed[:_MISSES]), len(missed))


def _plots(
    baseline: str,
    results: Sequence[Result],
    aggregates: Sequence[Aggregate],
    main: Metric,
    funnels: Mapping[str, Mapping[Lost, int]],
) -> Iterator[Plot]:
    """Those that there are values for."""
    estimates = {one.configuration: one.means[main.name] for one in aggregates if main.name in one.means}
    if estimates:
        yield plots.bars(f"{main.label}, with 95 % intervals", estimates)
    time = "answer_ms" if any("answer_ms" in one.percentiles for one in aggregates) else "search_ms"
    medians = {one.configuration: one.percentiles[time][0] for one in aggregates if time in one.percentiles}
    quality = {name: one.mean for name, one in estimates.items() if name in medians}
    if quality:
        yield plots.pareto(f"{main.label} against latency", quality, medians)
    curves = {one.configuration: _recall_curve(one) for one in aggregates}
    if any(curves.values()):
        yield plots.recall_curves("Recall at k", curves)
    yield from _gains_and_losses(baseline, results, main)
    if any(any(counts.values()) for counts in funnels.values()):
        yield plots.funnel("Where missed questions were lost", funnels)
    answered = {result.configuration: result for result in results if summary.calibration(result)}
    if answered:
        yield plots.risk_coverage_curves("Risk and coverage", answered)


def _recall_curve(one: Aggregate) -> dict[int, float]:
    found = {name.removeprefix("recall@"): value.mean for name, value in one.means.items() if "recall@" in name}
    return {int(k): value for k, value in found.items()}


def _gains_and_losses(baseline: str, results: Sequence[Result], main: Metric) -> Iterator[Plot]:
    held = next((result for result in results if result.configuration == baseline), results[0])
    before = held.values(main.name)
    for result in results:
        changes = [value - before[key] for key, value in result.values(main.name).items() if key in before]
        if result is not held and changes:
            yield plots.gains_and_losses(f"{main.label}: {result.configuration} minus {held.configuration}", changes)
