"""What a figure depends on: settings, the machine, versions, models, the commit."""

import argparse
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
import yaml
from rich.console import Console

from api.settings import Settings, load_settings
from ingest.errors import InvalidError
from ingest.ports import Embedder
from retrieval.embedders.weights import deciding_files, local_folder, sha256_of
from retrieval.hardware import choose_device, choose_precision

PACKAGES = (
    "citewell",
    "torch",
    "transformers",
    "sentence-transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "qdrant-edge-py",
    "qdrant-client",
    "rank-bm25",
    "ir-measures",
    "scipy",
    "scikit-learn",
    "pypdfium2",
    "unstructured",
    "lxml",
    "markdown-it-py",
    "charset-normalizer",
    "python-docx",
    "python-pptx",
    "openpyxl",
    "llama-index-core",
    "llama-index-vector-stores-qdrant",
    "llama-index-retrievers-bm25",
)
TABLE_WIDTH = 140
NOT_MEASURED = {"data", "access", "api"}


def add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="a single setting")


def settings_of(asked: argparse.Namespace, data: Path) -> Settings:
    """Settings with `data` as data folder."""
    return uncached(load_settings(asked.config, {**overrides(asked.set), "data": data}))


def uncached(settings: Settings) -> Settings:
    """Without the cache of queries: they are asked again and again, and a cached vector takes no time."""
    return settings.model_copy(update={"embedding": settings.embedding.model_copy(update={"query_cache": 0})})


def overrides(assignments: Sequence[str]) -> dict[str, Any]:
    """`section.key=value` -> nested settings; values are read as YAML. Raises InvalidError for anything else."""
    nested: dict[str, Any] = {}
    for assignment in assignments:
        path, separator, value = assignment.partition("=")
        section, dot, key = path.partition(".")
        if not (separator and dot and key):
            raise InvalidError(f"--set {assignment} must look like section.key=value, for example embedding.threads=1.")
        try:
            nested.setdefault(section, {})[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InvalidError(f"--set {path} has a value that is not YAML; quote it.") from error
    return nested


def shown(settings: Settings) -> dict[str, Any]:
    """The settings that a figure depends on; secrets are masked."""
    return settings.model_dump(mode="json", exclude=NOT_MEASURED)


def consoles() -> tuple[Console, Console]:
    """For results and for progress; a table that goes into a file or a pipe is not folded to 80 columns."""
    out = Console(highlight=False, emoji=False)
    err = Console(stderr=True, highlight=False, emoji=False)
    if not out.is_terminal:
        out.width = TABLE_WIDTH
    return out, err


def load() -> float:
    """Processes that wanted to run in the last minute: over the number of cores, times are not to be trusted."""
    return round(os.getloadavg()[0], 2)


def machine(embedder: Embedder, load_before: float) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch_threads": torch.get_num_threads(),
        "precision": getattr(embedder, "precision", "unknown"),
        "load_before": load_before,
        "load_after": load(),
        "versions": _versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def precision(settings: Settings) -> str:
    """What the embedding model is run with; a server does not say."""
    chosen = settings.embedding
    if chosen.runtime in ("onnx", "static"):
        return {"onnx": "int8", "static": "float32"}[chosen.runtime]
    if chosen.runtime in ("openai", "tei"):
        return "unknown"
    return choose_precision(chosen.precision, choose_device(chosen.device))


def model_files(model: str) -> dict[str, str]:
    """File of a model, by its path in the folder -> sha256. None of a model that is not on this machine."""
    if (file := Path(model)).is_file():
        return {file.name: sha256_of(file)}
    folder = local_folder(model)
    return deciding_files(folder) if folder else {}


def commit() -> str:
    """That of the checkout which this code runs from, with `-dirty` where it was changed since; empty outside one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():  # a repository further up is another one's
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _versions() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
