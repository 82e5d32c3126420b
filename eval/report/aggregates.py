"""A run in numbers: what is told of it beside its questions."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval import summary
from eval.experiment.outcomes import Result, Run
from eval.statistics import Difference, Estimate


@dataclass(frozen=True)
class Aggregate:
    """One configuration on one data set.

    `means`: of every metric. `differences`: of headline metrics from the baseline; the baseline has none.
    `percentiles`: p50, p95 and p99 of what a question costs. `risk_coverage_area` and `calibration_error`: None where
    nothing was answered. `risk_coverage`: (coverage, risk) of the k most confident answers, k = 1 .. questions.
    """

    dataset: str
    configuration: str
    means: Mapping[str, Estimate]
    differences: Mapping[str, Difference]
    percentiles: Mapping[str, tuple[float, float, float]]
    risk_coverage_area: float | None
    calibration_error: float | None
    risk_coverage: tuple[tuple[float, float], ...] = ()


def aggregates(run: Run) -> tuple[Aggregate, ...]:
    """One for each result, in their order."""
    differences = {one.name: summary.comparisons(run, one.name) for one in run.datasets}
    return tuple(_aggregate(one, differences[one.dataset], run.seed) for one in run.results)


def _aggregate(result: Result, differences: Mapping[str, Mapping[str, Difference]], seed: int) -> Aggregate:
    area, error = summary.calibration(result) or (None, None)
    name = result.configuration
    return Aggregate(
        dataset=result.dataset,
        configuration=name,
        means=summary.means(result, seed),
        differences={metric: found[name] for metric, found in differences.items() if name in found},
        percentiles={
            one.name: summary.percentiles(result, one.name) for one in summary.present([result], summary.COSTS)
        },
        risk_coverage_area=area,
        calibration_error=error,
        risk_coverage=tuple((round(x, 4), round(y, 4)) for x, y in summary.risk_coverage_curve(result).tolist()),
    )
