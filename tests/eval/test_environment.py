"""What decided a figure is known by its content."""

import json
import subprocess
from pathlib import Path

from api.settings import load_settings
from eval.environment import commit, model_files, precision, uncached


def test_files_of_a_model_are_known_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    for name in ("model.safetensors", "1_Pooling/config.json", "README.md"):
        (tmp_path / name).write_text("a")
    modules = [{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    before = model_files(str(tmp_path))
    assert set(before) == {"model.safetensors", "modules.json", "1_Pooling/config.json"}
    (tmp_path / "model.safetensors").write_text("b")
    after = model_files(str(tmp_path))
    assert {name for name in before if before[name] != after[name]} == {"model.safetensors"}
    assert model_files("nobody/no-such-model") == {}


def test_the_commit_is_that_of_the_checkout() -> None:
    folder = Path(__file__).parents[2]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert commit().removesuffix("-dirty") == head.strip()


def test_nothing_is_measured_with_remembered_vectors() -> None:
    settings = load_settings()
    assert settings.embedding.query_cache > 0
    assert uncached(settings).embedding.query_cache == 0
    assert uncached(settings).retrieval == settings.retrieval


def test_the_precision_is_that_of_the_runtime() -> None:
    server = {"runtime": "tei", "url": "http://host"}
    chosen = [load_settings(None, {"embedding": one}) for one in ({"runtime": "onnx"}, {"runtime": "static"}, server)]
    assert [precision(one) for one in chosen] == ["int8", "float32", "unknown"]
