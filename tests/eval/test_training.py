"""The training passages are well formed, and the trainer learns what a small set teaches."""

import itertools
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from eval.bench.verification_data import Row, hit_of
from eval.training.calibrate import Case, fit, told
from eval.training.descent import batches
from eval.training.entailment import FROZEN_LAYERS, area
from eval.training.entailment import train as train_entailment
from eval.training.examples import Premises, quoted, spoiled
from eval.training.groups import groups, pool_of_passages
from eval.training.passages import Passage, load_passages
from eval.training.train import new_model, new_network, right_choices, train
from generation.evidence import CONFIDENCE, Calibration
from ingest.ports import Embedder
from retrieval.crossencoder import ENCODER, WEIGHTS
from retrieval.embedders.weights import model_path
from retrieval.store.bm25 import Bm25Encoder


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    return load_passages(held_out=True)


def test_training_and_held_out_passages_are_apart() -> None:
    kept, held_out = load_passages(held_out=False), load_passages(held_out=True)
    assert (len(kept), len(held_out)) == (4110, 140)
    assert not {one.items for one in kept} & {one.items for one in held_out}
    for passage in (*kept, *held_out):
        assert sum(one.kind == "none" for one in passage.questions) >= 3
        assert passage.header or not any(item.startswith("|") for item in passage.items)


def test_a_passage_as_a_document(passages: list[Passage]) -> None:
    table = next(one for one in passages if one.header)
    text = table.markdown()
    assert text.startswith(f"# {table.title}\n")
    assert table.header in text
    assert all(item in text for item in table.items)


def test_groups_have_the_answers_first_and_change_with_chance(passages: list[Passage], minilm: Embedder) -> None:
    pool = pool_of_passages(passages[:6], minilm)
    terms = Bm25Encoder().terms
    drawn = list(groups(pool, terms, random.Random(1)))
    assert [group.question for group in drawn] == pool.questions
    assert drawn != list(groups(pool, terms, random.Random(2)))
    for number, group in enumerate(drawn):
        assert len(group.texts) == len(set(group.texts)) == len(group.hints)
        right = {pool.texts[row].rsplit("\n", 1)[-1] for row in pool.gold[number]}
        for row, text in enumerate(group.texts):
            assert (row in group.gold) == (text.rsplit("\n", 1)[-1] in right)


@pytest.mark.slow
def test_the_trainer_learns(passages: list[Passage], minilm: Embedder, tmp_path: Path) -> None:
    torch.manual_seed(1)
    terms = Bm25Encoder().terms
    pool = pool_of_passages(passages[:2], minilm)
    tokenizer, model = AutoTokenizer.from_pretrained(model_path(ENCODER)), new_model(None)
    answered = [group for group in groups(pool, terms, random.Random(0)) if group.gold]
    torch.nn.init.zeros_(model.hints)  # so that there is all to learn: at first each answer is "none"
    before = right_choices(model, tokenizer, answered)
    out = tmp_path / "weights.safetensors"
    steps = train(model, tokenizer, itertools.repeat(answered, 16), 60.0, 3e-4, out)
    assert steps == 16
    assert right_choices(model, tokenizer, answered) > before + 0.5
    assert new_model(out).network.head.weight.shape == load_file(out)["head.weight"].shape


def test_examples_of_entailment() -> None:
    passages, premises = load_passages(held_out=True)[:8], Premises(Bm25Encoder().terms)
    near = quoted(passages, premises, random.Random(1))
    right = [one for one in near if one.supported]
    assert len(right) == 8
    assert all(one.sentence in one.premise for one in right)
    assert all(one.sentence not in one.premise for one in near if not one.supported)
    rows = [Row(hit_of(one), "one field", "", one.items[0], "verbatim") for one in passages]
    wrong = spoiled(rows, premises, random.Random(1))
    assert 4 <= len(wrong) <= 6
    assert not any(one.supported or one.sentence in one.premise for one in wrong)
    assert sorted(map(id, itertools.chain(*batches(near, 3, random.Random(1), lambda one: one.length)))) == sorted(
        map(id, near)
    )


@pytest.mark.slow
def test_the_judge_of_entailment_learns(passages: list[Passage], tmp_path: Path) -> None:
    torch.manual_seed(1)
    tokenizer, network = AutoTokenizer.from_pretrained(model_path(ENCODER)), new_network(WEIGHTS, FROZEN_LAYERS)
    examples = quoted(passages[:6], Premises(Bm25Encoder().terms), random.Random(1))
    before, out = area(network, tokenizer, examples), tmp_path / "weights.safetensors"
    steps = train_entailment(network, tokenizer, itertools.repeat(examples, 20), 0.5, 60.0, 3e-4, out)
    assert steps == 20
    assert area(network, tokenizer, examples) > max(0.9, before)
    assert new_network(out, 0).head.weight.shape == load_file(out)["head.weight"].shape


def test_the_fit_follows_what_tells_answers_apart() -> None:
    import numpy as np

    chance = np.random.default_rng(1)
    cases = []
    for number in range(200):
        answerable = bool(number % 2)
        signals = np.column_stack([chance.random((5, 2)), chance.normal(-2, 1, 5)])
        signals[0, 2] += 6 * answerable
        cases.append(Case("made", signals, answerable))
    found: Calibration = fit(cases, CONFIDENCE)
    assert found.relevance > 0.5
    (line,) = told(cases, found)
    assert line.startswith("made: 200 questions, area under ROC 0.9") or "ROC 1.0" in line
