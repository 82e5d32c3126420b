"""How handbooks, price lists and minutes put things, and what follows from them and what does not."""

from dataclasses import replace

import pytest

from generation.citations import Statement
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit

VERIFIER = PassageVerifier(Bm25Encoder().terms, THRESHOLDS)
PLANS = "| Plan | Price | SSO |\n|---|---|---|\n| Basic | €10 | – |\n| Plus | €25 | no |\n| Pro | €60 | ✓ |"
COSTS = "| Cost | Reimbursed |\n|---|---|\n| Hotel | ✅ |\n| Minibar | ✗ |\n| Taxi | - |\n| Parking | n/a |"


def supported(sentence: str, passage: str, headings: tuple[str, ...] = ()) -> bool:
    """The title holds no number, which words such as "a month" would find there."""
    found = hit(passage, headings=headings)
    found = replace(found, chunk=replace(found.chunk, title="Handbook", context="Handbook"))
    return VERIFIER.verify(Statement(sentence, (1,)), [found], "").supported


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (PLANS, "The Basic plan does not include SSO.", "The Basic plan includes SSO."),
        (PLANS, "The Pro plan includes SSO.", "The Pro plan does not include SSO."),
        (PLANS, "The Basic plan costs €10.", "The Basic plan costs €25."),
        (PLANS, "| Basic | €10 | – |.", "| Basic | €10 | ✓ |."),
        (COSTS, "The minibar is not reimbursed.", "The minibar is reimbursed."),
        (COSTS, "Parking is not reimbursed.", "Parking is reimbursed."),
        (COSTS, "The hotel is reimbursed.", "The hotel is not reimbursed."),
    ],
)
def test_signs_in_cells_say_yes_and_no(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


@pytest.mark.parametrize(
    ("passage", "headings", "right", "wrong"),
    [
        (
            "Exclusions:\n\n- damage by frost\n- damage by mice",
            (),
            "Damage by mice is not covered.",
            "Damage by mice is covered.",
        ),
        (
            "- damage by frost\n- damage by mice",
            ("Insurance", "Exclusions"),
            "Damage by frost is not covered.",
            "Damage by frost is covered.",
        ),
        (
            "Out of scope:\n\n- installation on site\n- training of staff",
            (),
            "Training of staff is not in the scope.",
            "Training of staff is in the scope.",
        ),
        (
            "- parking fines\n- minibar",
            ("Non-reimbursable costs",),
            "Parking fines are not reimbursed.",
            "Parking fines are reimbursed.",
        ),
        (
            "Reimbursable costs:\n\n- taxi fares\n- hotel rooms",
            (),
            "Taxi fares are reimbursed.",
            "Taxi fares are not reimbursed.",
        ),
        (
            "Exclusions, which the policy does not cover:\n\n- damage by frost",
            (),
            "Damage by frost is not covered.",
            "Damage by frost is covered.",
        ),
    ],
)
def test_headings_that_exclude(passage: str, headings: tuple[str, ...], right: str, wrong: str) -> None:
    assert supported(right, passage, headings)
    assert not supported(wrong, passage, headings)


@pytest.mark.parametrize("lead", ["Exclusions:", "Out of scope:", "Non-reimbursable costs:", "We do not cover:"])
def test_an_item_below_what_excludes_it_says_the_opposite_alone(lead: str) -> None:
    passage = f"{lead}\n\n- damage by frost\n- training of staff"
    assert not supported("- damage by frost", passage)
    assert supported(f"{lead.rstrip(':')} damage by frost.", passage)
    assert supported("- damage by frost", passage.replace(lead, "Covered:"))


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (
            "The workshop takes place from 10–12 June 2025.",
            "The workshop starts on 10 June 2025.",
            "The workshop starts on 10 June 2024.",
        ),
        ("The workshop takes place on 3 and 4 March.", "The workshop starts on 3 March.", "It starts on 2 March."),
        ("The desk is staffed from 6–8 pm.", "The desk is staffed from 6 pm to 8 pm.", "It is staffed from 7 to 8 pm."),
        ("The pool is open from 7 to 9 pm.", "The pool opens at 7 pm.", "The pool opens at 8 pm."),
        ("The pool is open from 7:30 to 9 pm.", "The pool opens at 19:30.", "The pool opens at 19:00."),
        ("The contract ends on 15-Mar-2025.", "It ends on 15 March 2025.", "It ends on 15 March 2026."),
        ("The contract ends on 15.03.25.", "The contract ends on 15 March 2025.", "It ends on 15 April 2025."),
        ("The contract ends on 31/12/24.", "The contract ends on 31 December 2024.", "It ends on 31 December 2023."),
    ],
)
def test_days_and_hours_in_short(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


PEOPLE = "Tom Reed earns €30 per hour. Anna Berg earns €45 per hour. Jan Moss has worked here for 12 years."


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (PLANS, "The Basic plan costs €10 and the Pro plan €60.", "The Basic plan costs €60 and the Pro plan €10."),
        (PLANS, "Plus costs €25, Pro €60.", "Plus costs €25, Pro €10."),
        (PLANS, "Basic costs €10, Plus €25 and Pro €60.", "Basic costs €10, Plus €60 and Pro €25."),
        (PLANS, "The Basic plan costs €10 and the Plus plan €25.", "The Basic plan costs €10 and €25."),
        (PEOPLE, "Tom Reed earns €30 and Anna Berg €45.", "Tom Reed earns €45 and Anna Berg €30."),
        (PEOPLE, "Tom Reed earns €30 and Anna Berg €45.", "Tom Reed earns €30 and has worked here for 12 years."),
        (
            "Women wait 12 weeks between donations. Men wait only 9.",
            "Women wait 12 weeks between donations, men only 9.",
            "Men wait 12 weeks between donations, women only 9.",
        ),
    ],
)
def test_one_clause_over_several_rows(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


def test_the_line_above_a_table_says_what_its_rows_are_about() -> None:
    table = "Parking fees per month:\n\n| Zone | Fee |\n|---|---|\n| A | €40 |\n| B | €55 |"
    assert supported("Parking in zone B costs €55 per month.", table)
    assert not supported("Parking in zone B costs €55 per day.", table)
    assert not supported("Parking in zone B costs €40 per month.", table)


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (
            "Goods may be returned within 30 days of delivery.",
            "Goods may not be returned after 30 days.",
            "Goods may be returned after 30 days.",
        ),
        (
            "Refunds are not available after 30 days.",
            "Refunds are only available within 30 days.",
            "Refunds are not available within 30 days.",
        ),
        (
            "Employees may join the pension scheme after 6 months of service.",
            "The pension scheme may be joined after six months.",
            "Employees may join the pension scheme within 6 months of service.",
        ),
        (
            "The bank answers within ten business days.",
            "The bank answers within ten days.",
            "The bank answers within ten calendar days.",
        ),
        (
            "Refunds are paid within 14 calendar days.",
            "Refunds are paid within two weeks.",
            "Refunds are paid within 14 working days.",
        ),
        (
            "Claims must be filed within 7 days of the accident.",
            "Claims must be filed within a week of the accident.",
            "Claims must be filed within a month of the accident.",
        ),
        (
            "Complaints are answered in less than 12 months.",
            "Complaints are answered in less than a year.",
            "Complaints are answered in less than a week.",
        ),
    ],
)
def test_lengths_of_time(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (
            "The budget was cut from €50,000 to €40,000.",
            "The budget was €50,000 before the cut.",
            "The budget is now €50,000.",
        ),
        ("The rate was increased from 5% to 7%.", "The rate is now 7%.", "The rate is now 5%."),
        ("The board moved the limit from 20 to 25 users.", "The limit is 25 users.", "The limit is 20 users."),
    ],
)
def test_what_was_before_a_change_is_no_more(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


def test_both_ends_of_a_range_hold() -> None:
    assert supported("Rooms for 20 people are available.", "Rooms for from 20 to 25 people are available.")


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (
            "We aim to answer every complaint within 2 days.",
            "The aim is to answer every complaint within 2 days.",
            "Every complaint is answered within 2 days.",
        ),
        (
            "The committee recommends closing the Leeds office.",
            "The committee recommends that the Leeds office be closed.",
            "The Leeds office is closed.",
        ),
        (
            "Klaus asked whether the office closes on Friday.",
            "Klaus asked if the office closes on Friday.",
            "The office closes on Friday.",
        ),
    ],
)
def test_aims_and_questions_are_no_facts(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)
