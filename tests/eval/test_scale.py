"""The benchmark of size runs from end to end at a small one, and its exact search is exact."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from eval.bench import made_up, scale
from tests.fakes import HashEmbedder

WORDS = ("leave", "travel", "press")
SENTENCES = [f"Rule {number} of the {word} office." for number in range(20) for word in WORDS]


@pytest.fixture
def base() -> made_up.Base:
    embedder = HashEmbedder(dimension=48)
    starts = ("Which rule has the office of", "Rule 7 of", "Where is the office of")
    asked = [f"{start} {word}?" for start in starts for word in WORDS]
    return made_up.Base(SENTENCES, embedder.embed_documents(SENTENCES), asked, embedder.embed_documents(asked))


def test_chunks_are_the_same_at_every_call_and_of_two_tenants(base: made_up.Base) -> None:
    first, again = (list(made_up.blocks(base, made_up.BLOCK + 10)) for _ in range(2))
    assert [len(chunks) for chunks, _ in first] == [made_up.BLOCK, 10]
    assert [chunks for chunks, _ in first] == [chunks for chunks, _ in again]
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(first, again, strict=True))
    chunks = [chunk for some, _ in first for chunk in some]
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert sum(chunk.tenant == made_up.SMALL_TENANT for chunk in chunks) == 6


def test_the_exact_search_is_what_sorting_everything_gives(base: made_up.Base) -> None:
    ((chunks, vectors),) = made_up.blocks(base, 300)
    for number, found in enumerate(made_up.exact(base, 300)):
        scores = vectors @ base.asked[number]
        order = sorted(range(300), key=lambda row: (-scores[row], chunks[row].id))
        mine = [chunks[row].id for row in order if chunks[row].tenant == made_up.TENANT]
        assert set(found) == set(mine[:10])


def test_no_question_is_timed_twice() -> None:
    asked = list[int]()
    found = scale.fresh_percentiles(asked.append, range(5, 15))
    assert asked == [5, 6, 7, 8, 9, 10, 11, 12]
    assert (found.queries, found.repetitions) == (2, 3)


def test_recall() -> None:
    assert scale.recall([["a", "b"], ["c"]], [["a", "x"], ["c"]]) == 0.75


@pytest.mark.slow
def test_from_end_to_end(
    base: made_up.Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale, "base", lambda: base)
    out = tmp_path / "scale.json"
    monkeypatch.setattr(sys, "argv", ["scale", "--sizes", "2000", "--quantization", "none", "int8", "--out", str(out)])
    scale.main()
    plain, small = json.loads(out.read_text())
    assert (plain["chunks"], small["quantization"]) == (2000, "int8")
    assert plain["searched"]["recall_10"] == 1.0
    assert plain["written"]["chunks_per_s"] > 0
    assert plain["searched"]["own_mb"] <= plain["searched"]["resident_mb"]
    assert "What size costs" in capsys.readouterr().out
