"""A sentence-transformers model as an int8 ONNX graph: made once, from the model itself, and kept on the disk.

Needs the packages of `citewell[onnx]`.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from sentence_transformers import SentenceTransformer

from ingest.errors import SettingsError
from retrieval.embedders.local import fast_tokenizer, folder_of, load_model
from retrieval.embedders.onnx_runtime import GRAPH, TOKENIZER, run_one
from retrieval.embedders.tokens import unlimited
from retrieval.embedders.weights import deciding_files, made_once, recipe_key
from retrieval.hardware import cpu_multiplies_int8

OPSET = 20
RECIPE = f"onnx int8 1, opset {OPSET}"
"""Raise the number where the graph would come out otherwise: what is on the disk is then made again."""
FAITHFUL = 0.98
"""Least cosine to the model that the graph was made from; below it the export or the rounding went wrong."""
_PROBES = (
    "Full-time employees have thirty days of paid annual leave per calendar year.",
    "pump P-4: 12 bar",
    "Überstunden werden in der Reihenfolge ihres Entstehens abgebaut, spätestens bis zum 31. März.",
    "The assembly point is the far end of the car park. Nobody goes back into the building before the warden says so. "
    "Whoever finds an exit blocked takes the next one and reports it to the safety officer afterwards.",
)
_LOUD = ("torch.onnx", "onnxruntime", "onnxscript", "onnx_ir", "root")


def exported(model: str, models: Path) -> Path:
    """Folder under `models` with the graph and the tokenizer of `model`; made where it is not there yet.

    Raises:
        SettingsError: the model cannot be exported.
        UnavailableError: it cannot be loaded, or the disk refuses.
    """
    files = deciding_files(folder_of(model))
    weights = QuantType.QInt8 if cpu_multiplies_int8() else QuantType.QUInt8
    key = recipe_key(files, f"{RECIPE}, {weights.name}")
    return made_once(models / f"onnx-{key}", lambda folder: _make(model, weights, folder))


def _make(model: str, weights: QuantType, folder: Path) -> None:
    loaded = load_model(model, "cpu", "float32").eval()
    if loaded.default_prompt_name:
        raise _refusal(model, "it has a default prompt")
    unlimited(fast_tokenizer(loaded)).save(str(folder / TOKENIZER))
    whole, prepared = folder / "float.onnx", folder / "prepared.onnx"
    with _quiet():
        try:
            _export(loaded, whole)
            quant_pre_process(whole, prepared, skip_symbolic_shape=True)
            _quantise(prepared, folder / GRAPH, weights)
        except OSError:
            raise
        except Exception as error:  # exporters raise whatever the model's code happens to raise
            raise _refusal(model, f"{type(error).__name__} while it was exported") from error
    whole.unlink()
    prepared.unlink()
    _describe(loaded, folder / GRAPH)
    _check(model, loaded, folder)


class _Sentence(torch.nn.Module):
    """The model with all its modules: what comes out is pooled and normalised as they say."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
        vectors: torch.Tensor = self.model(dict(features))["sentence_embedding"]
        return vectors


def _export(model: SentenceTransformer, path: Path) -> None:
    found = model.preprocess(["one text", "and another one that is longer"])
    features = {name: value for name, value in found.items() if isinstance(value, torch.Tensor) and value.dim() == 2}
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with torch.no_grad():
        torch.onnx.export(
            _Sentence(model).eval(),
            (),
            path,
            input_names=list(features),
            output_names=["vector"],
            kwargs={"features": features},
            dynamic_shapes={"features": dict.fromkeys(features, free)},
            dynamo=True,
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )


def _quantise(source: Path, target: Path, weights: QuantType) -> None:
    """Weights of each output channel have their own scale. Matrices that narrow - the way out of a feed-forward block -
    stay in float32: activations before them have outliers, which cost half of all the accuracy that is lost."""
    graph = onnx.load(source).graph
    shapes = {one.name: tuple(one.dims) for one in graph.initializer}
    products = [(node.name, shapes.get(node.input[1], ())) for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    narrowing = [name for name, shape in products if len(shape) == 2 and shape[0] > shape[1]]
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        weight_type=weights,
        nodes_to_exclude=narrowing,
    )


def _describe(model: SentenceTransformer, path: Path) -> None:
    graph = onnx.load(path)
    onnx.helper.set_model_props(
        graph,
        {"max_tokens": str(int(model.max_seq_length or 512)), "dimension": str(model.get_embedding_dimension())},
    )
    onnx.save(graph, path)


def _check(model: str, loaded: SentenceTransformer, folder: Path) -> None:
    session = onnxruntime.InferenceSession(folder / GRAPH, providers=["CPUExecutionProvider"])
    tokenizer = unlimited(fast_tokenizer(loaded))
    ours = np.stack([run_one(session, tokenizer.encode(text)) for text in _PROBES])
    theirs = loaded.encode(list(_PROBES), convert_to_numpy=True, show_progress_bar=False)
    worst = float(_cosines(ours, theirs).min())
    if not worst >= FAITHFUL:
        raise _refusal(model, f"rounded to int8 it strays too far from itself (cosine {worst:.3f})")


def _cosines(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray((left * right).sum(axis=1) / norms, np.float32)


def _refusal(model: str, reason: str) -> SettingsError:
    return SettingsError(
        f"The embedding model {model!r} cannot be used with ONNX Runtime: {reason}; set embedding.runtime (and "
        f"embedding.query_runtime) to torch."
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters tell users of their libraries about things that users of ours cannot change."""
    loggers = [logging.getLogger(name) for name in _LOUD]
    levels = [one.level for one in loggers]
    try:
        for one in loggers:
            one.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
