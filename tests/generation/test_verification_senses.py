"""What is right though literally something changed, and what is wrong though literally it hardly did."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from generation.citations import Statement
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit


class Sure:
    """Believes every sentence, so that the literal checks alone decide."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.ones(len(pairs), np.float32)


VERIFIER = PassageVerifier(Bm25Encoder().terms, THRESHOLDS, Sure())


def supported(sentence: str, passage: str) -> bool:
    one = hit(passage)
    one = replace(one, chunk=replace(one.chunk, title="Handbook", context="Handbook"))  # has no number
    return VERIFIER.verify(Statement(sentence, (1,)), [one], "").supported


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("The CEO is Anna Berg.", "Anna Berg is the CEO."),
        ("Tom Reed is the office manager in Leeds.", "In Leeds, the office manager is Tom Reed."),
        ("The contact for Germany is Anna Berg.", "Anna Berg is the contact for Germany."),
        ("Anna Berg is the CFO of Nordex.", "The CFO of Nordex is Anna Berg."),
        ("Since January, the tour on Wednesday starts at nine.", "The tour on Wednesday starts at nine since January."),
        ("In June Moss replaces Reid.", "Moss replaces Reid in June."),
    ],
)
def test_a_is_b_turned_round(passage: str, sentence: str) -> None:
    assert supported(sentence, passage)


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("Leeds is in Yorkshire.", "Yorkshire is in Leeds."),
        ("Anna Berg is Tom Reed's manager.", "Tom Reed is Anna Berg's manager."),
        ("Anna Berg is the manager of Tom Reed.", "Tom Reed is the manager of Anna Berg."),
        ("The manager of Anna Berg is Tom Reed.", "The manager of Tom Reed is Anna Berg."),
        ("Anna Berg is taller than Tom Reed.", "Tom Reed is taller than Anna Berg."),
        ("In June Moss replaces Reid.", "In June Reid replaces Moss."),
    ],
)
def test_a_and_b_in_each_others_place(passage: str, sentence: str) -> None:
    assert not supported(sentence, passage)


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        (
            "Questions about benefits under the scheme are answered by the HR hotline.",
            "The HR hotline answers questions about benefits over the phone.",
        ),
        ("Unused leave is kept for the next year.", "Unused vacation days remain available for the next year."),
        ("The boiler is serviced annually before the heating season.", "The boiler is serviced once a year."),
        (
            "The library lends laptops to staff for two weeks.",
            "Staff can borrow laptops from the library for two weeks.",
        ),
        ("The helpdesk answers all requests about invoices.", "Questions about invoices go to the helpdesk."),
        ("The shop is open from 9:00 to 17:00.", "The shop closes at 17:00."),
        ("The shop is open 9 am to 5 pm.", "The shop is open until 5 pm."),
        ("Purchases > €500 need approval.", "Purchases above €500 need approval."),
        ("Purchases -> 500 pieces.", "The purchases are under way: 500 pieces."),
        ("If you cancel the course, you pay a fee of €20.", "For cancelled courses you pay a fee of €20."),
        ("Those who fail to register lose their bonus.", "Those who do not register lose their bonus."),
        ("In winter the shop closes at 16:00 and opens at 9:00.", "In winter the shop is open from 9:00 to 16:00."),
    ],
)
def test_words_that_are_no_opposites_there(passage: str, sentence: str) -> None:
    assert supported(sentence, passage)


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("Parcels over 5 kg are sent by freight.", "Parcels under 5 kg are sent by freight."),
        ("Visitors under the age of twelve need a ticket.", "Visitors over the age of twelve need a ticket."),
        ("Orders over two hundred euros need approval.", "Orders under two hundred euros need approval."),
        ("Ring us if it lasts over a quarter of an hour.", "Ring us if it lasts under a quarter of an hour."),
        ("Trips of over a week need approval.", "Trips of under a week need approval."),
        ("Files under the shelf are kept.", "Files over the shelf are kept."),
        ("Tickets are sold before the show.", "Tickets are sold once the show is over."),
        ("Parcels are packed before they are weighed.", "Parcels are packed once weighed."),
        ("The shop is open from 9:00 to 17:00.", "The shop closes at 9:00."),
        ("The shop is open from 9:00 to 17:00.", "The shop is closed from 9:00 to 17:00."),
        ("Staff who are ill stay at home.", "Staff who are ill leave home."),
        ("Purchases > €500 need approval by two managers.", "Purchases under €500 need approval by two managers."),
        ("Parcels ≤ 5 kg are sent by post.", "Parcels of more than 5 kg are sent by post."),
        (
            "| Order | Approval |\n|---|---|\n| < €500 | team leader |",
            "Orders over €500 are approved by the team leader.",
        ),
        ("Our prices exclude VAT.", "Our prices include VAT."),
        ("The board raised the membership fee in March.", "The board lowered the membership fee in March."),
        ("The till accepts cash.", "The till rejects cash."),
        ("The staff party on 5 May has been cancelled.", "The staff party takes place on 5 May."),
        ("The Basic plan has been discontinued.", "The Basic plan is available."),
        ("Employees who fail to register lose their bonus.", "Employees who register lose their bonus."),
    ],
)
def test_words_that_are_opposites_there(passage: str, sentence: str) -> None:
    assert not supported(sentence, passage)


@pytest.mark.parametrize(
    ("passage", "sentence", "right"),
    [
        ("IT replaces laptops every four years.", "The IT Department replaces laptops every four years.", True),
        ("IT replaces laptops every four years.", "The HR Department replaces laptops every four years.", False),
        ("The chief executive officer signs contracts.", "The CEO signs contracts.", True),
        ("The chief executive officer signs contracts.", "The CFO signs contracts.", False),
        ("Value added tax is charged at 20%.", "VAT is charged at 20%.", True),
        ("The Wi-Fi password changes every month.", "The WiFi password changes every month.", True),
        (
            "| Region | Jan | Feb |\n|---|---|---|\n| North | 120 | 130 |",
            "In January, the North region sold 120.",
            True,
        ),
        ("| Region | Jan | Feb |\n|---|---|---|\n| North | 120 | 130 |", "In March, the North region sold 120.", False),
        ("Mileage is paid at €0.30 per kilometre.", "Mileage is paid at 30 cents per kilometre.", True),
        ("Mileage is paid at €0.30 per kilometre.", "Mileage is paid at 3 cents per kilometre.", False),
    ],
)
def test_names_and_sums_that_are_the_same(passage: str, sentence: str, right: bool) -> None:
    assert supported(sentence, passage) is right
