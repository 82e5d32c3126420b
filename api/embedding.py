"""The embedding model that the settings ask for, with what stands round it. Imports come late, as in `bootstrap`."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import EmbeddingSettings
from ingest.errors import SettingsError
from ingest.ports import Embedder

if TYPE_CHECKING:
    from retrieval.http import Endpoint

_NO_ONNX = (
    "embedding.runtime and embedding.query_runtime can be onnx only with the extra onnx: "
    "say pip install '.[onnx]' in Citewell's checkout, or set them to torch."
)


def build_embedder(chosen: EmbeddingSettings, models: Path, closing: ExitStack) -> Embedder:
    """The model, then micro-batching of queries, prefixes, cache.

    Args:
        models: folder for what is made of models; it is made when something is.
        closing: takes what is to be closed at the end.

    Raises:
        SettingsError, UnavailableError: as the adapters say.
    """
    from retrieval.embedders.wrappers import MicroBatching, Prefixed, QueriesElsewhere, QueryCache
    from retrieval.hardware import configure_threads

    configure_threads(chosen.threads)
    queries = chosen.query_runtime or chosen.runtime
    embedder = reader = _model(chosen, chosen.runtime, models, closing)
    if queries != chosen.runtime:
        reader = _model(chosen, queries, models, closing)
    if chosen.micro_batch and queries != "onnx":  # which takes text by text in any case
        reader = MicroBatching(reader)
    embedder = reader if queries == chosen.runtime else QueriesElsewhere(embedder, reader)
    if chosen.query_prefix or chosen.document_prefix:
        embedder = Prefixed(embedder, chosen.query_prefix, chosen.document_prefix)
    return QueryCache(embedder, chosen.query_cache) if chosen.query_cache else embedder


def _model(chosen: EmbeddingSettings, runtime: str, models: Path, closing: ExitStack) -> Embedder:
    match runtime:
        case "torch":
            from retrieval.embedders.local import SentenceTransformerEmbedder

            return SentenceTransformerEmbedder(chosen.model, chosen.device, chosen.precision, chosen.batch_size)
        case "static":
            from retrieval.embedders.local import SentenceTransformerEmbedder
            from retrieval.embedders.static import distilled

            folder, name = distilled(chosen.model, models, chosen.device)
            return SentenceTransformerEmbedder(str(folder), "cpu", "float32", chosen.batch_size, name)
        case "onnx":
            return _onnx(chosen, models)
        case "openai":
            from retrieval.embedders.remote import OpenAIEmbedder
            from retrieval.embedders.tokens import load_tokenizer

            tokenizer = load_tokenizer(chosen.tokenizer)
            server = _endpoint(chosen, closing)
            return OpenAIEmbedder(server, chosen.model, tokenizer, chosen.max_tokens, chosen.batch_size)
        case "tei":
            from retrieval.embedders.remote import TeiEmbedder
            from retrieval.embedders.tokens import load_tokenizer

            tokenizer = load_tokenizer(chosen.tokenizer)
            return TeiEmbedder(_endpoint(chosen, closing), tokenizer, chosen.max_tokens, chosen.batch_size)
        case _:
            raise AssertionError(runtime)


def _onnx(chosen: EmbeddingSettings, models: Path) -> Embedder:
    try:
        from retrieval.embedders.onnx_model import exported
        from retrieval.embedders.onnx_runtime import OnnxEmbedder
    except ImportError as error:
        raise SettingsError(_NO_ONNX) from error
    return OnnxEmbedder(exported(chosen.model, models), chosen.model, chosen.threads)


def _endpoint(chosen: EmbeddingSettings, closing: ExitStack) -> "Endpoint":
    from retrieval.embedders.endpoint import embedding_endpoint

    key = chosen.api_key.get_secret_value() if chosen.api_key else None
    server = embedding_endpoint(chosen.url or "", key, chosen.timeout_s)
    closing.callback(server.close)
    return server
