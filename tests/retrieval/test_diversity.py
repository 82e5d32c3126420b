"""Results that do not repeat themselves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import fingerprints
from retrieval.diversity import KEEP_ALL, DiverseSearcher, DiversityOptions, marginal
from retrieval.fingerprints import Filed, alike, fingerprint
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.types import Hit
from tests.fakes import HashEmbedder
from tests.retrieval.shelves import Row, hit, query, texts

EMBEDDER = HashEmbedder(dimension=64)
LONG = "Employees at the European sites have thirty working days of paid annual leave per calendar year"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeStore]:
    with closing(EdgeStore(tmp_path, Identity("hash", EMBEDDER.dimension), reserve=0)) as opened:
        yield opened


def diverse(store: EdgeStore, row: Row, options: DiversityOptions, top_k: int = 10) -> list[Hit]:
    return DiverseSearcher(row, store, options).search(query("leave", top_k))


def test_a_copy_of_a_better_hit_is_left_out(store: EdgeStore) -> None:
    row = Row([hit(LONG, 3, "a"), hit(f"  {LONG.upper()}.", 2, "b"), hit("Nothing like it", 1, "c")])
    assert texts(diverse(store, row, DiversityOptions())) == [LONG, "Nothing like it"]
    assert len(diverse(store, row, DiversityOptions(duplicates=1.0))) == 2
    assert len(diverse(store, row, KEEP_ALL)) == 3


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (f"{LONG} 2025", False),  # another number is another statement
        (f"{LONG} and more", True),
        ("Annual leave is thirty days", False),
        (LONG.replace("thirty", "twenty"), False),
        (LONG.replace("European", "American"), False),  # another name, too
        (f"{LONG} not", False),
        (LONG.upper(), True),
    ],
)
def test_near_copies(store: EdgeStore, other: str, same: bool) -> None:
    found = diverse(store, Row([hit(LONG, 2, "a"), hit(other, 1, "b")]), DiversityOptions(duplicates=0.8))
    assert len(found) == (1 if same else 2)


def test_numbers_that_occur_as_often_make_no_difference() -> None:
    assert alike(fingerprint("from 8 to 17:30 or 8"), fingerprint("From 8 to 17:30, or 8!")) == 1.0
    assert alike(fingerprint("limit 150"), fingerprint("limit 180")) == 0.0
    long = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)
    assert alike(fingerprint(f"{long} allowed"), fingerprint(f"{long} not allowed")) == 0.0
    assert alike(fingerprint(""), fingerprint("")) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("can", "cannot"),
        ("do", "don't"),
        ("is", "isn’t"),
        ("or", "nor"),
        ("either", "neither"),
        ("immer", "niemals"),
        ("entweder", "weder"),
        ("auch", "außer"),
        ("thirty", "forty"),
        ("fourteen", "fifteen"),
        ("dreißig", "vierzig"),
        ("einundzwanzig", "zweiundzwanzig"),
        ("zweihundert", "dreihundert"),
        ("erste", "dritte"),
        ("both", "most"),
    ],
)
def test_negations_and_numbers_in_words_tell_texts_apart(one: str, other: str) -> None:
    long = " ".join(f"wort{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)
    assert alike(fingerprint(f"{long} {one}"), fingerprint(f"{long} {other}")) == 0.0
    assert alike(fingerprint(f"done {long} {other}"), fingerprint(f"{long} {other}")) > 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at -20 °C", "at 20 °C"),
        ("at −20 °C", "at 20 °C"),
        ("costs 50 €", "costs 50 $"),
        ("costs €50", "costs £50"),
        ("5 % more", "5 more"),
        ("at ≤ 5 bar", "at ≥ 5 bar"),
        ("within 30 days", "within 30 hours"),
        ("within thirty days", "within thirty hours"),
        ("30 days or 20 hours", "20 days or 30 hours"),
        ("to store-de@example.com", "to store-fr@example.com"),
        ("see shop.example.com", "see shop.example.org"),
        ("is permitted", "is prohibited"),
        ("at most", "at least"),
        ("nach der", "vor der"),
        ("ist erlaubt", "ist verboten"),
        ("are refundable", "are non-refundable"),
        ("are refundable", "are nonrefundable"),
        ("30 euros per month", "30 euros per year"),
        ("30 euros a month", "30 euros a year"),
        ("30 euros per night", "30 euros per stay"),
        ("is charged monthly", "is charged yearly"),
        ("wird monatlich gezahlt", "wird jährlich gezahlt"),
        ("is increased", "is decreased"),
        ("is limited", "is unlimited"),
        ("are eligible", "are ineligible"),
        ("ist deutlich", "ist undeutlich"),
        ("was granted", "was refused"),
        ("they enable it", "they disable it"),
        ("is legal", "is illegal"),
        ("in advance", "in arrears"),
        ("by the buyer", "by the seller"),
    ],
)
def test_signs_units_addresses_and_opposites_tell_texts_apart(one: str, other: str) -> None:
    long = " ".join(f"wort{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)
    assert alike(fingerprint(f"{long} {one} {long}"), fingerprint(f"{long} {other} {long}")) == 0.0


@pytest.mark.parametrize(
    ("one", "other"), [("-20 °C", "−20 °C"), ("> 5", ">5"), ("8-17", "8–17"), ("> quoted", "quoted"), ("end.", "end")]
)
def test_other_marks_do_not(one: str, other: str) -> None:
    long = " ".join(f"wort{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)
    assert alike(fingerprint(f"{long} {one} {long}"), fingerprint(f"{long} {other} {long}")) > 0.9


@pytest.mark.parametrize(
    ("one", "other"), [("ein", "der"), ("eine", "jede"), ("test", "taste"), ("undenkbar", "deutlich")]
)
def test_other_words_do_not(one: str, other: str) -> None:
    long = " ".join(f"wort{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)
    assert alike(fingerprint(f"{long} {one}"), fingerprint(f"{long} {other}")) > 0.9


def test_no_document_crowds_out_the_others(store: EdgeStore) -> None:
    row = Row([hit(f"text {n}", 9 - n, "a" if n < 5 else "b") for n in range(8)])
    found = diverse(store, row, DiversityOptions(None, per_document=2), top_k=4)
    assert texts(found) == ["text 0", "text 1", "text 5", "text 6"]


def test_what_is_left_out_is_made_up_for(store: EdgeStore) -> None:
    row = Row([hit(LONG, 99, str(n)) for n in range(30)] + [hit(f"other {n}", n, "x") for n in range(9, 0, -1)])
    found = diverse(store, row, DiversityOptions(), top_k=5)
    assert texts(found) == [LONG, "other 9", "other 8", "other 7", "other 6"]
    assert row.asked == [10, 20, 40]
    few = Row([hit(LONG, 2, "a"), hit(LONG, 1, "b")])
    assert len(diverse(store, few, DiversityOptions(), top_k=5)) == 1
    assert few.asked == [10]  # there are no more


def test_what_is_nothing_but_copies_is_looked_through_to_an_end(store: EdgeStore) -> None:
    row = Row([hit(f"{LONG} in group {n % 300}", 9000 - n, str(n)) for n in range(9000)])
    assert len(diverse(store, row, DiversityOptions(), top_k=400)) == 300
    assert row.asked == [800, 1600, 2000]
    assert len(diverse(store, Row(row.hits[:5000]), DiversityOptions(), top_k=1000)) == 300


def test_few_are_compared_with_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    filed, compared = Filed(0.9), Counter[str]()

    def overlap(one: object, other: object) -> float:
        compared["pairs"] += 1
        return 0.0

    monkeypatch.setattr(fingerprints, "_overlap", overlap)
    for n in range(200):
        filed.add_new(fingerprint(f"Room {n}: {LONG}"))
        filed.add_new(fingerprint(f"Dear Guest{chr(97 + n // 26)}{chr(97 + n % 26)}, {LONG}"))
        filed.add_new(fingerprint(" ".join(f"{letter}{'x' * n}" for letter in "abcdefghijklmnop")))
    assert compared["pairs"] < 10


@given(st.lists(st.text("ab A1-", min_size=0, max_size=30), max_size=12), st.floats(0.05, 1))
def test_each_copy_of_one_before_is_noticed(rows: list[str], threshold: float) -> None:
    filed, kept = Filed(threshold), list[fingerprints.Fingerprint]()
    for one in map(fingerprint, rows):
        new = not any(alike(one, other) >= threshold for other in kept)
        assert filed.add_new(one) == new
        kept += [one] if new else []


def test_the_order_is_kept_and_the_number_too(store: EdgeStore) -> None:
    row = Row([hit(f"text number {n}", 20 - n, str(n)) for n in range(20)])
    assert diverse(store, row, DiversityOptions(), top_k=7) == list(row.hits[:7])


def test_relevance_gives_way_to_novelty(store: EdgeStore) -> None:
    hits = [hit("leave office", 1.0, "a"), hit("leave office now", 0.9, "b"), hit("pension plan", 0.5, "c")]
    store.upsert([one.chunk for one in hits], EMBEDDER.embed_documents([one.chunk.text for one in hits]))
    order = {share: texts(diverse(store, Row(hits), DiversityOptions(None, mmr=share))) for share in (1.0, 0.4)}
    assert order[1.0] == ["leave office", "leave office now", "pension plan"]
    assert order[0.4] == ["leave office", "pension plan", "leave office now"]


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=12), st.floats(0, 1), st.integers(0, 99))
def test_marginal_relevance_orders_every_row_once(scores: list[float], share: float, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(scores), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = marginal(sorted(scores, reverse=True), vectors, share)
    assert sorted(order) == list(range(len(scores)))
    if share == 1.0:
        assert [sorted(scores, reverse=True)[row] for row in order] == sorted(scores, reverse=True)
