"""What a report says, before it is laid out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval import summary
from eval.experiment.outcomes import DatasetRecord, Lost, Outcome, Result, Run
from eval.judge import Agreement, agreement
from eval.report import plots
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
class Latency:
    """p50, p95 and p99 for each configuration."""

    label: str
    unit: str
    values: tuple[tuple[float, float, float], ...]


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
    tags: tuple[tuple[str, int, tuple[float, ...]], ...]
    tag_metric: Metric
    latencies: tuple[Latency, ...]
    calibration: tuple[tuple[float, float] | None, ...]
    agreement: tuple[Agreement | None, ...]
    plots: tuple[Plot, ...]
    misses: tuple[Misses, ...]
    funnels: Mapping[str, Mapping[Lost, int]]


def sections(run: Run) -> Iterator[Section]:
    for dataset in run.datasets:
        results = tuple(result for result in run.results if result.dataset == dataset.name)
        yield _section(run, dataset, results)


def _section(run: Run, dataset: DatasetRecord, results: tuple[Result, ...]) -> Section:
    means = [summary.means(result, run.seed) for result in results]
    metrics = summary.present(results, (*summary.RETRIEVAL, *summary.SPANS, *summary.ANSWERS))
    main = summary.main_metric(results[0])
    return Section(
        dataset=dataset,
        configurations=tuple(result.configuration for result in results),
        results=results,
        rows=tuple(Row(one, tuple(found.get(one.name) for found in means)) for one in metrics),
        findings=tuple(_findings(run, dataset.name, summary.headlines(results), (main, summary.metric("ndcg@10")))),
        tags=tuple(_tags(results, main)),
        tag_metric=main,
        latencies=tuple(
            Latency(one.label, one.unit, tuple(summary.percentiles(result, one.name) for result in results))
            for one in summary.present(results, summary.COSTS)
        ),
        calibration=tuple(map(summary.calibration, results)),
        agreement=tuple(map(agreement, results)),
        plots=tuple(_plots(run, results, means, main)),
        misses=tuple(_misses(result) for result in results),
        funnels={result.configuration: summary.funnel(result) for result in results},
    )


def _findings(run: Run, dataset: str, metrics: Sequence[Metric], main: Sequence[Metric]) -> Iterator[Finding]:
    for one in metrics:
        for name, found in summary.against_baseline(run, dataset, one).items():
            said = verdict(found, one.higher_is_better)
            yield Finding(name, said, sentence(one, name, run.baseline, found), one in main)


def sentence(metric: Metric, name: str, baseline: str, found: Difference) -> str:
    """`bm25 is worse than hybrid in nDCG@10: -0.046 (95 % from -0.071 to -0.022), p = 0.0008, d = -0.34; 31 ...`."""
    said = verdict(found, metric.higher_is_better)
    if said == "equal":
        return f"{name} equals {baseline} in {metric.label} on every question."
    relation = f"{said} from {baseline}" if said == "not distinguishable" else f"{said} than {baseline}"
    interval = f"{found.mean.mean:+.3f} (95 % from {found.mean.low:+.3f} to {found.mean.high:+.3f})"
    return (
        f"{name} is {relation} in {metric.label}: {interval}, p = {found.p:.4f}, d = {found.effect:+.2f}; "
        f"{found.gained} questions higher, {found.lost} lower."
    )


def _tags(results: Sequence[Result], main: Metric) -> Iterator[tuple[str, int, tuple[float, ...]]]:
    """Tag, number of questions that have the metric, and its mean for each configuration."""
    tags = sorted({tag for one in results[0].outcomes for tag in one.tags})
    for tag in tags:
        values = [
            [one.metrics[main.name] for one in result.outcomes if tag in one.tags and main.name in one.metrics]
            for result in results
        ]
        if values[0]:
            yield tag, len(values[0]), tuple(sum(found) / len(found) for found in values)


def _misses(result: Result) -> Misses:
    missed = [one for one in result.outcomes if one.lost or one.wrongly_answered]
    return Misses(result.configuration, tuple(missed[:_MISSES]), len(missed))


def _plots(run: Run, results: tuple[Result, ...], means: Sequence[dict[str, Estimate]], main: Metric) -> Iterator[Plot]:
    names = [result.configuration for result in results]
    yield plots.bars(
        f"{main.label}, with 95 % intervals", {n: found[main.name] for n, found in zip(names, means, strict=True)}
    )
    time = "answer_ms" if results[0].values("answer_ms") else "search_ms"
    yield plots.pareto(
        f"{main.label} against latency",
        {name: found[main.name].mean for name, found in zip(names, means, strict=True)},
        {result.configuration: summary.percentiles(result, time)[0] for result in results},
    )
    curves = {
        name: {int(key.split("@")[1]): one.mean for key, one in found.items() if key.startswith("recall@")}
        for name, found in zip(names, means, strict=True)
    }
    yield plots.recall_curves("Recall at k", curves)
    baseline = next((result for result in results if result.configuration == run.baseline), results[0])
    before = baseline.values(main.name)
    for result in results:
        if result is not baseline:
            changes = [value - before[key] for key, value in result.values(main.name).items() if key in before]
            yield plots.gains_and_losses(
                f"{main.label}: {result.configuration} minus {baseline.configuration}", changes
            )
    yield plots.funnel(
        "Where missed questions were lost", {result.configuration: summary.funnel(result) for result in results}
    )
    if summary.calibration(results[0]):
        yield plots.risk_coverage_curves("Risk and coverage", {result.configuration: result for result in results})
