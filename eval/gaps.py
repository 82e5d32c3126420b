"""What makes the figures of a run say less than they seem to, in sentences for people."""

from collections.abc import Iterator

from eval.datasets.questions import same_question
from eval.experiment.outcomes import Result, Run
from eval.judge import unjudged


def gaps(run: Run, dataset: str) -> Iterator[str]:
    results = [result for result in run.results if result.dataset == dataset]
    if results and (copies := _copies(results[0])):
        yield (
            f"{copies} questions repeat another one; intervals and p count them as if each told something new, so "
            "they promise too much."
        )
    for result in results if run.judge else ():
        if silent := unjudged(result.outcomes):
            yield f"{silent} answers of {result.configuration} got no verdict of the judge."


def _copies(result: Result) -> int:
    return len(result.outcomes) - len({same_question(one.text) for one in result.outcomes})
