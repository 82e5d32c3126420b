"""Runs whose metrics a test chooses, question by question."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eval.experiment.outcomes import Outcome, Run
from tests.eval import handmade

Values = Mapping[str, Sequence[float | None]]
"""Metric -> value for each question; None where a question has none."""


def made_run(configurations: Mapping[str, Values], sha256: str = "same", synthetic: bool = False) -> Run:
    """One data set `small` with questions q0, q1 ...; the first configuration is the baseline."""
    run = handmade.made_run({name: _outcomes(values) for name, values in configurations.items()}, synthetic)
    return replace(run, datasets=tuple(replace(one, sha256=sha256) for one in run.datasets))


def _outcomes(values: Values) -> list[Outcome]:
    return [_outcome(number, values) for number in range(max(map(len, values.values())))]


def _outcome(number: int, values: Values) -> Outcome:
    metrics = {name: of[number] for name, of in values.items() if number < len(of)}
    held = {name: value for name, value in metrics.items() if value is not None}
    return Outcome(f"q{number}", "Why?", True, (), (), held)
