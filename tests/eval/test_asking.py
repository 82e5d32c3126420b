"""What is measured is what the product does. With a hash embedder."""

from pathlib import Path

import pytest

from eval.experiment.sets import Case
from retrieval.searcher import HybridSearcher
from retrieval.types import Hit, Query
from tests.eval.library import library


def test_the_ranking_that_is_measured_is_the_one_that_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[int] = []
    honest = HybridSearcher.search

    def noted(self: HybridSearcher, query: Query) -> list[Hit]:
        asked_for.append(query.top_k)
        return honest(self, query)

    changes = {"retrieval": {"mode": "hybrid", "candidates": 8, "top_k": 3}}
    with library(tmp_path, changes) as shelf:
        for number in range(30):
            shelf.put(f"{number}", f"leave {'office ' * (number % 5)}{number}")
        monkeypatch.setattr(HybridSearcher, "search", noted)
        (asked,) = shelf.ask(Case("q", "leave office", grades={"1": 1}), depth=20)
    assert asked.ranking[:3] == [hit.chunk.source for hit in asked.hits]
    assert 8 <= len(asked.ranking) <= 16  # what the two branches found
    assert asked_for[0] == 8  # the search that is timed comes first; references are looked for among all candidates
