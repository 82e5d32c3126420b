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
        ("Tickets are sold before the show.", "Tickets are sold once the show is over."),
        ("Parcels are packed before they are weighed.", "Parcels are packed once weighed."),
        ("The shop is open from 9:00 to 17:00.", "The shop closes at 9:00."),
        ("The shop is open from 9:00 to 17:00.", "The shop is closed from 9:00 to 17:00."),
        ("Staff who are ill stay at home.", "Staff who are ill leave home."),
    ],
)
def test_words_that_are_opposites_there(passage: str, sentence: str) -> None:
    assert not supported(sentence, passage)
