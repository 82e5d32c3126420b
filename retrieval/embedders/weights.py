"""Where the files of a model lie, and models that are made from them once and kept."""

import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from ingest.errors import UnavailableError

DECIDING_SUFFIXES = {".safetensors", ".bin", ".onnx", ".json", ".txt", ".model"}
"""Of the files of a model that decide what it gives."""


def model_path(model: str) -> str:
    """Folder of the weights for an installed package that ships them, else `model` unchanged."""
    module = model.replace("-", "_")
    if "/" in model or not module.isidentifier() or Path(model).exists():
        return model
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return model
    folder = Path(spec.origin).parent / "model"
    return str(folder) if folder.is_dir() else model


def local_folder(model: str) -> Path | None:
    """The model's files on this machine: sentence-transformers looks for a bare name among its own models, too."""
    folder = Path(model_path(model))
    if folder.is_dir():
        return folder
    for name in (model, f"sentence-transformers/{model}"):
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except (HFValidationError, LocalEntryNotFoundError):
            continue
    return None


def deciding_files(folder: Path) -> dict[str, str]:
    """File that decides what the model gives, by its path in the folder -> sha256."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in DECIDING_SUFFIXES and path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def recipe_key(files: dict[str, str], recipe: str) -> str:
    """Twelve hex digits that name what `recipe` makes of these files."""
    return hashlib.sha256(json.dumps([files, recipe], sort_keys=True).encode()).hexdigest()[:12]


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder`, filled by `make` unless it is there. Whoever looks finds all of it or nothing; of two processes that
    make it at once, the first wins.

    Raises:
        UnavailableError: the disk refuses.
    """
    if folder.is_dir():
        return folder
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        make(draft)
        draft.chmod(0o755)
        _rename(draft, folder)
    except OSError as error:
        raise UnavailableError(
            f"The model cannot be kept in {folder} ({error.strerror or error}); make room there and see that it can be "
            f"written, or choose another data folder with --data."
        ) from error
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def _rename(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
