"""Counting tokens without running a model."""

from pathlib import Path

from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer

from ingest.errors import UnavailableError
from retrieval.embedders.weights import model_path

SPECIAL_TOKENS = 2
"""That a model puts round a text."""


def unlimited(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither cuts nor pads, so that it can count."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def load_tokenizer(model: str, setting: str = "embedding.tokenizer") -> Tokenizer:
    """Of a folder, an installed package with a model, or a hub name; `setting` names it.

    Raises:
        UnavailableError: it has no tokenizer.json that can be read.
    """
    try:
        return unlimited(Tokenizer.from_file(str(_file(model))))
    except Exception as error:  # the library raises bare Exception for a damaged file
        raise UnavailableError(
            f"The tokenizer of {model!r} cannot be loaded ({type(error).__name__}); set {setting} to a "
            f"folder with a tokenizer.json, an installed model package or a hub name that this machine can reach."
        ) from error


def spans(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """Character span of every token, special tokens left out."""
    return list(tokenizer.encode(text, add_special_tokens=False).offsets)


def cut(tokenizer: Tokenizer, text: str, max_tokens: int) -> str:
    """The beginning of `text` that a model of `max_tokens` reads."""
    room = max(max_tokens - SPECIAL_TOKENS, 1)
    found = spans(tokenizer, text)
    return text if len(found) <= room else text[: found[room - 1][1]]


def _file(model: str) -> Path:
    folder = Path(model_path(model))
    return folder / "tokenizer.json" if folder.is_dir() else Path(hf_hub_download(model, "tokenizer.json"))
