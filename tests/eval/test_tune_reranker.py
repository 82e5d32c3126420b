"""A reranker is trained on pairs, from pairs to weights that serve, and can be interrupted."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Services
from api.settings import Settings, load_settings
from api.tuned import Tuned, save_tuned
from eval.datasets.documents import list_documents
from eval.tuning.commands import serving_of, tune_reranker
from eval.tuning.reranker import run
from eval.tuning.reranker.folder import WORK, OutFolder
from eval.tuning.reranker.mining import Corpus, Listed, Serving, lesson, served
from eval.tuning.reranker.pairs import Asked, Pair, by_question, load_pairs
from eval.tuning.reranker.run import tune
from eval.tuning.reranker.training import CHECKPOINT
from ingest.errors import InvalidError
from ingest.pipeline import Label
from ingest.ports import Embedder
from retrieval.rerankers import SentenceTransformersReranker
from tests.eval.plans import ENCODER, OPTIONS, made
from tests.fakes import HashEmbedder
from tests.retrieval.shelves import hit

pytestmark = pytest.mark.usefixtures("one_thread")


def write(path: Path, rows: Sequence[Any]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_pairs_are_read(tmp_path: Path, name: str) -> None:
    rows = [{"query": f" q{number}", "positive": f"p{number} ", "source": "x"} for number in range(5)]
    path = write(tmp_path / name, rows)
    assert load_pairs(path) == [Pair(f"q{number}", f"p{number}") for number in range(5)]
    assert len(load_pairs(path, limit=2)) == 2


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"query": "x"}],
        [["x"]],
        [{"query": "", "positive": "y"}],
        [{"query": None, "positive": "y"}],
        [{"query": "x", "positive": ["y"]}],
    ],
    ids=str,
)
def test_malformed_pairs_are_named(tmp_path: Path, name: str, rows: list[Any]) -> None:
    with pytest.raises(InvalidError, match=r"pairs\.jsonl"):
        load_pairs(write(tmp_path / name, rows))


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_blank_lines_between_pairs_are_passed_over(tmp_path: Path, name: str) -> None:
    text = b'\n{"query": "q", "positive": "p"}\n\n'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert load_pairs(tmp_path / name) == [Pair("q", "p")]


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl.gz", [{"query": f"q{number}", "positive": "p"} for number in range(99)])
    packed = path.read_bytes()
    path.write_bytes(packed[:-20])
    with pytest.raises(InvalidError, match=r"pairs\.jsonl\.gz is no gzipped file, or a damaged one"):
        load_pairs(path)
    path.write_bytes(packed[:12] + bytes(20) + packed[32:])
    with pytest.raises(InvalidError, match=r"pairs\.jsonl\.gz"):
        load_pairs(path)


def test_no_gzip(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl.gz").write_text("plain")
    with pytest.raises(InvalidError, match="no gzipped file"):
        load_pairs(tmp_path / "pairs.jsonl.gz")


def test_a_question_has_all_its_texts_however_it_is_spelt() -> None:
    pairs = [Pair("Who pays?", "a"), Pair("who  pays?", "b"), Pair("Who pays?", "a"), Pair("Who else?", "a")]
    assert by_question(pairs) == [Asked("Who pays?", ("a", "b")), Asked("Who else?", ("a",))]


HITS = [
    replace(hit(text, score), origin={"dense": dense})
    for text, score, dense in [("twin", 9.0, 0.79), ("right", 7.0, 0.8), ("wrong", 8.0, 0.7), ("worse", 5.0, 0.1)]
]


def test_what_may_answer_as_well_is_no_negative() -> None:
    one = Asked("q", ("right",))
    assert lesson(one, HITS, cosine=0.8) == Listed("q", ("right", "wrong", "worse"), (0.5, 0.75, 0.0))
    assert lesson(one, HITS[:2], cosine=0.8) is None
    missed = lesson(Asked("q", ("not found",)), HITS[2:], cosine=0.8)
    assert missed is not None
    assert missed.fused[0] == 0.0


def test_no_text_that_answers_is_a_negative() -> None:
    found = lesson(Asked("q", ("right", "wrong")), HITS, cosine=0.8)
    assert found == Listed("q", ("right", "wrong", "worse"), (0.5, 0.75, 0.0), right=2)


def test_what_is_judged_are_the_hits_and_nothing_else() -> None:
    found = served(Asked("q", ("not found", "worse", "right")), HITS)
    assert found == Listed("q", ("right", "worse", "twin", "wrong"), (0.5, 0.0, 1.0, 0.75), right=2)
    assert served(Asked("q", ("not found",)), HITS).right == 0


def test_hard_negatives_are_what_search_finds_beside(tmp_path: Path) -> None:
    pairs = [Pair(f"leave rule {number}", f"The leave rule {number} holds {'x ' * number}") for number in range(12)]
    asked = by_question(pairs)
    with Corpus(asked, HashEmbedder(), tmp_path / "corpus", Serving(read=5)) as corpus:
        corpus.fill()
        found, judged = corpus.lessons(asked), corpus.served(asked)
    assert found
    for one in found:
        number = one.query.rsplit(" ", 1)[1]
        assert one.texts[0].startswith(f"The leave rule {number} holds")
        assert len(one.texts) == len(set(one.texts)) == len(one.fused)
        assert all(0 <= score <= 1 for score in one.fused)
    assert [len(one.texts) for one in judged] == [5] * 12


def test_texts_are_embedded_once_however_often_it_is_begun(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    asked = [Asked(f"q {number}", (f"text {number}",)) for number in range(7)]
    for _ in range(2):
        with Corpus(asked, embedder, tmp_path / "corpus", Serving()) as corpus:
            corpus.fill()
    assert len(embedder.embedded) == 7


def test_no_question_is_in_two_parts() -> None:
    asked = [Asked(f"q {number}", ("a",)) for number in range(130)]
    parts = run._parts(asked, 7)
    assert {name: len(found) for name, found in parts.items()} == {"stop": 13, "report": 13, "train": 104}
    assert sorted(one.query for found in parts.values() for one in found) == sorted(one.query for one in asked)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = OutFolder(tmp_path / "out", "one")
    first.begin()
    OutFolder(tmp_path / "out", "one").begin()
    with pytest.raises(InvalidError, match="begun with other pairs, options or another model"):
        OutFolder(tmp_path / "out", "two").begin()
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "modules.json").write_text("[]")
    first.finish(tmp_path / "made")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["modules.json"]
    with pytest.raises(InvalidError, match="holds a finished reranker or other files"):
        OutFolder(tmp_path / "out", "one").begin()


def test_lists_are_kept_by_part(tmp_path: Path) -> None:
    out = OutFolder(tmp_path / "out", "one")
    out.begin()
    assert out.mined() is None
    lists: dict[str, Sequence[Listed]] = {"train": made(3), "stop": made(1), "report": [Listed("q", (), (), 0)]}
    out.keep(lists)
    assert out.mined() == lists


@pytest.mark.slow
def test_from_pairs_to_a_known_gain(tmp_path: Path, minilm: Embedder) -> None:
    names = [f"{colour} {thing}" for colour in ("red", "blue", "green", "grey") for thing in TOPICS]
    pairs = [Pair(f"Who has the key of the {name}?", f"The key of the {name} is with the porter.") for name in names]
    said: list[str] = []
    options = replace(OPTIONS, minutes=0.05)
    found = tune(pairs, minilm, ENCODER, tmp_path / "out", options, Serving(read=5), said.append)
    assert found.trained_on + found.held_out <= len(pairs)
    assert 0 < found.before <= 1
    assert found.gain.mean.mean == pytest.approx(found.after - found.before)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert "modules.json" in left
    assert left.isdisjoint({CHECKPOINT, WORK, "mined.jsonl", "corpus"})
    assert any("hard negatives" in line for line in said)
    assert SentenceTransformersReranker(str(tmp_path / "out"), device="cpu").score("q", ["a", "b"]).shape == (2,)
    with pytest.raises(InvalidError, match="holds a finished reranker"):
        tune(pairs, minilm, ENCODER, tmp_path / "out", options, Serving(read=5))
    assert left == {path.name for path in (tmp_path / "out").iterdir()}


def test_few_questions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="at least 100"):
        tune([Pair("q", f"p{number}") for number in range(200)], HashEmbedder(), ENCODER, tmp_path, OPTIONS, Serving())


TOPICS = [f"{room} of house {number}" for room in ("cellar", "attic", "kitchen", "garage") for number in range(8)]


def test_the_settings_take_what_was_trained(tmp_path: Path) -> None:
    chosen = load_settings(None, {"retrieval": {"reranker": str(tmp_path), "rerank_scale": "sigmoid"}}).retrieval
    assert (chosen.reranker, chosen.rerank_scale) == (str(tmp_path), "sigmoid")


@pytest.mark.slow
def test_headings_stand_for_questions_and_the_collection_is_free_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(None, {"data": tmp_path / "data", "answers": {"cross_encoder": False}})
    (tmp_path / "handbook.md").write_text(
        "# Handbook\n\n## Parental leave rules\n\nIt is thirty days.\n\n## Trains\n\nSecond class.\n"
    )
    seen: list[Any] = []

    def opened(chosen: Settings) -> Services:
        return Services(chosen, embedder=HashEmbedder())

    def fake_tune(given: Sequence[Pair], *others: Any) -> run.Tuned:
        seen.extend(given)
        with opened(settings) as again:
            assert again.collection("default")
        return run._tuned(1, [0.0], [1.0], 7)

    with opened(settings) as services:
        files = list_documents(tmp_path).source_files()
        list(services.collection("default", create=True).ingestor.run(files, Label("default")))
    monkeypatch.setattr("eval.tuning.commands.Services", opened)
    monkeypatch.setattr("eval.tuning.commands.tune", fake_tune)
    assert not tune_reranker(
        settings, [], "default", tmp_path / "out", None, OPTIONS, True
    )  # one question proves nothing
    assert seen == [Pair("Parental leave rules", "Handbook\nIt is thirty days.")]


def test_it_learns_from_what_is_served(tmp_path: Path) -> None:
    chosen = {"fusion": "minmax", "dense_weight": 0.3, "candidates": 90, "rerank_candidates": 20}
    settings = load_settings(None, {"data": tmp_path, "retrieval": chosen, "bm25": {"language": "german"}})
    found = serving_of(settings, "default")
    assert (found.fusion.dense_weight, found.candidates, found.read) == (0.3, 90, 20)
    assert found.words.language == "german"
    save_tuned(Tuned(dense_weight=0.8), tmp_path, "default")
    assert serving_of(settings, "default").fusion.dense_weight == 0.8
