"""The shipped cross-encoder: reads pairs, tells answers from their neighbours, and is refused where it does not fit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ingest.errors import UnavailableError
from retrieval.crossencoder import WEIGHTS, CrossEncoder

TEXTS = [
    "Museum > Visiting\nDogs may not be brought into the galleries, except guide dogs.",
    "Museum > Visiting\nThe galleries close at 18:00, on Thursdays at 21:00.",
    "Museum > Visiting\nBags larger than A3 are left in the cloakroom free of charge.",
]


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    return CrossEncoder(device="cpu", precision="float32")


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("When do the galleries close on Thursdays?", 1),
        ("Can I take my puppy along?", 0),
        ("Where do I leave a big bag?", 2),
    ],
)
def test_the_sentence_that_answers_scores_best(reader: CrossEncoder, question: str, best: int) -> None:
    assert int(np.argmax(reader.score(question, TEXTS))) == best


def test_a_question_that_nothing_answers_scores_lower(reader: CrossEncoder) -> None:
    answered = reader.score("When do the galleries close on Thursdays?", TEXTS).max()
    assert reader.score("How many paintings are in the galleries?", TEXTS).max() < answered - 1


def test_scores_depend_on_the_pair_alone(reader: CrossEncoder) -> None:
    question = "Can I take my puppy along?"
    together = reader.score(question, TEXTS * 8)
    assert together == pytest.approx(np.tile(reader.score(question, TEXTS), 8), abs=1e-4)
    assert reader.score(question, []).shape == (0,)


def test_longer_texts_than_it_reads_are_cut(reader: CrossEncoder) -> None:
    assert np.isfinite(reader.score("word " * 500, ["text " * 500])).all()


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    weights = load_file(WEIGHTS)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(UnavailableError, match=r"broken\.safetensors .* cannot be loaded"):
        CrossEncoder(weights=broken)
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        CrossEncoder(weights=tmp_path / "absent.safetensors")
    more = tmp_path / "more.safetensors"
    save_file({**weights, "stranger": torch.zeros(1)}, more)
    with pytest.raises(UnavailableError, match="does not fit"):
        CrossEncoder(weights=more)
