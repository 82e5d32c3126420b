"""A change is let through only if no metric falls by more than its margin, beyond chance."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval import summary
from eval.experiment.outcomes import Run
from eval.statistics import differences
from ingest.errors import InvalidError

MARGIN = 0.02
GATED = (
    "ndcg@10",
    "recall@5",
    "recall@10",
    "success@3",
    "span_recall",
    "span_iou",
    "answered_right",
    "citation_precision",
    "citation_recall",
    "supported",
    "refusal_recall",
    "refused_answerable",
)


class Baseline(BaseModel):
    """What results are held against. `experiment` is relative to the file; `margins`: metric -> how far it may fall
    (or rise, where lower is better); `values`: data set -> configuration -> metric -> question id -> value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: Path
    created_at: str
    data: dict[str, str]
    margins: dict[str, float]
    values: dict[str, dict[str, dict[str, dict[str, float]]]]


@dataclass(frozen=True)
class Fall:
    """Why the gate is shut."""

    dataset: str
    configuration: str
    reason: str


def baseline_of(run: Run, experiment: Path, margins: Mapping[str, float] | None = None) -> Baseline:
    values: dict[str, Any] = {}
    for result in run.results:
        metrics = {name: result.values(name) for name in GATED if result.values(name)}
        values.setdefault(result.dataset, {})[result.configuration] = {
            name: {key: round(value, 4) for key, value in found.items()} for name, found in metrics.items()
        }
    present = {name for of in values.values() for found in of.values() for name in found}
    return Baseline(
        experiment=experiment,
        created_at=run.created_at,
        data={one.name: one.sha256 for one in run.datasets},
        margins={name: (margins or {}).get(name, MARGIN) for name in GATED if name in present},
        values=values,
    )


def load_baseline(path: Path) -> Baseline:
    """Raises InvalidError where the file is no baseline."""
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidError(f"The baseline {path} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise InvalidError(f"{path} is no baseline; make one with `citewell eval gate --update`.") from error


def save_baseline(baseline: Baseline, path: Path) -> None:
    path.write_text(json.dumps(baseline.model_dump(mode="json"), separators=(",", ":")) + "\n", encoding="utf-8")


def falls(baseline: Baseline, run: Run) -> Iterator[Fall]:
    """What speaks against the run; nothing where it may pass.

    A metric has fallen if the mean of its differences over the questions is beyond the margin and the 95 % interval
    of that mean excludes zero.
    """
    hashes = {one.name: one.sha256 for one in run.datasets}
    for dataset, configurations in baseline.values.items():
        if hashes.get(dataset) != baseline.data[dataset]:
            yield Fall(dataset, "", "the data set is not the one that the baseline was made with; update the baseline")
            continue
        for configuration, metrics in configurations.items():
            yield from _fallen(baseline, run, dataset, configuration, metrics)


def _fallen(
    baseline: Baseline, run: Run, dataset: str, configuration: str, metrics: Mapping[str, Mapping[str, float]]
) -> Iterator[Fall]:
    try:
        result = run.result(configuration, dataset)
    except KeyError:
        yield Fall(dataset, configuration, "the run does not have this configuration")
        return
    for name, before in metrics.items():
        now = result.values(name)
        if not set(before) & set(now):
            yield Fall(dataset, configuration, f"{summary.metric(name).label}: no question has a value any more")
            continue
        reason = _reason(name, baseline.margins.get(name, MARGIN), before, now, run.seed)
        if reason:
            yield Fall(dataset, configuration, reason)


def _reason(name: str, margin: float, before: Mapping[str, float], now: Mapping[str, float], seed: int) -> str:
    metric = summary.metric(name)
    sign = 1 if metric.higher_is_better else -1
    gains = {key: sign * (now[key] - before[key]) for key in before if key in now}
    change = differences(dict.fromkeys(gains, 0.0), {name: gains}, seed)[name].mean
    if change.mean >= -margin or change.high >= 0:
        return ""
    verb = "fell" if metric.higher_is_better else "rose"
    return (
        f"{metric.label} {verb} by {-change.mean:.3f} (95 % from {-change.high:.3f} to {-change.low:.3f}), "
        f"more than the margin of {margin:g}, over {change.count} questions"
    )
