"""What a model of entailment reads of a passage."""

from generation.verification.premises import premise
from generation.verification.thesaurus import thesaurus
from generation.verification.units import units_of
from generation.verification.words import Vocabulary
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit

TERMS = Bm25Encoder().terms
VOCABULARY, WORDS = Vocabulary(TERMS), thesaurus(TERMS)
SENTENCES = (
    "The lift is inspected every 12 months.",
    "Bicycles may stand in the yard.",
    "Rent is due on the third working day.",
    "The yard is locked at 22:00.",
)


def read(statement: str, *texts: str) -> list[str]:
    units = [
        unit for marker, text in enumerate(texts, start=1) for unit in units_of(marker, hit(text, marker), VOCABULARY)
    ]
    return premise(statement, units, VOCABULARY, WORDS).splitlines()


def test_the_nearest_sentences_in_reading_order_under_their_heading() -> None:
    found = read(
        "The yard, where bicycles stand, is closed from 22:00 on, says the rent agreement.", " ".join(SENTENCES)
    )
    assert found[1:] == list(SENTENCES[1:])
    assert found[0] == "Title 1"


def test_numbers_count() -> None:
    assert SENTENCES[0] in read("It is done once in 12 months.", *SENTENCES[::-1])


def test_what_is_too_long_is_left_out_but_for_the_nearest() -> None:
    long = "The yard is " + "very " * 120 + "wide."
    assert read("The yard is wide.", f"{long} {SENTENCES[3]}")[1:] == [long]


def test_nothing_of_no_passage() -> None:
    assert read("The yard is wide.") == []
