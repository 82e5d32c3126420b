"""A model of natural language inference as a folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from eval.bench.verification_data import load_rows
from eval.training.examples import Premises
from generation.citations import Statement
from generation.verification.entailment import CrossEncoderEntailment, PairEntailment, entailment_index
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from ingest.errors import UnavailableError
from retrieval.crossencoder import ENTAILMENT, CrossEncoder
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit

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


@pytest.fixture(scope="module")
def built_in() -> PairEntailment:
    return PairEntailment(CrossEncoder(weights=ENTAILMENT, device="cpu", precision="float32"))


def test_the_model_that_ships_tells_right_from_wrong(built_in: PairEntailment) -> None:
    """On sentences of fields that nothing was learnt of, wrong ones by hand and in like words; chance is 0.5."""
    rows = load_rows("second")
    sample = [row for row in rows if not row.wrong][:40] + [row for row in rows if row.wrong][:40]
    premises = Premises(Bm25Encoder().terms)
    found = built_in.probabilities([(premises.of(row.sentence, row.hit), row.sentence) for row in sample])
    assert roc_auc_score([not row.wrong for row in sample], found) > 0.7


def test_it_lets_pass_in_english_what_is_said_in_other_words(built_in: PairEntailment) -> None:
    verifier = PassageVerifier(Bm25Encoder().terms, THRESHOLDS, built_in)
    passages = [hit("Every guest is to leave the room by eleven.")]
    freely = Statement("People staying here have to be out by eleven.", (1,))
    assert "does not speak of" in PassageVerifier(Bm25Encoder().terms, THRESHOLDS).verify(freely, passages, "").reason
    assert verifier.verify(freely, passages, "").supported
    german = [hit("Jeder Gast verlässt das Zimmer bis elf Uhr.")]
    said = verifier.verify(Statement("Besucher reisen spätestens um 11 Uhr ab.", (1,)), german, "")
    assert "does not speak of" in said.reason
