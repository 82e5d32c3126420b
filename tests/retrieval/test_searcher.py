"""The searcher over a real index: modes, limits, access, and documents that change while it looks."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import FilterError, UnavailableError
from ingest.types import Chunk
from retrieval.filters import parse
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.store.bm25 import Bm25Encoder
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Access, Hit, Mode, Query
from tests.fakes import HashEmbedder

EMBEDDER = HashEmbedder(dimension=64)
MINMAX = FusionOptions()
WORDS = ("leave", "office", "pension", "travel", "laptop", "canteen")


class Shelf:
    """An index, what the catalog says of it, and a moment between ranking and reading at which something happens."""

    def __init__(self, folder: Path) -> None:
        self.store = EdgeStore(folder, Identity("hash", EMBEDDER.dimension), reserve=0)
        self.current: dict[str, str] = {}
        self.on_look_up: list[Callable[[], None]] = []
        self.look_ups = 0

    def put(self, *chunks: Chunk, commit: bool = True) -> None:
        self.store.upsert(chunks, EMBEDDER.embed_documents([chunk.indexed_text for chunk in chunks]))
        if commit:
            self.current |= {chunk.document_id: chunk.revision for chunk in chunks}

    def revisions(self, document_ids: Iterable[str]) -> dict[str, str]:
        self.look_ups += 1
        if self.on_look_up:
            self.on_look_up.pop(0)()
        return {key: self.current[key] for key in document_ids if key in self.current}

    def searcher(self, fusion: FusionOptions = MINMAX, candidates: int = 50) -> HybridSearcher:
        return HybridSearcher(self.store, EMBEDDER.embed_query, self.revisions, fusion, candidates)

    def search(self, text: str = "leave", **more: Any) -> list[Hit]:
        return self.searcher().search(query(text, **more))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / "index")
    yield opened
    opened.store.close()


def chunk(text: str, document_id: str, position: int = 0, revision: str = "1", **more: object) -> Chunk:
    key = f"00000000-0000-0000-{int(revision):04}-{int(document_id):06}{position:06}"
    blank = Chunk(key, document_id, revision, "acme", (), "a.md", "A", text, "", position, None, (), 0, len(text))
    return replace(blank, **more)  # type: ignore[arg-type]


def query(text: str, top_k: int = 10, mode: Mode = "hybrid", **more: object) -> Query:
    return replace(Query(text, "default", "acme", (), top_k, mode), **more)  # type: ignore[arg-type]


def texts(hits: Sequence[Hit]) -> list[str]:
    return [hit.chunk.text for hit in hits]


def test_both_branches_search_at_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(chunk("leave", "1"))
    both = threading.Barrier(2, timeout=10)  # breaks where one branch waits for the other
    for name in ("dense", "bm25"):
        search = getattr(shelf.store, name)
        monkeypatch.setattr(shelf.store, name, lambda *asked, search=search: (both.wait(), search(*asked))[1])
    assert texts(shelf.search()) == ["leave"]


@pytest.mark.parametrize("branch", ["dense", "bm25"])
def test_the_failure_of_a_branch_is_that_of_the_search(
    shelf: Shelf, branch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*asked: object) -> None:
        raise UnavailableError("away")

    monkeypatch.setattr(shelf.store, branch, broken)
    with pytest.raises(UnavailableError, match="away"):
        shelf.search()


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
@pytest.mark.parametrize("method", ["minmax", "rrf"])
def test_the_best_match_comes_first_in_each_mode(shelf: Shelf, mode: Mode, method: str) -> None:
    shelf.put(*(chunk(f"about {word} here", str(number)) for number, word in enumerate(WORDS)))
    for word in WORDS:
        hits = shelf.searcher(FusionOptions(method)).search(query(word, mode=mode))  # type: ignore[arg-type]
        assert hits[0].chunk.text == f"about {word} here"
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize(
    ("mode", "branches"), [("dense", {"dense"}), ("bm25", {"bm25"}), ("hybrid", {"dense", "bm25"})]
)
def test_a_hit_tells_where_it_comes_from(shelf: Shelf, mode: Mode, branches: set[str]) -> None:
    shelf.put(chunk("leave", "1"))
    (hit,) = shelf.search(mode=mode)
    assert set(hit.origin) == branches
    if mode != "hybrid":
        assert hit.score == hit.origin[mode]


def test_all_weight_on_one_branch_gives_its_order(shelf: Shelf) -> None:
    shelf.put(*(chunk(f"leave {'and ' * number}office", str(number)) for number in range(8)))
    for weight, mode in ((1.0, "dense"), (0.0, "bm25")):
        fused = shelf.searcher(FusionOptions("minmax", weight)).search(query("leave office"))
        assert texts(fused) == texts(shelf.search("leave office", mode=mode))


@pytest.mark.parametrize("top_k", [1, 3, 20, 100])
def test_at_most_top_k(shelf: Shelf, top_k: int) -> None:
    shelf.put(*(chunk(f"leave {number}", str(number)) for number in range(20)))
    assert len(shelf.search(top_k=top_k)) == min(top_k, 20)


def test_more_than_the_candidates_may_be_asked_for(shelf: Shelf) -> None:
    shelf.put(*(chunk(f"leave {number}", str(number)) for number in range(20)))
    assert len(shelf.searcher(candidates=5).search(query("leave", top_k=15))) == 15


@pytest.mark.parametrize("method", ["minmax", "rrf"])
@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_a_deeper_cut_goes_on_where_the_search_ends(shelf: Shelf, mode: Mode, method: str) -> None:
    shelf.put(*(chunk(f"leave {'office ' * (number % 5)}{number}", str(number)) for number in range(20)))
    searcher = shelf.searcher(FusionOptions(method), candidates=8)  # type: ignore[arg-type]
    served = searcher.search(query("leave office", top_k=3, mode=mode))
    deep = searcher.deepened(3).search(query("leave office", top_k=20, mode=mode))
    assert deep[:3] == served
    assert len(deep) == len({hit.chunk.id for hit in deep}) >= 8
    assert len(deep) < 20  # the branches found no more
    assert len(searcher.deepened(12).search(query("leave office", top_k=20, mode=mode))) >= 12


def test_tenant_groups_and_filters_reach_the_index(shelf: Shelf) -> None:
    shelf.put(
        chunk("leave open", "1", metadata={"year": 2025}),
        chunk("leave hr", "2", groups=("hr",)),
        chunk("leave other", "3", tenant="other"),
    )
    assert texts(shelf.search()) == ["leave open"]
    assert sorted(texts(shelf.search(groups=("hr",)))) == ["leave hr", "leave open"]
    assert texts(shelf.search(tenant="other")) == ["leave other"]
    assert texts(shelf.search(groups=("hr",), filters=parse({"year": 2025}))) == ["leave open"]


def test_nothing_indexed_and_nothing_matching(shelf: Shelf) -> None:
    assert shelf.search() == []
    shelf.put(chunk("office", "1"))
    assert shelf.search("the", mode="bm25") == []
    assert shelf.search("zebra", mode="bm25") == []


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Kuendigungsfrist", "Kündigungsfrist"),
        ("KÜNDIGUNGSFRIST", "Kuendigungsfrist"),
        ("STRASSE", "Straße"),
        ("Straße", "Strasse"),
        ("Schluessel", "Schlüssel"),
        ("Groesse", "Größe"),
        ("Größe", "Grösse"),
        ("neue", "neue"),
    ],
)
def test_german_words_are_found_in_either_spelling(shelf: Shelf, asked: str, written: str) -> None:
    shelf.put(chunk(f"Die {written} hier", "1"), chunk("Die andere", "2"))
    assert texts(shelf.search(asked, mode="bm25")) == [f"Die {written} hier"]


def test_words_without_another_spelling_weigh_what_they_did() -> None:
    encoder = Bm25Encoder()
    assert encoder.terms("Kündigung") == encoder.terms("kündigung") != frozenset(encoder.query("Kündigung").indices)
    assert set(encoder.query("annual leave", ((7, 0.5),)).indices) == encoder.terms("annual leave") | {7}
    assert set(encoder.query("Straße").values) == {1.0}


def test_a_field_is_known_whatever_other_threads_forget(shelf: Shelf) -> None:
    class Forgetful(dict[Access, frozenset[str]]):
        def __setitem__(self, access: Access, known: frozenset[str]) -> None:
            """As if another thread had cleared it."""

    shelf.put(chunk("leave", "1", metadata={"year": 2025}))
    searcher = shelf.searcher()
    searcher._fields = Forgetful()
    assert texts(searcher.search(query("leave", filters=parse({"year": 2025})))) == ["leave"]


def test_a_filter_on_a_field_that_no_document_has_is_an_error(shelf: Shelf) -> None:
    shelf.put(chunk("leave", "1", metadata={"year": 2025}), chunk("leave hr", "2", groups=("hr",), metadata={"pay": 1}))
    with pytest.raises(FilterError, match=r"has a field 'yaer'; there are .* title and the metadata year"):
        shelf.search(filters=parse({"yaer": {"$gte": 2025}}))
    searcher = shelf.searcher()
    for name in ("pay", "metadata.pay"):
        with pytest.raises(FilterError, match="has a field"):
            searcher.search(query("leave", filters=parse({"$not": {name: 1}})))
    assert texts(searcher.search(query("leave", groups=("hr",), filters=parse({"pay": 1})))) == ["leave hr"]
    shelf.put(chunk("leave new", "3", metadata={"city": "Leeds"}))
    assert texts(searcher.search(query("leave", filters=parse({"city": "Leeds"})))) == ["leave new"]


def test_chunks_of_other_revisions_are_left_out(shelf: Shelf) -> None:
    shelf.put(chunk("leave old", "1", revision="1"), chunk("leave two", "2"))
    shelf.put(chunk("leave new", "1", revision="2"), commit=False)
    assert sorted(texts(shelf.search())) == ["leave old", "leave two"]
    shelf.current["1"] = "2"
    assert sorted(texts(shelf.search())) == ["leave new", "leave two"]
    del shelf.current["1"]
    assert texts(shelf.search()) == ["leave two"]


def test_stale_chunks_do_not_take_the_places_of_others(shelf: Shelf) -> None:
    shelf.put(*(chunk("leave leave", "1", number, "1") for number in range(10)), commit=False)
    shelf.put(*(chunk(f"leave and {number}", "2", number) for number in range(5)))
    assert len(shelf.search(top_k=5, mode="bm25")) == 5


def test_a_document_replaced_between_ranking_and_reading_is_found_anew(shelf: Shelf) -> None:
    shelf.put(chunk("leave old", "1", revision="1"), chunk("leave two", "2"))

    def replace_it() -> None:
        shelf.put(chunk("leave new", "1", revision="2"))
        shelf.store.delete_stale({"1": "2"})

    shelf.on_look_up = [replace_it]
    assert sorted(texts(shelf.search())) == ["leave new", "leave two"]


@pytest.mark.parametrize("moment", range(7))
def test_a_document_committed_at_any_moment_is_seen_in_one_revision(shelf: Shelf, moment: int) -> None:
    """Half-written chunks share the first page with old ones, so that a second page is read, perhaps after a commit."""
    shelf.put(*(chunk("leave " + "office " * number, "1", number, "1") for number in range(6)))
    shelf.put(*(chunk("leave " + "office " * number, "1", number, "2") for number in range(6)), commit=False)
    shelf.put(*(chunk("leave " + "office " * number, "2", number, "1") for number in range(6)))
    shelf.on_look_up = [*[lambda: None] * moment, lambda: shelf.current.update({"1": "2"})]
    hits = shelf.search(top_k=8, mode="bm25")
    assert len(hits) == 8
    assert len({hit.chunk.revision for hit in hits if hit.chunk.document_id == "1"}) == 1


def test_without_stale_chunks_the_index_is_asked_once(shelf: Shelf) -> None:
    shelf.put(*(chunk(f"leave {number}", str(number)) for number in range(30)))
    assert len(shelf.search(top_k=10)) == 10
    assert shelf.look_ups == 1
