"""When an index is used again, and when it is made anew. No document is parsed, no model loaded."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from api.settings import load_settings
from eval.experiment.indexes import build, collection_of, index_key
from eval.experiment.outcomes import IndexFigures
from eval.experiment.sets import EvaluationSet, open_set
from ingest.errors import UnreadableFileError
from ingest.pipeline import FileResult, Ingestor
from ingest.sources.filesystem import SourceFile
from tests.eval.library import Library, library


@pytest.fixture
def documents(question_folder: Path) -> EvaluationSet:
    return open_set("small", "questions", question_folder, None, 7)


def key_of(documents: EvaluationSet, weights: dict[str, str], **changes: dict[str, Any]) -> str:
    embedding = {"precision": "float32", **changes.pop("embedding", {})}
    return index_key(load_settings(None, {**changes, "embedding": embedding}), documents, weights)


@pytest.mark.parametrize(
    "change",
    [
        {"access": {"tenant": "other"}},
        {"store": {"engine": "server", "url": "http://one"}},
        {"store": {"quantization": "none"}},
        {"store": {"vectors": "disk"}},
        {"store": {"hnsw_m": 8}},
        {"store": {"hnsw_ef_construct": 16}},
        {"store": {"shards": 2}},
        {"ingestion": {"parse_timeout_s": 1}},
        {"ingestion": {"max_file_mb": 1}},
        {"embedding": {"model": "another"}},
        {"embedding": {"precision": "bfloat16"}},
        {"embedding": {"runtime": "onnx"}},
        {"embedding": {"runtime": "static"}},
        {"embedding": {"document_prefix": "passage: "}},
        {"embedding": {"max_tokens": 128}},
    ],
)
def test_what_decides_an_index_is_in_its_key(documents: EvaluationSet, change: dict[str, dict[str, Any]]) -> None:
    assert key_of(documents, {}, **change) != key_of(documents, {})


def test_other_weights_need_another_index_other_searches_do_not(documents: EvaluationSet) -> None:
    assert key_of(documents, {"model.safetensors": "a"}) != key_of(documents, {"model.safetensors": "b"})
    assert key_of(documents, {}, retrieval={"top_k": 3}) == key_of(documents, {})
    assert key_of(documents, {}, store={"hnsw_ef": 64, "oversampling": 3}) == key_of(documents, {})
    assert key_of(documents, {}, store={"engine": "server", "url": "http://one"}) != key_of(
        documents, {}, store={"engine": "server", "url": "http://two"}
    )


class OneChunkIngestor:
    """Makes each file one chunk, but fails on those that are `broken`; `revisions` as each run found them."""

    def __init__(self, shelf: Library) -> None:
        self._shelf = shelf
        self.broken: set[str] = set()
        self.revisions: list[set[str]] = []

    def run(self, files: Sequence[SourceFile], *_: object) -> Iterator[FileResult]:
        services, tenant = self._shelf.services, self._shelf.services.settings.access.tenant
        self.revisions.append({one.revision for one in services.catalog.page(self._shelf.collection.name, tenant)})
        for file in files:
            if file.source in self.broken:
                yield FileResult(file.source, "failed", "", reason="broken")
                continue
            self._shelf.put(file.source, file.path.read_text())
            yield FileResult(file.source, "indexed", "", 1)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Library]:
    with library(tmp_path, {}, collection_of("key")) as opened:
        yield opened


def built(shelf: Library, documents: EvaluationSet, ingestor: OneChunkIngestor) -> IndexFigures:
    collection = replace(shelf.collection, ingestor=cast(Ingestor, ingestor))
    return build(shelf.services, collection, documents, "key", lambda snapshot: None)


def test_a_whole_index_is_reused(shelf: Library, documents: EvaluationSet) -> None:
    ingestor = OneChunkIngestor(shelf)
    first = built(shelf, documents, ingestor)
    assert (first.documents, first.chunks, first.failed) == (3, 3, 0)
    assert built(shelf, documents, ingestor) == first
    assert len(ingestor.revisions) == 1


def test_a_document_that_failed_is_tried_again(shelf: Library, documents: EvaluationSet) -> None:
    ingestor = OneChunkIngestor(shelf)
    ingestor.broken = {"it.txt"}
    assert built(shelf, documents, ingestor).failed == 1
    ingestor.broken = set()
    assert built(shelf, documents, ingestor).failed == 0
    built(shelf, documents, ingestor)
    assert len(ingestor.revisions) == 2


def test_the_seconds_are_those_that_built_it(
    shelf: Library, documents: EvaluationSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 100.0, 200.0, 201.0, 300.0, 305.0])
    monkeypatch.setattr("eval.experiment.indexes.perf_counter", lambda: next(times))
    ingestor = OneChunkIngestor(shelf)
    ingestor.broken = {"it.txt"}
    assert built(shelf, documents, ingestor).seconds == 100.0
    assert built(shelf, documents, ingestor).seconds == 100.0
    ingestor.broken = set()
    assert built(shelf, documents, ingestor).seconds == 105.0


def test_all_is_written_again_where_chunks_are_gone(shelf: Library, documents: EvaluationSet) -> None:
    ingestor = OneChunkIngestor(shelf)
    first = built(shelf, documents, ingestor)
    tenant = shelf.services.settings.access.tenant
    shelf.collection.store.delete([shelf.services.catalog.page(shelf.collection.name, tenant)[0].id])
    assert built(shelf, documents, ingestor).chunks == first.chunks == shelf.collection.store.count()
    assert ingestor.revisions == [set(), {""}]


def test_damaged_figures_of_an_index_are_made_anew(shelf: Library, documents: EvaluationSet) -> None:
    ingestor = OneChunkIngestor(shelf)
    first = built(shelf, documents, ingestor)
    (shelf.services.data / "index.json").write_text('{"key": ')
    assert built(shelf, documents, ingestor).chunks == first.chunks
    assert json.loads((shelf.services.data / "index.json").read_text())["chunks"] == first.chunks


def test_an_index_without_a_document_is_none(shelf: Library, documents: EvaluationSet) -> None:
    ingestor = OneChunkIngestor(shelf)
    ingestor.broken = {"it.txt", "leave.md", "travel.md"}
    with pytest.raises(UnreadableFileError, match="No document of small could be indexed: broken"):
        built(shelf, documents, ingestor)
    assert not (shelf.services.data / "index.json").exists()
