"""Ranking metrics: pure functions of a ranking (document ids, best first) and grades (document id -> grade)."""

from collections.abc import Iterable, Mapping, Sequence
from math import log2


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain with linear gain (Järvelin and Kekäläinen, 2002, as in trec_eval).

        nDCG@k = DCG@k / IDCG@k,  DCG@k = sum over ranks r = 1..k of grade(r) / log2(r + 1)

    IDCG is the DCG of all judged documents in the best order. Unjudged documents and negative grades gain nothing;
    0.0 where nothing is relevant.
    """
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    return _dcg([grades.get(key, 0) for key in ranking[:k]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Relevant documents (grade over 0) among the first k, of all relevant ones; 0.0 where nothing is relevant."""
    relevant = {key for key, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def mean(values: Iterable[float]) -> float:
    """0.0 of nothing."""
    collected = list(values)
    return sum(collected) / len(collected) if collected else 0.0


def first_of_each(keys: Iterable[str]) -> list[str]:
    """Chunk ranking -> document ranking: each document stands where its best chunk stood."""
    return list(dict.fromkeys(keys))


def _dcg(grades: Sequence[int]) -> float:
    return sum(max(grade, 0) / log2(rank + 1) for rank, grade in enumerate(grades, start=1))
