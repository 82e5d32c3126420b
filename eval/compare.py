"""One run against another, question by question."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from eval import summary
from eval.experiment.outcomes import Result, Run
from eval.statistics import Difference, Pairs, Verdict, differences, pairs, verdict
from eval.summary import Metric
from ingest.errors import InvalidError

Place: TypeAlias = tuple[str, str, Metric]
"""Data set, configuration, metric."""


@dataclass(frozen=True)
class Change:
    """A metric of one configuration on one data set, over the questions that have it in both runs: its means `before`
    and `after`, and whether they can be told apart."""

    dataset: str
    configuration: str
    synthetic: bool
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
    results = list(_results(before, after))
    if not results:
        raise InvalidError("The two runs have no configuration and data set in common.")
    _check_same_data(before, after)
    compared: dict[Place, Pairs] = {
        (old.dataset, old.configuration, one): pairs(old.values(one.name), new.values(one.name))
        for old, new in results
        for one in summary.headlines([old])
        if one.paired
    }
    synthetic = {one.name for one in after.datasets if one.synthetic}
    found = differences(compared, after.seed)
    return [_change(place, place[0] in synthetic, compared[place], one) for place, one in found.items()]


def _change(place: Place, synthetic: bool, both: Pairs, found: Difference) -> Change:
    dataset, configuration, metric = place
    before, after = both.mean(axis=0).tolist()
    said = verdict(found, metric.higher_is_better)
    return Change(dataset, configuration, synthetic, metric, before, after, found, said)


def _results(before: Run, after: Run) -> Iterator[tuple[Result, Result]]:
    for old in before.results:
        for new in after.results:
            if (old.configuration, old.dataset) == (new.configuration, new.dataset):
                yield old, new


def _check_same_data(before: Run, after: Run) -> None:
    hashes = {one.name: one.sha256 for one in before.datasets}
    for one in after.datasets:
        if one.name in hashes and hashes[one.name] != one.sha256:
            raise InvalidError(
                f"The data set {one.name!r} changed between the runs, or other questions of it were drawn; "
                "run one experiment again with the data, `cases` and `seed` of the other."
            )
