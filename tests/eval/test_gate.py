"""Sabotage of each stage shuts the gate; the same code again passes it. On the sample handbook, with the real embedding
model, which embeds each text once for all runs; the cross-encoder is left to `make gate`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import generation.answerer
import ingest.chunkers
from eval import gate as gates
from eval.experiment.outcomes import Run
from eval.experiment.runner import Experiment
from eval.experiment.spec import ONLY, load_experiment
from generation.citations import resolve
from generation.types import Citation, Quote
from ingest.chunkers import TokenChunker
from ingest.sentences import sentence_spans
from ingest.types import Section
from retrieval.embedders.local import SentenceTransformerEmbedder
from retrieval.searcher import HybridSearcher
from retrieval.types import Hit, Query

pytestmark = pytest.mark.slow
EXPERIMENT = Path(__file__).parents[2] / "configs" / "experiments" / "gate.yaml"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def embedded() -> Iterator[None]:
    """Each text is embedded once; no sabotage touches the embedder."""
    vectors: dict[str, NDArray[np.float32]] = {}
    encode = SentenceTransformerEmbedder._encode

    def once(self: SentenceTransformerEmbedder, texts: list[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        vectors.update(zip(new, encode(self, new), strict=True) if new else ())
        return np.stack([vectors[text] for text in texts])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SentenceTransformerEmbedder, "_encode", once)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gate")


def run(data: Path) -> Run:
    spec = load_experiment(EXPERIMENT)
    quick = spec.model_copy(update={"configurations": {ONLY: {"answers": {"cross_encoder": False}}}})
    return Experiment(quick, data, None, lambda step: None, NOW).run()


@pytest.fixture(scope="module")
def baseline(data: Path) -> gates.Baseline:
    return gates.baseline_of(run(data), EXPERIMENT)


def reasons(baseline: gates.Baseline, found: Run) -> str:
    return "; ".join(fall.reason for fall in gates.falls(baseline, found))


def test_the_same_code_passes(baseline: gates.Baseline, tmp_path: Path) -> None:
    exact = baseline.model_copy(update={"margins": dict.fromkeys(baseline.margins, 0.0)})
    assert reasons(exact, run(tmp_path)) == ""


def test_the_baseline_in_the_repository_is_of_these_questions_and_metrics(baseline: gates.Baseline) -> None:
    kept = gates.load_baseline(EXPERIMENT.with_name("gate.baseline.json"))
    assert (kept.data, kept.experiment) == (baseline.data, Path(EXPERIMENT.name))
    assert kept.margins == baseline.margins
    assert [row[:3] for row in kept.rows()] == [row[:3] for row in baseline.rows()]


def test_a_reversed_ranking_is_caught(baseline: gates.Baseline, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HybridSearcher.search
    monkeypatch.setattr(HybridSearcher, "search", lambda self, query: honest(self, query)[::-1])
    assert "nDCG@10 fell" in reasons(baseline, run(data))


def test_a_dropped_branch_is_caught(baseline: gates.Baseline, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HybridSearcher.branches

    def dense_alone(self: HybridSearcher, query: Query, vector: Any) -> dict[Any, list[tuple[str, float]]]:
        return {**honest(self, query, vector), "bm25": []}

    monkeypatch.setattr(HybridSearcher, "branches", dense_alone)
    assert "nDCG@10 fell" in reasons(baseline, run(data))


def test_cut_sentences_are_caught(baseline: gates.Baseline, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def every_ninety(self: TokenChunker, section: Section, budget: int) -> list[tuple[int, int]]:
        return [(at, min(at + 90, len(section.text))) for at in range(0, len(section.text), 90)]

    monkeypatch.setattr(TokenChunker, "_split", every_ninety)
    monkeypatch.setattr(ingest.chunkers, "CHUNKER_VERSION", "sabotage")
    found = reasons(baseline, run(data))
    assert "nDCG@10 fell" in found
    assert "Answered from gold evidence fell" in found


def test_citations_that_are_off_by_a_sentence_are_caught(
    baseline: gates.Baseline, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shifted(text: str, hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Citation]:
        return [moved(one, hits) for one in resolve(text, hits, quotes)]

    monkeypatch.setattr(generation.answerer, "resolve", shifted)
    found = reasons(baseline, run(data))
    assert "Citation precision (gold evidence) fell" in found
    assert "Supported sentences fell" in found


def moved(citation: Citation, hits: Sequence[Hit]) -> Citation:
    """To the next sentence of the passage; of the last one to the sentence before."""
    chunk = next(hit.chunk for hit in hits if hit.chunk.id == citation.chunk_id)
    spans = list(places(chunk.text, chunk.char_start))
    at = next((number for number, (start, _) in enumerate(spans) if start == citation.char_start), None)
    if at is None or len(spans) == 1:
        return citation
    start, end = spans[at + 1] if at + 1 < len(spans) else spans[at - 1]
    quote = chunk.text[start - chunk.char_start : end - chunk.char_start]
    return replace(citation, char_start=start, char_end=end, quote=quote)


def places(text: str, offset: int) -> Iterator[tuple[int, int]]:
    return ((offset + start, offset + end) for start, end in sentence_spans(text))
