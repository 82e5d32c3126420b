"""Follow-ups that rules complete, and questions that they leave alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.queries.followups import carried_over

LIMIT = "What is the hotel limit per night in Singapore?"
ALARM = "What should employees in Leeds do when the fire alarm sounds?"
ADVANCE = "How many days in advance must I book a trip?"
LEAVE = "How many days of leave do trainees have?"


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        ((LIMIT,), "And in Leeds?", "What is the hotel limit per night in Leeds?"),
        ((LIMIT,), "what about Leeds?", "What is the hotel limit per night in Leeds?"),
        ((LIMIT,), "For managers?", "What is the hotel limit per night in Singapore for managers?"),
        ((LIMIT, "And in Leeds?"), "And in Porto?", "What is the hotel limit per night in Porto?"),
        (("Who is paid in May, and when?",), "In June?", "Who is paid in June, and when?"),
        ((LIMIT, "And in Leeds?"), "Who approves it?", "Who approves it (hotel limit night Leeds)?"),
        ((LIMIT,), "And if I lose it?", "if I lose it (hotel limit night Singapore)?"),
        ((ALARM,), "And in Bremen?", "What should employees in Bremen do when the fire alarm sounds?"),
        ((ADVANCE,), "And in Bremen?", "How many days in advance must I book a trip in Bremen?"),
        ((ADVANCE,), "And in summer?", "How many days in advance must I book a trip in summer?"),
        (("Who helps in Leeds when it rains?",), "And in Bremen?", "Who helps in Bremen when it rains?"),
        (("What do the rules for managers say?",), "And for interns?", "What do the rules for interns say?"),
        (("Who is the contact in Leeds and Porto?",), "In New York?", "Who is the contact in New York?"),
        (("What was the limit in Leeds?",), "And in 2024?", "What was the limit in Leeds in 2024?"),
        (("What was it in 2023 in Leeds?",), "And in 2024?", "What was it in 2024 in Leeds?"),
        (("What does it cost in the old office?",), "And in Leeds?", "What does it cost in Leeds?"),
        (("What is the limit in Singapore?",), "and in leeds?", "What is the limit in leeds?"),
        (("What are the fees at the Leeds branch?",), "At the Porto branch?", "What are the fees at the Porto branch?"),
        (("Who is paid in May and who pays?",), "And in June?", "Who is paid in June and who pays?"),
        ((LIMIT,), "Since when?", "Since when (hotel limit night Singapore)?"),
        ((LEAVE,), "What about apprentices?", "apprentices (days leave trainees)?"),
        ((LEAVE,), "Can they carry them over?", "Can they carry them over (days leave trainees)?"),
        ((LIMIT,), "Is there a deadline?", "Is there a deadline (hotel limit night Singapore)?"),
        ((LIMIT,), "How much is a suite?", "How much is a suite (hotel limit night Singapore)?"),
        ((LIMIT,), "Why not in Leeds?", "Why not in Leeds (hotel limit night Singapore)?"),
        (("Who is the safety officer?",), "What is his phone number?", "What is his phone number (safety officer)?"),
    ],
)
def test_what_is_left_out_is_taken_over(before: tuple[str, ...], question: str, completed: str) -> None:
    assert carried_over(question, before) == completed


@pytest.mark.parametrize(
    "question",
    [
        "Who is the safety officer in Bremen?",
        "Is it allowed to bring pets to the office?",
        "How long does it take to get a new laptop?",
        "Do employees who lose their badge have to pay?",
        "Is there a canteen?",
        "Do I need a visa?",
        "Who is the CEO?",
        "What is GDPR?",
        "Are there leave days that do not expire?",
        "What changes this year for home working?",
        "During probation, how much notice must I give?",
        "after sales support in Porto",
        "So I would like to know who approves the travel expenses of my colleagues.",
        "VPN",
        "parental leave",
        "",
    ],
)
def test_what_stands_alone_is_left_alone(question: str) -> None:
    assert carried_over(question, (LIMIT,)) == question


WORDS = ("and", "in", "it", "what", "about", "who", "approves", "Leeds", "leave", "of", "they", "?", "42", "(a)", "\n")
words = st.lists(st.sampled_from(WORDS), max_size=8)


@given(st.lists(words.map(" ".join), max_size=4), words.map(" ".join))
def test_whatever_is_asked_stays_in_it(before: list[str], question: str) -> None:
    completed = carried_over(question, before)
    assert len(completed) < sum(map(len, before)) + len(question) + 20 * (len(before) + 1)
    assert carried_over(question, []) == question
    for word in question.split():
        assert word.strip("?()").casefold() in completed.casefold() or word in ("and", "what", "about")


def test_a_long_row_of_dots_takes_no_time() -> None:
    before = time.process_time()
    assert "Kapitel" in carried_over("And what is it?", ["Kapitel 3 " + "." * 20_000 + " 17"])
    assert time.process_time() - before < 1
