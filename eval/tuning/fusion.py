"""Fits the weight of the dense branch to a collection, on questions whose evidence is known."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.bootstrap import Collection, Services
from api.parts import current_searcher
from api.settings import RetrievalSettings
from eval.datasets.questions import SYNTHETIC, load_questions
from eval.experiment.judging import judgements, ranking
from eval.experiment.sets import Case
from eval.metrics.ranking import mean, ranking_metrics
from eval.statistics import Difference, differences, pairs
from ingest.errors import InvalidError
from retrieval.fusion import minmax
from retrieval.types import Hit, Query
from retrieval.versions import ROUNDS, without

WEIGHTS = tuple(step / 20 for step in range(21))
METRIC = "ndcg@10"
FOLDS = 5
_READ = 30
"""Hits that are judged: some may hold no evidence of their own."""
Scores = dict[str, float]
"""Question id -> metric."""


@dataclass(frozen=True)
class Fitted:
    """`gain` is honest: each question was scored with the weight that the other folds chose."""

    questions: int
    before: float
    weight: float
    scores: Mapping[float, float]
    gain: Difference

    @property
    def proven(self) -> bool:
        return self.gain.mean.low > 0 and self.gain.distinguishable


def check_settings(chosen: RetrievalSettings) -> None:
    """Raises InvalidError where no weight would be used."""
    if chosen.mode != "hybrid":
        raise InvalidError(f"retrieval.mode is {chosen.mode}, which mixes nothing; set it to hybrid to fit a weight.")
    if chosen.fusion != "minmax":
        raise InvalidError(f"retrieval.fusion: {chosen.fusion} has no weight to fit; set it to minmax.")
    if not chosen.tuned:
        raise InvalidError("retrieval.tuned is false, so that no fitted weight is used; set it to true.")


def check_usable(path: Path) -> None:
    """Raises InvalidError for questions that are all generated: they repeat words of the documents, so that BM25 finds
    their evidence more easily than that of people's questions."""
    asked = [one for one in load_questions(path) if one.answerable]
    if asked and all(SYNTHETIC in one.tags for one in asked):
        raise InvalidError(
            f"All questions of {path} are generated ones, which favour BM25, so that no weight is used on their word; "
            f"add questions that people asked, leave out --apply, or say --force."
        )


def fit(
    services: Services,
    collection: Collection,
    cases: Iterable[Case],
    seed: int = 7,
) -> Fitted:
    """Scores every weight on every question, and chooses the best one in each of `FOLDS` parts without the questions
    that it is judged by."""
    scored: dict[float, Scores] = {weight: {} for weight in WEIGHTS}
    before = services.settings.retrieval.dense_weight if collection.tuned is None else collection.tuned
    scored.setdefault(before, {})
    for case in cases:
        for weight, value in _scores(services, collection, case, list(scored)).items():
            scored[weight][case.id] = value
    ids = list(scored[before])
    honest = _cross_validated(scored, ids, seed)
    gain = differences({METRIC: pairs(scored[before], honest)}, seed)[METRIC]
    means = {weight: mean(values.values()) for weight, values in scored.items()}
    return Fitted(len(ids), before, _best(scored, ids), means, gain)


def _scores(services: Services, collection: Collection, case: Case, weights: Sequence[float]) -> dict[float, float]:
    access = services.settings.access
    query = Query(case.text, collection.name, access.tenant, access.groups, _READ)
    rankings = {str(weight): ranking(case, hits) for weight, hits in _found(services, collection, query, weights)}
    found = ranking_metrics(rankings, dict.fromkeys(rankings, judgements(case)))
    return {weight: found[str(weight)][METRIC] for weight in weights}


def _found(
    services: Services, collection: Collection, query: Query, weights: Sequence[float]
) -> list[tuple[float, list[Hit]]]:
    """Weight and what it ranks first, as it is served: without documents that made way for a newer version."""
    current = current_searcher(services.settings, collection.store, collection.hybrid, services.catalog)
    vector = collection.hybrid.vector_of(query)
    gone: set[str] = set()
    for _ in range(ROUNDS):
        found = _ranked(collection, replace(query, filters=without(query.filters, gone)), vector, weights)
        more = current.left_out(query, [hit for _, hits in found for hit in hits]) - gone
        if not more:
            break
        gone |= more
    return [(weight, [hit for hit in hits if hit.chunk.document_id not in gone]) for weight, hits in found]


def _ranked(
    collection: Collection, query: Query, vector: NDArray[np.float32] | None, weights: Sequence[float]
) -> list[tuple[float, list[Hit]]]:
    """The branches are searched once for all weights."""
    branches = collection.hybrid.branches(query, vector)
    fused = {weight: minmax(branches["dense"], branches["bm25"], weight)[:_READ] for weight in weights}
    wanted = sorted({key for ranked in fused.values() for key, _ in ranked})
    chunks = {chunk.id: chunk for chunk in collection.store.fetch(wanted, query.access)}
    return [(w, [Hit(chunks[key], score) for key, score in ranked if key in chunks]) for w, ranked in fused.items()]


def _cross_validated(scored: Mapping[float, Scores], ids: Sequence[str], seed: int) -> Scores:
    drawn = random.Random(seed).sample(ids, len(ids))
    folds = [drawn[number::FOLDS] for number in range(FOLDS)]
    honest: Scores = {}
    for fold in folds:
        best = _best(scored, [key for key in drawn if key not in fold])
        honest |= {key: scored[best][key] for key in fold}
    return honest


def _best(scored: Mapping[float, Scores], ids: Sequence[str]) -> float:
    """Of equally good weights the one nearest to an even mix."""
    return max(scored, key=lambda weight: (round(mean(scored[weight][key] for key in ids), 9), -abs(weight - 0.5)))
