"""Where the files of a model lie, and models that are made from them once and kept."""

import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from ingest.errors import UnavailableError

_WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
"""Of one module; where the first are there, the second are not read."""
_READ = (
    "modules.json",
    "*config.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "adapter_model.*",
)
_NOT_READ = ("data_config.json", "generation_config.json", "quantize_config.json")


def model_path(model: str) -> str:
    """Folder of the weights for an installed package that ships them, else `model` unchanged."""
    module = model.replace("-", "_")
    if "/" in model or not module.isidentifier() or Path(model).exists():
        return model
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return model
    home = Path(spec.origin).parent
    if (home / "model").is_dir():
        return str(home / "model")
    return str(home) if any(home.glob("*.gguf")) else model


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
    """File that sentence-transformers reads, by its path in the folder -> sha256. What lies beside them, such as other
    formats of the weights or notes about the training, does not count."""
    files = sorted({path for module in _modules(folder) for path in _read_files(module)})
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def weights_key(model: str) -> str | None:
    """Names the weights where `model` is a folder, in which others may lie tomorrow; None for a package or a hub name.
    They are read once, as long as their times and sizes stay."""
    folder = Path(model)
    if not folder.is_dir():
        return None
    files = sorted({path for module in _modules(folder) for path in _weights(module)})
    return _key_of(folder, tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@lru_cache(8)
def _key_of(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> str:
    return recipe_key({path.relative_to(folder).as_posix(): sha256_of(path) for path, *_ in stamps}, "weights")


def is_whole(folder: Path) -> bool:
    """False where a part is missing, as when only the tokenizer was fetched from the hub so far."""
    first, *others = _modules(folder)
    listed = (folder / "modules.json").is_file() or (folder / "config.json").is_file()
    # Modules without parameters, such as Normalize, have no file, so that only what has a folder can be looked at.
    return listed and bool(_weights(first)) and all(_read_files(one) for one in others if one.name not in _bare(folder))


def _modules(folder: Path) -> list[Path]:
    """The folder of each module, the first one first."""
    return list(dict.fromkeys(folder / one["path"] for one in _listed(folder))) or [folder]


def _bare(folder: Path) -> set[str]:
    """Names of the folders of modules that need no file."""
    return {Path(one["path"]).name for one in _listed(folder) if one["type"].endswith("Normalize")}


def _listed(folder: Path) -> list[dict[str, str]]:
    path = folder / "modules.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        return [{"path": str(row["path"]), "type": str(row["type"])} for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"{path} cannot be read ({type(error).__name__}); mend the model's files.") from error


def _read_files(module: Path) -> list[Path]:
    found = [path for pattern in _READ for path in module.glob(pattern) if path.name not in _NOT_READ]
    return [path for path in (*found, *_weights(module)) if path.is_file()]


def _weights(module: Path) -> list[Path]:
    return next((found for pattern in _WEIGHTS if (found := list(module.glob(pattern)))), [])


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
