"""Embedding models through ONNX Runtime, on the CPU. Needs the packages of `citewell[onnx]`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding

from ingest.errors import UnavailableError
from retrieval.embedders.tokens import load_tokenizer, spans
from retrieval.embedders.vectors import no_rows, unit_rows

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"


class OnnxEmbedder:
    """Port `Embedder` for a folder as `onnx_model.exported` leaves it.

    Texts go through one by one: int8 activations are scaled over everything that is in a batch, so that company would
    change a text's vector; and of long texts one fills the cores.

    Args:
        folder: with graph and tokenizer.
        name: what the model is called in an index: the one that it was exported from, since its vectors go together
            with that one's.
        threads: None leaves ONNX Runtime's choice, one for each core.
    """

    precision = "int8"

    def __init__(self, folder: Path, name: str, threads: int | None = None) -> None:
        self._name = name
        self._session = _session(folder / GRAPH, threads)
        about = self._session.get_modelmeta().custom_metadata_map
        self._dimension, self._max_tokens = int(about["dimension"]), int(about["max_tokens"])
        self._counting, self._cutting = load_tokenizer(str(folder)), load_tokenizer(str(folder))
        self._cutting.enable_truncation(self._max_tokens)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return spans(self._counting, text)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return no_rows(self._dimension)
        return unit_rows(np.stack([run_one(self._session, one) for one in self._cutting.encode_batch(list(texts))]))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_documents([text])[0]
        return vector


def run_one(session: onnxruntime.InferenceSession, encoding: Encoding) -> NDArray[np.float32]:
    """Vector of one text, shape (dimension,), of the length that the graph gives it."""
    known = {
        "input_ids": encoding.ids,
        "attention_mask": encoding.attention_mask,
        "token_type_ids": encoding.type_ids,
    }
    feed = {one.name: np.asarray([known[one.name]], np.int64) for one in session.get_inputs()}
    return np.asarray(session.run(None, feed)[0][0], np.float32)


def _session(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise UnavailableError(
            f"The graph {path} cannot be loaded ({type(error).__name__}); remove its folder, then it is made again."
        ) from error
