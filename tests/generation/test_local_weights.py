"""Weights of language models in this process: found, refused, missing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from generation.generators.local.weights import Choice, files_of, load
from ingest.errors import SettingsError, UnavailableError


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"device": "all"}, "answers.device: all means every GPU"),
        ({"device": "cuda:7"}, "answers.device: 'cuda:7' cannot be used here"),
        ({"quantization": "4bit"}, "answers.quantization: 4bit needs a GPU and the package bitsandbytes"),
    ],
)
def test_what_this_machine_has_not(random_llm: Path, wrong: dict[str, Any], told: str) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(SettingsError) as raised:
        load(Choice(str(random_llm), **wrong))
    assert told in str(raised.value)


def test_files_that_are_missing(tmp_path: Path, random_llm: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot be loaded .*set answers\.model to a folder"):
        load(Choice(str(tmp_path)))
    (tmp_path / "half").mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "half" / name).write_bytes((random_llm / name).read_bytes())
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        load(Choice(str(tmp_path / "half")))


def test_a_gguf_file_is_found_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").touch()
    assert files_of(str(tmp_path)) == (str(tmp_path), {"gguf_file": "small.gguf"})
    assert files_of(str(tmp_path / "small.gguf")) == (str(tmp_path), {"gguf_file": "small.gguf"})
    assert files_of("owner/name") == ("owner/name", {})


@pytest.mark.parametrize("step", ["to", "from_pretrained"])
def test_a_model_that_is_too_large(random_llm: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def without_room(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("no room")

    place = PreTrainedModel if step == "to" else AutoModelForCausalLM
    monkeypatch.setattr(place, step, without_room)
    with pytest.raises(UnavailableError, match=r"does not fit into the memory.*set answers\.quantization"):
        load(Choice(str(random_llm), "cpu", "float32"))
