"""Ranking metrics, by ir-measures (which calls trec_eval's code)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import ir_measures
from ir_measures import AP, RR, P, R, Success, nDCG

Ranking = Sequence[str]
"""Document ids, best first, each once."""
MEASURES = (
    nDCG @ 10,
    *(R @ k for k in (1, 3, 5, 10, 20, 50, 100)),
    *(P @ k for k in (1, 5, 10)),
    AP @ 100,
    RR @ 10,
    *(Success @ k for k in (1, 3, 5, 10)),
)
DEPTH = 100
_NAMES = {"nDCG": "ndcg", "R": "recall", "P": "precision", "AP": "map", "RR": "mrr", "Success": "success"}


@cache
def name_of(measure: ir_measures.Measure) -> str:
    """`nDCG@10` is `ndcg@10` in our reports, `AP@100` is `map@100`, `RR@10` is `mrr@10`."""
    return f"{_NAMES[str(measure.NAME)]}@{measure['cutoff']}"


def ranking_metrics(
    rankings: Mapping[str, Ranking], qrels: Mapping[str, Mapping[str, int]], depth: int = DEPTH
) -> dict[str, dict[str, float]]:
    """Query id -> metric -> value in [0, 1], for every query of `qrels`; one without a ranking scores 0.

    `depth` is how many ranks were asked for: metrics with a cut-off beyond it are left out, as nobody knows them.
    nDCG has linear gain (Järvelin and Kekäläinen, 2002, as in trec_eval) and normalises by all judged documents;
    a grade over 0 is relevant; documents that were not judged are not relevant; where nothing is relevant every
    metric is 0.
    """
    measures = [one for one in MEASURES if one["cutoff"] <= depth]
    judged = {key: {name: max(grade, 0) for name, grade in grades.items()} for key, grades in qrels.items() if grades}
    found: dict[str, dict[str, float]] = {key: dict.fromkeys(map(name_of, measures), 0.0) for key in qrels}
    if judged:
        evaluator = ir_measures.evaluator(measures, judged)
        for value in evaluator.iter_calc({key: _scores(rankings.get(key, ())) for key in judged}):
            found[value.query_id][name_of(value.measure)] = value.value
    return found


def mean(values: Iterable[float]) -> float:
    """0.0 of nothing."""
    collected = list(values)
    return sum(collected) / len(collected) if collected else 0.0


def first_of_each(keys: Iterable[str]) -> list[str]:
    """Chunk ranking -> document ranking: each document stands where its best chunk stood."""
    return list(dict.fromkeys(keys))


def _scores(ranking: Ranking) -> dict[str, float]:
    """Falling by rank: trec_eval sorts by score and would put equal ones in the order of their ids."""
    return {key: float(len(ranking) - rank) for rank, key in enumerate(ranking)}
