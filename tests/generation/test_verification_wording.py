"""Ways to say the same, and ways to say something else in nearly the same words."""

from dataclasses import replace

import pytest

from generation.citations import Statement
from generation.types import Verdict
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit

VERIFIER = PassageVerifier(Bm25Encoder().terms, THRESHOLDS)


def judge(sentence: str, passage: str, headings: tuple[str, ...]) -> Verdict:
    return VERIFIER.verify(Statement(sentence, (1,)), [hit(passage, headings=headings)], "")


@pytest.mark.parametrize(
    ("sentence", "passage", "headings"),
    [
        (
            "The insurance does not cover dental treatment.",
            "The insurance does not cover:\n\n- dental treatment\n- glasses and lenses",
            (),
        ),
        (
            "Dental treatment is not covered by the insurance.",
            "- dental treatment\n- glasses",
            ("Insurance", "What is not covered"),
        ),
        (
            "Smoking in rooms is forbidden.",
            "The following is forbidden in the house:\n\n1. Smoking in rooms\n2. Pets",
            (),
        ),
        ("The bottle holds 500 ml of water.", "The bottle holds 500ml of water.", ()),
        ("The fee is 200 euros.", "The fee is two hundred euros.", ()),
        ("The deposit is not refundable.", "The deposit is non-refundable.", ()),
        ("No costs are reimbursed for private trips.", "Costs for private trips are not reimbursed.", ()),
        ("Bus 7 goes to the airport.", "Bus no. 7 goes to the airport.", ()),
        ("The library is open until 6 pm.", "The library closes at 6 pm.", ()),
        ("The museum is closed until May for renovation.", "The museum is closed for renovation until May.", ()),
        ("Visitors with a disability pay half price.", "Disabled visitors pay half price.", ()),
        ("The course starts on 5 May 2025 in room 4.", "The course starts on 2025-05-05 in room 4.", ()),
        ("Late returners pay a fine of 20 euros.", "Late returners must pay a penalty of 20 euros.", ()),
        ("The office is to the left of the entrance.", "The office can be found to the left of the entrance.", ()),
        ("The hotel does not have a garden.", "The hotel has no garden, so guests must use the park.", ()),
        ("The bar closes at 12 am.", "The bar closes at midnight.", ()),
        ("It opens at 9:30.", "It opens at 9.30.", ()),
        ("2. Unplug it.", "Switch off the machine. Unplug it.", ()),
        ("3. Unplug the cable at the wall.", "Unplug the cable at the wall.", ()),
        ("Bay 4E is free.", "Bay 4E is free for all.", ()),
        ("14. März 2025.", "Die Frist endet am 14. März 2025.", ()),
    ],
)
def test_the_same_in_other_words(sentence: str, passage: str, headings: tuple[str, ...]) -> None:
    assert judge(sentence, passage, headings).reason == ""


@pytest.mark.parametrize(
    ("sentence", "passage", "headings"),
    [
        (
            "The insurance covers dental treatment.",
            "The insurance does not cover:\n\n- dental treatment\n- glasses and lenses",
            (),
        ),
        (
            "The insurance covers dental treatment.",
            "- dental treatment\n- glasses",
            ("Insurance", "What is not covered"),
        ),
        (
            "Smoking in rooms is allowed.",
            "The following is forbidden in the house:\n\n1. Smoking in rooms\n2. Pets",
            (),
        ),
        ("Rauchen ist auf dem Balkon erlaubt.", "Nicht erlaubt ist:\n\n- Rauchen auf dem Balkon\n- Grillen", ()),
        ("The bottle holds 750ml of water.", "The bottle holds 500 ml of water.", ()),
        ("The guided tour lasts 2½ hours.", "The guided tour lasts 3 hours.", ()),
        (
            "Each household receives two thousand euros from the city fund.",
            "Each household receives two hundred euros from the city fund.",
            (),
        ),
        ("The deposit is refundable.", "The deposit is non-refundable.", ()),
        ("The pool is for smokers.", "The pool is for non-smokers.", ()),
        ("Managers may open the safe.", "Not even managers may open the safe.", ()),
        ("Costs are reimbursed for private trips.", "No costs are reimbursed for private trips.", ()),
        (
            "A fee is due if the booking is cancelled in time.",
            "A fee is due if the booking is not cancelled in time.",
            (),
        ),
        ("A fee is due if the booking is cancelled in time.", "A fee is due if not cancelled in time.", ()),
        ("The bar closes at 12 am.", "The bar closes at 12 pm.", ()),
        ("Bay 4E is free.", "Bay 4F is free.", ()),
        ("15. März 2025.", "Die Frist endet am 14. März 2025.", ()),
        (
            "Frau Schmidt leitet die Abteilung und die Logistik.",
            "Frau Müller leitet die Abteilung und die Logistik.",
            (),
        ),
        ("Smith moved to Des Moines in 1990.", "Jones moved to Des Moines in 1990.", ()),
    ],
)
def test_something_else_in_like_words(sentence: str, passage: str, headings: tuple[str, ...]) -> None:
    assert not judge(sentence, passage, headings).supported


@pytest.mark.parametrize("title", ["Handbook", "Travel rates | ACME"])
def test_a_title_with_a_bar_is_no_header(title: str) -> None:
    table = "| City | Daily allowance | Hotel limit |\n| --- | --- | --- |\n| London | 52 | 200 |"
    one = hit(table)
    found = replace(one, chunk=replace(one.chunk, title=title, context=title))
    assert VERIFIER.verify(Statement("The hotel limit in London is 200.", (1,)), [found], "").supported
    assert not VERIFIER.verify(Statement("The hotel limit in London is 52.", (1,)), [found], "").supported


def test_long_lists_are_read_quickly() -> None:
    """Once it took the square of the items squared."""
    items = ", ".join(f"Member{chr(97 + number % 26)}{number}" for number in range(300))
    assert judge(f"The members are {items}.", f"Members: {items}.", ()).supported
