"""A change is let through only if no metric falls by more than its margin, beyond chance."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eval import summary
from eval.experiment.outcomes import Result, Run
from eval.statistics import CONFIDENCE, estimate, pairs, randomisation_p
from ingest.errors import InvalidError

MARGIN = 0.02
MINIMUM = 5
"""Questions that a metric needs: that all of fewer fall is, at one in two each, not even rare (1/16 for four)."""
_DIGITS, _SAID = 4, 3
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

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    experiment: Path
    created_at: str
    data: dict[str, str]
    margins: dict[str, Annotated[float, Field(ge=0)]]
    values: dict[str, dict[str, dict[str, Annotated[dict[str, float], Field(min_length=1)]]]]

    @model_validator(mode="after")
    def _parts_fit(self) -> "Baseline":
        names = {name for _, _, name, _ in self.rows()}
        known = {one.name for one in summary.METRICS}
        if not names:
            raise ValueError("there is no metric in values")
        if names - known:
            raise ValueError(f"there is no metric {_listed(names - known)}")
        if self.margins.keys() - names:
            raise ValueError(f"margins name {_listed(self.margins.keys() - names)}, of which there are no values")
        if self.values.keys() != self.data.keys():
            raise ValueError("data and values do not name the same data sets")
        return self

    def rows(self) -> Iterator[tuple[str, str, str, Mapping[str, float]]]:
        """Data set, configuration, metric, and question id -> value."""
        for dataset, configurations in self.values.items():
            for configuration, metrics in configurations.items():
                for name, values in metrics.items():
                    yield dataset, configuration, name, values


@dataclass(frozen=True)
class Fall:
    """Why the gate is shut."""

    dataset: str
    configuration: str
    reason: str


def baseline_of(run: Run, experiment: Path, margins: Mapping[str, float] | None = None) -> Baseline:
    """Raises InvalidError where the run has nothing to hold others against."""
    values: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for result in run.results:
        metrics = {name: _values(result, name) for name in GATED if result.values(name)}
        values.setdefault(result.dataset, {})[result.configuration] = metrics
    present = {name for of in values.values() for found in of.values() for name in found}
    if not present:
        raise InvalidError(f"The run {run.id} has none of the metrics that the gate watches ({', '.join(GATED)}).")
    return Baseline(
        experiment=experiment,
        created_at=run.created_at,
        data={one.name: one.sha256 for one in run.datasets},
        margins={name: (margins or {}).get(name, MARGIN) for name in GATED if name in present},
        values=values,
    )


def load_baseline(path: Path) -> Baseline:
    """Raises InvalidError where the file is no baseline; says what is wrong with it."""
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidError(f"The baseline {path} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[:_SAID]
        said = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in wrong)
        raise InvalidError(
            f"{path} is no baseline ({said}); mend it, or make one with "
            f"`citewell eval gate --baseline {path} --update EXPERIMENT`."
        ) from None


def make_folder(path: Path) -> None:
    """The one that a baseline is to be saved in. Raises InvalidError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    if path.is_dir():
        raise InvalidError(f"The baseline {path} is a folder; name a file.")


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Raises InvalidError where the file cannot be written."""
    content = json.dumps(baseline.model_dump(mode="json"), separators=(",", ":"))
    try:
        path.write_text(content + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def unguarded(baseline: Baseline) -> Iterator[str]:
    """What has too few questions to tell a fall from chance, and so never shuts the gate."""
    for dataset, configuration, name, values in baseline.rows():
        if len(values) < MINIMUM:
            yield f"{dataset}, {configuration}: {summary.metric(name).label}"


def falls(baseline: Baseline, run: Run) -> Iterator[Fall]:
    """What speaks against the run; nothing where it may pass.

    A metric has fallen if the mean of its differences over the questions is beyond the margin, the 95 % interval of
    that mean, over at least `MINIMUM` questions, excludes zero, and chance would make such a fall in less than one run
    of 20 (randomisation test, one-sided), so that at least five questions fell. A metric of every question (not one of
    the answers that were served) must also have a value for every question that has one in the baseline.
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
        now = _values(result, name)
        for reason in (_missing(name, before, now), _fall(name, baseline.margins.get(name, MARGIN), before, now, run)):
            if reason:
                yield Fall(dataset, configuration, reason)


def _missing(name: str, before: Mapping[str, float], now: Mapping[str, float]) -> str:
    metric, gone = summary.metric(name), before.keys() - now.keys()
    if not gone or metric.over != "questions":
        return ""
    return f"{metric.label}: {len(gone)} of {len(before)} questions have no value any more ({_listed(gone)})"


def _fall(name: str, margin: float, before: Mapping[str, float], now: Mapping[str, float], run: Run) -> str:
    metric, both = summary.metric(name), pairs(before, now)
    gains = (both[:, 1] - both[:, 0]) * (1 if metric.higher_is_better else -1)
    change = estimate(gains.tolist(), run.seed)
    if change.count < MINIMUM or change.mean >= -margin or change.high >= 0:
        return ""
    if randomisation_p(gains, run.seed) / 2 >= 1 - CONFIDENCE:  # few questions that fell may be chance all the same
        return ""
    verb = "fell" if metric.higher_is_better else "rose"
    return (
        f"{metric.label} {verb} by {-change.mean:.3f} (95 % from {-change.high:.3f} to {-change.low:.3f}), "
        f"more than the margin of {margin:g}, over {change.count} questions"
    )


def _values(result: Result, name: str) -> dict[str, float]:
    """As exact as a baseline holds them, so that the same result is the same number."""
    return {key: round(value, _DIGITS) for key, value in result.values(name).items()}


def _listed(names: AbstractSet[str]) -> str:
    return ", ".join(sorted(names)[:_SAID]) + (" ..." if len(names) > _SAID else "")


def _unwritable(path: Path, error: OSError) -> InvalidError:
    return InvalidError(f"The baseline {path} cannot be written ({error.strerror}); choose another place.")
