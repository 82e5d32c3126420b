"""The benchmark of what comes before the first words of an answer."""

from pathlib import Path

import pytest

from api.bootstrap import Services
from eval.bench.instant import answer, streamed
from eval.bench.overhead import STAGES, answering_at_once, figures, measure, settings_for, to_table
from generation.prompting import asked
from ingest.errors import InvalidError
from ingest.pipeline import Label
from ingest.ports import Embedder
from ingest.sources.filesystem import SourceFile
from tests.generation.passages import hits


def test_the_model_says_what_the_first_passage_says() -> None:
    prompt = asked("When?", hits("Short.", "The office opens at nine. It closes at six."))
    assert answer(prompt) == "The office opens at nine. [2]"
    assert answer(asked("When?", hits())) == "I don't know."
    assert b"opens at nine" in streamed(answer(prompt))


def test_nothing_is_refused_and_single_settings_count(tmp_path: Path) -> None:
    settings = settings_for(None, ["answers.max_tokens=64"], "http://127.0.0.1:1/v1", tmp_path)
    assert (settings.answers.min_confidence, settings.answers.max_tokens) == (0, 64)
    with pytest.raises(InvalidError):
        settings_for(None, ["nonsense"], "http://127.0.0.1:1/v1", tmp_path)


def test_every_stage_is_measured(tmp_path: Path, minilm: Embedder) -> None:
    file = tmp_path / "leave.txt"
    file.write_text("Parental leave is thirty days. It may be taken in two parts.\n")
    with answering_at_once() as url:
        settings = settings_for(None, ["answers.cross_encoder=false"], url, tmp_path / "data")
        with Services(settings, embedder=minilm) as services:
            ingestor = services.collection("default", create=True).ingestor
            (result,) = ingestor.run([SourceFile(file, "leave.txt")], Label("default"))
            assert result.status == "indexed"
            rounds = measure(services, ["How long is parental leave?"], 2)
    for (row,) in rounds:
        assert row["total_ms"] == pytest.approx(row["rest_ms"] + sum(row[name] for name in STAGES))
        assert row["overhead_ms"] == pytest.approx(row["total_ms"] - row["search_ms"] - row["evidence_ms"])
        assert all(row[name] > 0 for name in STAGES)
    found = figures(rounds)
    assert to_table(found).row_count == len(STAGES) + 3
