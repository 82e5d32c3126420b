"""Where statements of a streamed answer end."""

from collections.abc import Sequence
from time import thread_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generation.citations import Statement
from generation.streaming import Draft, DraftReader


def read(*pieces: str, passages: Sequence[str] = ()) -> list[Draft]:
    reader = DraftReader(passages)
    found = [draft for piece in pieces for draft in reader.feed(piece)]
    return found + reader.end()


def said(*pieces: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(draft.statement.text, draft.statement.markers) for draft in read(*pieces)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Leave is 14 days. [1] It is paid. [2]", [("Leave is 14 days.", (1,)), ("It is paid.", (2,))]),
        ("Leave is 14 days [1]. It is paid [2].", [("Leave is 14 days.", (1,)), ("It is paid.", (2,))]),
        ("Leave is 14 days.[1][3] It is paid [2, 4]", [("Leave is 14 days.", (1, 3)), ("It is paid", (2, 4))]),
        ("One thing. Another thing. [2]", [("One thing.", (2,)), ("Another thing.", (2,))]),
        ("No marker at all", [("No marker at all", ())]),
        ("First line\nSecond line [1]", [("First line", ()), ("Second line", (1,))]),
        ("A line\n[1]\nNext [2]", [("A line", (1,)), ("Next", (2,))]),
        ("- one [1]\n- two [2]\n", [("- one", (1,)), ("- two", (2,))]),
        ("\nThe deposit [1] is 20 euros.", [("The deposit is 20 euros.", (1,))]),
        ("[1]", []),
        ("  \n ", []),
        ("", []),
        ("It costs 3.50 EUR [1].", [("It costs 3.50 EUR.", (1,))]),
        ("Is it so? [1] [1]", [("Is it so?", (1,))]),
        ("The deposit [1] is 20 euros [2].", [("The deposit is 20 euros.", (1, 2))]),
        (
            "It opens [1], it closes [2], and so on.\nD [3].",
            [("It opens, it closes, and so on.", (1, 2)), ("D.", (3,))],
        ),
        (
            "According to [1], it opens at nine [2]. It closes [2].",
            [("It opens at nine.", (1, 2)), ("It closes.", (2,))],
        ),
        ("Fees apply (see [2]) at night [1].", [("Fees apply at night.", (2, 1))]),
        ("It opens at nine ([1]). It closes. [2]", [("It opens at nine.", (1,)), ("It closes.", (2,))]),
        ("It opens at nine [1-3].", [("It opens at nine.", (1, 2, 3))]),
        ("办公室九点开门[1]。六点关门[2]。", [("办公室九点开门。", (1,)), ("六点关门。", (2,))]),
        (
            "You need:\n- one\n- two [2]\nNo more.",
            [(t, (2,)) for t in ("You need:", "- one", "- two")] + [("No more.", ())],
        ),
        (
            "You need:\n- one\n- two\nNo more. [1]",
            [(t, ()) for t in ("You need:", "- one", "- two")] + [("No more.", (1,))],
        ),
    ],
)
def test_what_a_statement_is(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert said(text) == expected
    assert said(*text) == expected


def test_a_statement_is_given_when_the_next_begins() -> None:
    reader = DraftReader()
    assert reader.feed("Leave is 14 days. [1]") == []
    assert reader.feed("[2]") == []
    assert reader.feed(" It") == [Draft(Statement("Leave is 14 days.", (1, 2)), "")]
    assert reader.feed(" is paid. [3]") == []
    assert reader.end() == [Draft(Statement("It is paid.", (3,)), " ")]


def test_lines_stay_lines() -> None:
    drafts = read("Two things:\n- one [1]\n- two. And more [2]")
    shown = "Two things: [1]\n- one [1]\n- two. [2] And more [2]"
    assert "".join(draft.before + draft.text for draft in drafts) == shown


def test_a_lead_that_denies_belongs_to_its_items() -> None:
    drafts = read(
        "Staff may not: [1]\n- smoke. It harms. [1]\n- sleep\n- dance [1]\n\nVisitors may not:\nAsk first. [2]"
    )
    claims = ["Staff may not smoke.", "It harms.", "Staff may not sleep", "Staff may not dance"]
    assert [one.claim.text for one in drafts] == [*claims, "Visitors may not:", "Ask first."]
    assert [one.claim.markers for one in drafts] == [(1,)] * 4 + [(), (2,)]


@pytest.mark.parametrize("lead", ["Exclusions:", "Out of scope:", "Open daily except:"])
def test_a_lead_that_denies_without_a_negation_belongs_to_its_items(lead: str) -> None:
    (draft,) = read(f"{lead}\n- fire [1]\n")
    assert draft.claim.text == f"{lead.rstrip(':')} fire"


@pytest.mark.parametrize(
    "pieces",
    [
        ["The limit is 5", *["        "] * 512],
        ["\n\n"] * 2048,
        ["word "] * 4096,
        ["A short line of words\n" * 4096],
        ["[", " " * 60] * 512,
        ["| a |\n|", "--- " * 4096, "x\n"],
    ],
    ids=["blanks", "lines", "words", "piece", "brackets", "rule"],
)
def test_reading_takes_as_long_as_the_answer_is(pieces: list[str]) -> None:
    started = thread_time()
    read(*pieces)
    assert thread_time() - started < 2


def test_lines_that_are_far_apart_are_two() -> None:
    text = f"One.{' ' * 40}\n{' ' * 40}Two.{' ' * 40}Three. [1]"
    assert said(text) == said(*text) == [("One.", ()), ("Two.", (1,)), ("Three.", (1,))]


PARTS = [
    "Alpha beta",
    ".",
    " ",
    "[1]",
    "[12]",
    "\n",
    "[",
    "]",
    "3.5",
    ",",
    "x",
    " " * 20,
    *"()【】\\`|¹",
    "passage ",
    "|-",
]


@given(st.lists(st.sampled_from(PARTS)))
@example(["\n", "x", "[1]", " ", "x"])
@example(["\n", " ", "\n", "Alpha beta", "[1]", ",", "Alpha beta"])
def test_pieces_do_not_matter_and_nothing_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    assert read(*text) == read(text)
    words = "".join(draft.statement.text for draft in read(text))
    assert words.count("Alpha beta") == text.count("Alpha beta")
    assert words.count("x") == text.count("x")
