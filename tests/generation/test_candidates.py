"""What of a passage may be quoted, and under which lines a reader would see it."""

from dataclasses import replace
from typing import Literal

import pytest

from generation.candidates import Candidate, candidates
from tests.generation.passages import hit


def of(
    text: str, context: str = "Handbook", kind: Literal["text", "table"] = "text", headings: tuple[str, ...] = ()
) -> list[Candidate]:
    one = hit(text, headings=headings)
    found = candidates([replace(one, chunk=replace(one.chunk, context=context, kind=kind))])
    assert all(text[candidate.start : candidate.end] == candidate.text for candidate in found)
    return found


def texts(found: list[Candidate]) -> list[str]:
    return [candidate.text for candidate in found]


def test_sentences_without_headings_and_questions() -> None:
    found = of("Leave\nIt is thirty days. Why?\n\nIt is law.\n\n---", headings=("Leave",))
    assert texts(found) == ["It is thirty days.", "It is law."]
    assert [one.context for one in found] == ["Handbook", "Handbook\nWhy?"]


@pytest.mark.parametrize(
    "question",
    [
        "问：全职员工每年有多少天年假？",
        "كم عدد أيام الإجازة؟",
        "Πόσες μέρες άδειας έχουμε\u037e",
        "*How many days?*",
        "**Q: Is it paid?**",
        "(Is it paid?)",
        "“Is it paid?”",
    ],
)
def test_questions_in_any_script_and_type(question: str) -> None:
    found = of(f"{question}\n\nIt is thirty days.")
    assert [(one.text, one.context) for one in found] == [("It is thirty days.", f"Handbook\n{question}")]


@pytest.mark.parametrize("statement", ["It is free (why not?)", 'The form asks "Is it paid?"'])
def test_a_statement_may_end_with_a_question(statement: str) -> None:
    assert texts(of(statement)) == [statement]


def test_prose_with_a_pipe_can_be_quoted() -> None:
    found = of("Run `journalctl | tail -n 50` on the host. The log is kept for 30 days.")
    assert texts(found) == ["Run `journalctl | tail -n 50` on the host.", "The log is kept for 30 days."]


@pytest.mark.parametrize("kind", ["text", "table"])
def test_a_table_with_a_header(kind: Literal["text", "table"]) -> None:
    found = of("| Plan | Note |\n| --- | --- |\n| Basic | new |\n| Gold | old |", kind=kind)
    assert texts(found) == ["| Basic | new |", "| Gold | old |"]
    assert {one.context for one in found} == {"Handbook\n| Plan | Note |"}


def test_a_table_without_a_header() -> None:
    found = of("Emergency number | 112\nPolice | 110")
    assert texts(found) == ["Emergency number | 112", "Police | 110"]
    assert {one.context for one in found} == {"Handbook"}


def test_a_first_row_that_holds_values_can_be_quoted_even_where_the_format_makes_it_the_header() -> None:
    first, second = of("| Emergency number | 112 |\n| --- | --- |\n| Police | 110 |", kind="table")
    assert (first.text, first.context) == ("| Emergency number | 112 |", "Handbook")
    assert (second.text, second.context) == ("| Police | 110 |", "Handbook\n| Emergency number | 112 |")


@pytest.mark.parametrize("kind", ["text", "table"])
def test_a_table_that_began_in_an_earlier_chunk(kind: Literal["text", "table"]) -> None:
    context = "Handbook\n| Plan | Price |"
    found = of("| n/a | none |\n| Basic | 10 |\n\n| Room | Seats |\n| A | 4 |", context, kind)
    assert texts(found) == ["| n/a | none |", "| Basic | 10 |", "| A | 4 |"]
    assert [one.context for one in found] == [context, context, f"{context}\n| Room | Seats |"]


def test_a_line_inside_a_table_is_read_under_its_header() -> None:
    found = of("Plan | Price\nBasic | 10\n(a year)\nGold | 20\n\nAsk HR.")
    assert texts(found) == ["Basic | 10", "(a year)", "Gold | 20", "Ask HR."]
    assert [one.context for one in found] == ["Handbook\nPlan | Price"] * 3 + ["Handbook"]


@pytest.mark.parametrize(
    "text", ["Thanks, Gwilym", "Dear Ms. Okonjo,", "Dear all,", "Kind regards\nM. Okonjo", "Hallo zusammen!", "Cheers"]
)
def test_greetings_are_not_quoted(text: str) -> None:
    assert [one.text for one in candidates([hit(f"{text}\n\nThe desk is open.")])] == ["The desk is open."]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks to the rain the site was closed.",
        "Dear customers get a discount.",
        "Best wishes are sent in May.",
        "Liebe ist kein Kriterium.",
        "Hello World",
        "Best Wishes Cards",
        "Yusuf Brandreth\nChief Pharmacist, ext. 2201",
    ],
)
def test_sentences_that_begin_like_greetings_are(text: str) -> None:
    assert [one.text for one in candidates([hit(text)])] == [text]
