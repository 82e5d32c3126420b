"""A result in a few numbers: which metrics there are, what they mean, and their values with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eval.experiment.outcomes import Lost, Outcome, Result, Run
from eval.metrics.calibration import area_under_risk_coverage, expected_calibration_error, risk_coverage
from eval.metrics.ranking import mean
from eval.statistics import Difference, Estimate, differences, estimate, pairs, share

Over: TypeAlias = Literal["questions", "answers", "refusals"]


@dataclass(frozen=True)
class Metric:
    """`over`: what it is a mean over. Which answers are served and which questions refused is itself a result, so a
    question may have the metric in one run and not in another."""

    name: str
    label: str
    higher_is_better: bool = True
    unit: str = ""
    over: Over = "questions"

    @property
    def paired(self) -> bool:
        """Whether two runs can differ in it on one question. Of a refusal it says whether the question has an answer,
        which no run changes."""
        return self.over != "refusals"


_CUTOFFS = {"recall": (1, 3, 5, 10, 20, 50, 100), "precision": (1, 5, 10), "success": (1, 3, 5, 10)}
_LABELS = {"recall": "Recall", "precision": "Precision", "success": "Success"}
RETRIEVAL = (
    Metric("ndcg@10", "nDCG@10"),
    *(Metric(f"{name}@{k}", f"{_LABELS[name]}@{k}") for name, cutoffs in _CUTOFFS.items() for k in cutoffs),
    Metric("map@100", "MAP@100"),
    Metric("mrr@10", "MRR@10"),
)
SPANS = (
    Metric("span_recall", "Span recall"),
    Metric("span_precision", "Span precision"),
    Metric("span_iou", "Span IoU"),
)
ANSWERS = (
    Metric("answered_right", "Answered from gold evidence"),
    Metric("citation_precision", "Citation precision (gold evidence)", over="answers"),
    Metric("citation_recall", "Citation recall (gold evidence)"),
    Metric("supported", "Supported sentences", over="answers"),
    Metric("alce_recall", "Citation recall (ALCE)", over="answers"),
    Metric("alce_precision", "Citation precision (ALCE)", over="answers"),
    Metric("judged_right", "Right by the judge", over="answers"),
    Metric("exact_match", "Exact match"),
    Metric("token_f1", "Token F1"),
    Metric("short_given", "Short answer given"),
    Metric("short_exact_match", "Exact match, short where given"),
    Metric("short_token_f1", "Token F1, short where given"),
    Metric("refusal_precision", "Refusal precision", over="refusals"),
    Metric("refusal_recall", "Refusal recall"),
    Metric("refused_answerable", "Answerable refused", higher_is_better=False),
    Metric("coverage", "Coverage (questions answered)"),
    Metric("risk", "Risk (wrong among the answered)", higher_is_better=False, over="answers"),
)
COSTS = (
    Metric("search_ms", "Search", higher_is_better=False, unit="ms"),
    Metric("answer_ms", "Answer", higher_is_better=False, unit="ms"),
    Metric("prompt_tokens", "Prompt tokens", higher_is_better=False),
    Metric("completion_tokens", "Completion tokens", higher_is_better=False),
    Metric("cost", "Cost of 1,000 answers", higher_is_better=False),
)
METRICS = (*RETRIEVAL, *SPANS, *ANSWERS, *COSTS)
_MAIN = ("answered_right", "ndcg@10", "refusal_recall")
_HEADLINES = (
    "ndcg@10",
    "recall@10",
    "recall@100",
    "mrr@10",
    "span_recall",
    "span_iou",
    "answered_right",
    "citation_precision",
    "refusal_precision",
    "refusal_recall",
    "refused_answerable",
    "supported",
)


def metric(name: str) -> Metric:
    """Raises KeyError for a metric that there is not."""
    return {one.name: one for one in METRICS}[name]


def present(results: Sequence[Result], among: Sequence[Metric] = METRICS) -> list[Metric]:
    """Those that a question of the results has a value for."""
    names = {name for result in results for one in result.outcomes for name in one.metrics}
    return [one for one in among if one.name in names]


def headlines(results: Sequence[Result]) -> list[Metric]:
    return present(results, [metric(name) for name in _HEADLINES])


def main_metric(result: Result) -> Metric:
    """What configurations are ranked by: right answers where there were answers, else nDCG@10, else (no question has
    an answer) refusals, else the first metric that there is."""
    ranked = (*map(metric, _MAIN), *present([result]))
    return next((one for one in ranked if result.values(one.name)), metric("ndcg@10"))


def means(result: Result, seed: int) -> dict[str, Estimate]:
    """Metric -> mean over the questions that have it."""
    return {
        one.name: (estimate if one in COSTS else share)(list(result.values(one.name).values()), seed)
        for one in present([result])
    }


def mean_of(result: Result, name: str) -> float:
    """0.0 where no question has the metric."""
    return mean(result.values(name).values())


def percentiles(result: Result, name: str) -> tuple[float, float, float]:
    """p50, p95 and p99 over the questions."""
    p50, p95, p99 = np.percentile(list(result.values(name).values()) or [0.0], (50, 95, 99))
    return float(p50), float(p95), float(p99)


def comparisons(run: Run, dataset: str) -> dict[str, dict[str, Difference]]:
    """Headline metric -> configuration -> its difference from the baseline; corrected over all of them together."""
    results = {result.configuration: result for result in run.results if result.dataset == dataset}
    baseline = results.pop(run.baseline, None)
    if baseline is None:
        return {}
    compared = {
        (one.name, name): pairs(baseline.values(one.name), result.values(one.name))
        for one in headlines([baseline, *results.values()])
        if one.paired
        for name, result in results.items()
    }
    found: dict[str, dict[str, Difference]] = {}
    for (metric_name, name), difference in differences(compared, run.seed).items():
        found.setdefault(metric_name, {})[name] = difference
    return found


def confidences(result: Result) -> tuple[list[float], list[bool]]:
    """Of all questions that were answered, or that a threshold refused: the confidence, and whether the answer is (or
    would have been) right. An unanswerable question has no right answer."""
    answers = [one.answer for one in result.outcomes if one.answer and not one.answer.unanswered]
    return [one.confidence for one in answers], [one.right for one in answers]


def risk_coverage_curve(result: Result) -> NDArray[np.float64]:
    """Shape (questions, 2), as `eval.metrics.calibration.risk_coverage`; empty where nothing was answered."""
    return risk_coverage(*confidences(result))


def calibration(result: Result) -> tuple[float, float] | None:
    """Area under the risk-coverage curve, and expected calibration error; None where nothing was answered."""
    confidence, right = confidences(result)
    if not confidence:
        return None
    return area_under_risk_coverage(confidence, right), expected_calibration_error(confidence, right)


def failures(result: Result) -> list[Outcome]:
    """Questions that could not be asked."""
    return [one for one in result.outcomes if one.failed]


def funnel(result: Result) -> dict[Lost, int]:
    """Missed questions by the stage that lost them, in the order of the pipeline."""
    return {stage: sum(one.lost is stage for one in result.outcomes) for stage in Lost}
