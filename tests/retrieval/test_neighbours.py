"""Hits with what stands before and after them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.types import Chunk, joined_text
from retrieval import neighbours
from retrieval.neighbours import NeighbourSearcher
from retrieval.types import Hit, Query
from tests.ingest.workshop import Workshop, write
from tests.retrieval.shelves import Row, texts

PARTS = [f"part{number} " + "word " * 9 + f"end{number}." for number in range(6)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with Workshop(tmp_path / "shop") as opened:
        text = "# One\n\n" + "\n\n".join(PARTS[:4]) + "\n\n# Two\n\n" + "\n\n".join(PARTS[4:])
        opened.run(write(opened.folder / "docs", {"a.txt": text}))
        yield opened


def grown(shop: Workshop, reach: int, *positions: int) -> list[Hit]:
    """The chunks of these positions as hits, best first, with their neighbours."""
    chunks = {chunk.position: chunk for chunk in shop.found("word")}
    row = Row([Hit(chunks[position], 1.0 / rank) for rank, position in enumerate(positions, start=1)])
    searcher = NeighbourSearcher(row, shop.store, lambda key: joined_text(shop.catalog.sections(key)), reach)
    found = searcher.search(Query("word", "default", "acme"))
    for hit in found:
        document = joined_text(shop.catalog.sections(hit.chunk.document_id))
        assert document[hit.chunk.char_start : hit.chunk.char_end] == hit.chunk.text
    return found


def names(hit: Hit) -> list[int]:
    return [number for number in range(6) if f"part{number} " in hit.chunk.text]


def test_a_hit_grows_on_both_sides(shop: Workshop) -> None:
    assert [names(one) for one in grown(shop, 1, 1)] == [[0, 1, 2]]
    assert [names(one) for one in grown(shop, 0, 1)] == [[1]]
    assert [names(one) for one in grown(shop, 9, 0)] == [[0, 1, 2, 3]]


def test_it_stays_in_its_section(shop: Workshop) -> None:
    (hit,) = grown(shop, 2, 4)
    assert names(hit) == [4, 5]
    assert hit.chunk.headings == ("Two",)


def test_hits_that_meet_become_one_at_the_better_rank(shop: Workshop) -> None:
    found = grown(shop, 1, 5, 0, 2)
    assert [names(one) for one in found] == [[4, 5], [0, 1, 2, 3]]
    assert found[1].score == 1 / 2


def test_only_what_the_reader_may_read_is_shown(shop: Workshop) -> None:
    chunks = [replace(chunk, groups=("hr",)) if chunk.position == 2 else chunk for chunk in shop.found("word")]
    shop.store.upsert(chunks, shop.embedder.embed_documents([chunk.indexed_text for chunk in chunks]))
    (hit,) = grown_of(shop, next(chunk for chunk in chunks if chunk.position == 1))
    assert names(hit) == [0, 1]


def grown_of(shop: Workshop, chunk: Chunk) -> list[Hit]:
    searcher = NeighbourSearcher(
        Row([Hit(chunk, 1.0)]), shop.store, lambda key: joined_text(shop.catalog.sections(key))
    )
    return searcher.search(Query("word", "default", "acme"))


def test_nothing_found(shop: Workshop) -> None:
    assert texts(grown(shop, 1)) == []


def test_a_window_is_made_once_for_each_hit(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    made, window = list[int](), neighbours._window

    def counted(start: Chunk, around: dict[str, Chunk], reach: int) -> dict[int, Chunk]:
        made.append(start.position)
        return window(start, around, reach)

    monkeypatch.setattr(neighbours, "_window", counted)
    assert [names(one) for one in grown(shop, 1, 3, 4, 0, 5)] == [[2, 3], [4, 5], [0, 1]]
    assert sorted(made) == [0, 3, 4, 5]
