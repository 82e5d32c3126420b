"""What is measured is what the product does. With a hash embedder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.bootstrap import Services
from eval import summary
from eval.datasets.questions import Evidence
from eval.experiment.funnel import Funnel
from eval.experiment.outcomes import IndexFigures, Result
from eval.experiment.scoring import score
from eval.experiment.sets import Case
from generation.answerer import REFUSAL
from generation.types import Prompt
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
    assert len(set(asked.ranking)) == len(asked.ranking) == 20  # more than the two branches found at first
    assert asked_for[0] == 8  # the search that is timed comes first; references are looked for among all candidates


@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_documents_in_many_chunks_are_ranked_as_deep_as_others(tmp_path: Path, mode: str) -> None:
    changes = {"retrieval": {"mode": mode, "candidates": 8, "near_duplicates": None}}
    with library(tmp_path, changes) as shelf:
        for number in range(30):
            shelf.put(f"{number}", *(f"leave number {number} part {part} {'x ' * number}" for part in range(6)))
        shelf.put("other", "nothing of the kind")
        (asked,) = shelf.ask(Case("q", "leave", grades={"1": 1}), depth=25)
        (all_of_them,) = shelf.ask(Case("q", "leave", grades={"1": 1}), depth=100)
    assert len(set(asked.ranking)) == 25
    assert len(all_of_them.ranking) == (30 if mode == "bm25" else 31)


class Refusing:
    """Port `Generator` that does not know."""

    name = "refusing"
    asked = 0

    async def stream(self, prompt: Prompt) -> AsyncIterator[str]:
        self.asked += 1
        yield REFUSAL


def test_what_no_threshold_refuses_is_asked_once_and_tells_nothing_of_confidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = Refusing()
    monkeypatch.setattr(Services, "generator", generator)
    case = Case("q", "How long is leave?", evidence=(Evidence("leave.md", "Leave is thirty days."),))
    with library(tmp_path, {"answers": {"min_confidence": 0.0}}) as shelf:
        shelf.put("leave.md", "Leave is thirty days.")
        asked = shelf.ask(case)
        (outcome,) = score(asked, None, lambda key: "", Funnel(shelf.services, shelf.collection).where_lost)
    assert generator.asked == 1
    assert outcome.answer and outcome.answer.refused and outcome.answer.unanswered
    result = Result("c", "d", IndexFigures("k", 1, 1, 0, 0.0, 0.0), (outcome,))
    assert summary.confidences(result) == ([], [])
    assert summary.calibration(result) is None
