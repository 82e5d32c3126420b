"""A model of natural language inference as a folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from generation.verification.entailment import CrossEncoderEntailment, PairEntailment, entailment_index
from ingest.errors import UnavailableError

LABELS = {0: "contradiction", 1: "entailment", 2: "neutral"}


def make_model(folder: Path, labels: dict[int, str]) -> str:
    """A tiny BERT with random weights."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dogs", "cats", "bark", "sleep"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        id2label=labels,
        label2id={label: index for index, label in labels.items()},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


def test_probabilities_of_entailment(tmp_path: Path) -> None:
    model = CrossEncoderEntailment(make_model(tmp_path / "nli", LABELS), "cpu", "float32")
    found = model.probabilities([("dogs bark", "cats sleep"), ("cats", "dogs")])
    assert found.shape == (2,)
    assert ((found > 0) & (found < 1)).all()
    assert model.probabilities([]).shape == (0,)
    swapped = {0: "entailment", 1: "neutral", 2: "contradiction"}
    assert entailment_index(LABELS, "m") == 1
    assert entailment_index({key: label.upper() for key, label in swapped.items()}, "m") == 0


def test_models_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no output named entailment.*answers\.nli_model"):
        CrossEncoderEntailment(make_model(tmp_path / "other", {0: "bad", 1: "good"}), "cpu", "float32")
    with pytest.raises(UnavailableError, match=r"cannot be loaded.*answers\.nli_model"):
        CrossEncoderEntailment(str(tmp_path / "absent"), "cpu", "float32")


class LogOdds:
    """Port `PairScorer`: by the length of the statement and of the text."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray([len(question) - len(text) for text in texts], np.float32)


def test_log_odds_become_probabilities() -> None:
    found = PairEntailment(LogOdds()).probabilities([("dogs", "cats"), ("a dog", "cat"), ("", "dog")])
    assert found == pytest.approx([0.5, 1 / (1 + np.e**2), 1 / (1 + np.e**-3)])
    assert PairEntailment(LogOdds()).probabilities([]).shape == (0,)
