"""The benchmarks run from end to end on folders of a few documents."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from eval.bench import run as bench
from eval.bench.ingest import Slice, split
from eval.bench.ingest import _figures as ingest_figures
from eval.bench.measure import Queries, RecordingEmbedder, percentiles, summary
from eval.bench.peers import PeerFigures, best, rank_bm25, sentence_transformers_exact, words
from eval.bench.peers_haystack import haystack
from eval.bench.peers_llama import llama_index
from eval.bench.peers_txtai import txtai
from eval.bench.report import Report, ratios
from eval.bench.search import ApiFigures
from eval.datasets.beir import write_corpus
from eval.environment import overrides
from ingest.errors import InvalidError
from ingest.parsers.routing import RoutingParser
from ingest.parsers.titles import document_title
from ingest.sources.filesystem import SourceFile
from tests.fakes import HashEmbedder

TOPICS = ("volcano", "glacier", "harbour", "violin", "orchard", "satellite", "ledger", "beehive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight documents, and for each a query that only it answers."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    rows = [
        {"_id": f"d/{topic}", "title": f"About a {topic}", "text": f"The {topic} was seen & described."}
        for topic in TOPICS
    ]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    queries = [{"_id": topic, "text": f"Who described the {topic}?"} for topic in TOPICS]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in queries))
    judged = "".join(f"{topic}\td/{topic}\t1\n" for topic in TOPICS)
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    return folder


@pytest.mark.slow
def test_the_benchmark_from_end_to_end(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    assert bench.main(["--data", str(folder), "--out", str(out), "--no-peers", "--queries", "3"]) == 0
    report = json.loads(out.read_text())
    assert report["dataset"] == {"name": "tiny", "documents": 8, "queries": 3}
    assert report["ingest"]["failed"] == 0
    assert report["ingest"]["documents"] == report["ingest"]["chunks"] == 8
    assert report["ingest"]["raw_ratio"] > 0
    assert sum(one["documents"] for one in report["ingest"]["slices"]) == 8
    assert report["ingest"]["index_mb"] > 0
    assert report["ingest"]["peak_memory_mb"] > 0
    for mode in ("dense", "bm25", "hybrid"):
        figures = report["modes"][mode]
        assert figures["ndcg@10"] == figures["recall@100"] == 1.0
        assert 0 < figures["engine_latency_ms"]["p50"] <= figures["engine_latency_ms"]["p99"]
    assert report["api"]["overhead_ms"].keys() >= {"p50", "p95", "p99"}
    assert report["peers"] == {}
    table = capsys.readouterr().out
    assert "tiny: 8 documents, 3 queries" in table
    assert "1.0000" in table


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.vector_stores.qdrant", None)
    peer = llama_index({}, RecordingEmbedder(HashEmbedder()), Queries({}, {}, {}), tmp_path / "qdrant")
    assert peer.state == "not installed: pip install '.[peers]' in the checkout"
    assert not (tmp_path / "qdrant").exists()


@pytest.mark.parametrize(("module", "peer"), [("haystack.dataclasses", haystack), ("txtai", txtai)])
def test_other_peers_that_are_not_installed_are_named(
    module: str, peer: Callable[..., PeerFigures], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    found = peer({}, RecordingEmbedder(HashEmbedder()), Queries({}, {}, {}))
    assert found.state == "not installed: pip install '.[peers]' in the checkout"


class TxtaiEmbeddings:
    """As much of the library's class as the peer uses: the first document that is nearest."""

    def __init__(self, transform: Callable[[list[str]], np.ndarray], **_: object) -> None:
        self._transform = transform

    def index(self, rows: list[tuple[str, str, None]]) -> None:
        self._keys = [key for key, _, _ in rows]
        self._vectors = self._transform([text for _, text, _ in rows])

    def search(self, text: str, count: int) -> list[tuple[str, float]]:
        scores = self._vectors @ self._transform([text])[0]
        return [(self._keys[place], float(scores[place])) for place in np.argsort(-scores)[:count]]

    def close(self) -> None:
        pass


def test_txtai_embeds_queries_as_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "txtai", SimpleNamespace(Embeddings=TxtaiEmbeddings))
    embedder = RecordingEmbedder(HashEmbedder())
    corpus = {topic: (f"About a {topic}", f"The {topic} was seen.") for topic in TOPICS}
    texts = {topic: f"the {topic}" for topic in TOPICS}
    vectors = {key: embedder.embed_query(text) for key, text in texts.items()}
    found = txtai(corpus, embedder, Queries(texts, vectors, {topic: {topic: 1} for topic in TOPICS}))
    assert found.modes["hybrid"].recall == 1.0
    assert len(embedder.texts) == len(TOPICS)  # the documents alone


def test_our_speed_beside_a_peer_has_the_search_index_in_it(tmp_path: Path) -> None:
    part = Slice(documents=100, chunks=200, failed=0, ingest_s=8.0, inside_s=6.0, raw_s=6.0)
    ingest = ingest_figures([part], 2.0, tmp_path, 0.0)
    assert (ingest.docs_per_s, ingest.whole_docs_per_s) == (12.5, 10.0)
    report = Report({}, {}, {}, ingest, {}, cast(ApiFigures, None), [])
    assert ratios(report, PeerFigures("peer", "", docs_per_s=20.0)) == {"docs_per_s": 0.5}


def test_peers_find_what_is_there() -> None:
    embedder = HashEmbedder()
    corpus = {topic: (f"About a {topic}", f"The {topic} was seen.") for topic in TOPICS}
    texts = {topic: f"the {topic}" for topic in TOPICS}
    vectors = {key: embedder.embed_query(text) for key, text in texts.items()}
    queries = Queries(texts, vectors, {topic: {topic: 1} for topic in TOPICS})
    lexical = rank_bm25(corpus, queries).modes["bm25"]
    exact = sentence_transformers_exact(corpus, embedder, queries).modes["dense"]
    assert lexical.ndcg == lexical.recall == exact.recall == 1.0
    assert lexical.latency == lexical.engine_latency


@pytest.mark.parametrize("assignment", ["threads=1", "embedding.threads", "embedding.=1", "embedding.model=[", ""])
def test_settings_must_be_assignments(assignment: str) -> None:
    with pytest.raises(InvalidError, match="--set"):
        overrides([assignment])


def test_settings_are_nested_and_typed() -> None:
    assert overrides(["embedding.threads=1", "retrieval.fusion=rrf", "retrieval.dense_weight=0.3"]) == {
        "embedding": {"threads": 1},
        "retrieval": {"fusion": "rrf", "dense_weight": 0.3},
    }


@pytest.mark.parametrize("wrong", ["embedding.thread=1", "nothing.nothing=1", "retrieval.fusion=sum"])
def test_wrong_settings_end_with_a_sentence(folder: Path, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--data", str(folder), "--no-peers", "--set", wrong]) == 1
    assert wrong.split("=")[0].split(".")[-1] in capsys.readouterr().err


def test_a_folder_that_is_not_beir_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--data", str(tmp_path), "--no-peers"]) == 1
    assert "corpus.jsonl does not exist" in capsys.readouterr().err


def test_a_document_survives_its_file(tmp_path: Path) -> None:
    title, text = "1. *Growth* <of> R&D_", "- <b>not bold</b> & *not* italic\n\n# no heading | 1 | 2 |"
    (file,) = write_corpus({"a/b#1": (title, text)}, tmp_path)
    sections = RoutingParser().parse(file.path)
    assert file.source == "a/b#1"
    assert document_title(sections, "b#1") == title
    assert "\n\n".join(section.text for section in sections).removeprefix("- ") == text.removeprefix("- ")


def test_slices_cover_everything_once() -> None:
    files = [SourceFile(Path(str(number)), str(number)) for number in range(10)]
    parts = list(split(files, 4))
    assert [file for part in parts for file in part] == files
    assert {len(part) for part in parts} <= {2, 3}
    assert [len(part) for part in split(files[:2], 4)] == [1, 1]


def test_summary_is_the_median_of_each_repetitions_percentiles() -> None:
    found = summary([[0.001, 0.003], [0.002, 0.004], [0.9, 0.9]])
    assert (found.p50, found.queries, found.repetitions) == (3.0, 2, 3)


def test_each_query_is_timed_in_every_repetition() -> None:
    called: list[str] = []
    found = percentiles(called.append, ["a", "b"])
    assert called == ["a", "b"] * (1 + found.repetitions)


def test_recording_embedder_passes_everything_on() -> None:
    inner = HashEmbedder()
    recorder = RecordingEmbedder(inner)
    assert (recorder.embed_documents(["x", "y"]) == inner.embed_documents(["x", "y"])).all()
    assert recorder.texts == ["x", "y"]
    assert recorder.seconds > 0
    assert (recorder.name, recorder.dimension, recorder.max_tokens) == (inner.name, inner.dimension, inner.max_tokens)
    recorder.reset()
    assert recorder.texts == []


def test_best_are_in_order_and_no_more_than_there_are() -> None:
    assert best(np.array([0.1, 0.9, 0.5]), np.array(["a", "b", "c"]), 2) == ["b", "c"]
    assert best(np.array([0.1, 0.9]), np.array(["a", "b"]), 5) == ["b", "a"]
    assert words("The O'Brien-2 Test") == ["the", "o", "brien", "2", "test"]
