"""Which device and precision this machine runs models with, and how many threads."""

import os
from typing import Literal, TypeAlias

import torch

from ingest.errors import SettingsError

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]


def choose_device(device: str, setting: str = "embedding.device") -> str:
    """ "auto" takes a GPU where there is one; `setting` names it.

    Raises:
        SettingsError: torch has no such device here.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise SettingsError(
            f"{setting}: {device!r} cannot be used here ({reason}); set it to auto, cpu, or a GPU that torch "
            f"finds, such as cuda:0."
        ) from error
    return device


def choose_precision(precision: Precision, device: str) -> str:
    """ "auto" takes bfloat16 where the hardware multiplies it natively, else float32."""
    if precision != "auto":
        return precision
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if device == "cpu" and _cpu_has_bfloat16() else "float32"


def configure_threads(threads: int | None) -> None:
    """Threads of one forward pass; None leaves torch's choice, one for each core."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    if threads:
        torch.set_num_threads(threads)


def _cpu_has_bfloat16() -> bool:
    """Without these instructions bfloat16 is emulated and slower than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def cpu_multiplies_int8() -> bool:
    """With these instructions signed weights are fastest; without them their sums overflow, and unsigned ones serve."""
    return bool(torch.cpu._is_vnni_supported())
