"""One run against another, question by question."""

from collections.abc import Iterator
from dataclasses import dataclass

from eval import summary
from eval.experiment.outcomes import Result, Run
from eval.statistics import Difference, Verdict, differences, verdict
from eval.summary import Metric
from ingest.errors import InvalidError


@dataclass(frozen=True)
class Change:
    """A metric of one configuration on one data set: `before`, `after` and whether they can be told apart."""

    dataset: str
    configuration: str
    metric: Metric
    before: float
    after: float
    difference: Difference
    verdict: Verdict


def compare(before: Run, after: Run) -> list[Change]:
    """Headline metrics of every configuration and data set that both runs have; p-values corrected over them all.

    Raises:
        InvalidError: the runs have nothing in common, or asked different questions of a data set.
    """
    pairs = list(_pairs(before, after))
    if not pairs:
        raise InvalidError("The two runs have no configuration and data set in common.")
    _check_same_data(before, after)
    found: dict[str, tuple[Result, Result, Metric]] = {}
    values: dict[str, dict[str, float]] = {}
    for old, new in pairs:
        for one in summary.headlines([old]):
            key = f"{old.dataset}\n{old.configuration}\n{one.name}"
            earlier, later = old.values(one.name), new.values(one.name)
            found[key] = (old, new, one)
            values[key] = {name: later[name] - earlier[name] for name in earlier if name in later}
    zero = {name: 0.0 for each in values.values() for name in each}
    return [_change(*found[key], one) for key, one in differences(zero, values, after.seed).items()]


def _change(old: Result, new: Result, metric: Metric, found: Difference) -> Change:
    return Change(
        dataset=old.dataset,
        configuration=old.configuration,
        metric=metric,
        before=summary.mean_of(old, metric.name),
        after=summary.mean_of(new, metric.name),
        difference=found,
        verdict=verdict(found, metric.higher_is_better),
    )


def _pairs(before: Run, after: Run) -> Iterator[tuple[Result, Result]]:
    for old in before.results:
        for new in after.results:
            if (old.configuration, old.dataset) == (new.configuration, new.dataset):
                yield old, new


def _check_same_data(before: Run, after: Run) -> None:
    hashes = {one.name: one.sha256 for one in before.datasets}
    for one in after.datasets:
        if one.name in hashes and hashes[one.name] != one.sha256:
            raise InvalidError(f"The data set {one.name!r} changed between the runs; run the older experiment again.")
