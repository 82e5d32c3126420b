"""What negations reach, what is a duty, which words are opposites, and who does what."""

import pytest

from generation.verification.hedges import overstated
from generation.verification.modality import modes, stronger
from generation.verification.placement import crossed
from generation.verification.scopes import disputes, signed
from generation.verification.thesaurus import thesaurus
from generation.verification.words import Vocabulary
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.test_verification_verifier import judge

TERMS = Bm25Encoder().terms
VOCABULARY = Vocabulary(TERMS)


def negated(text: str) -> set[str]:
    """Those of the words dogs, cats, garden and lift that are negated."""
    words = VOCABULARY.stems("dogs cats garden lift")
    reached = {stem for piece in signed(text, VOCABULARY) for stem in piece.no}
    return {word for stem, word in words.items() if stem in reached}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dogs may not enter the garden.", {"dogs", "garden"}),
        ("Dogs enter the garden without cats by lift.", {"cats"}),
        ("Dogs are allowed, but cats are forbidden in the lift.", {"cats", "lift"}),
        ("Dogs enter the garden unless cats are in the lift.", {"cats", "lift"}),
        ("Dogs that do not like the garden by day may use the lift.", {"garden"}),
        ("Nobody decides whether dogs enter the garden.", set()),
        ("It is not forbidden to take dogs into the garden.", set()),
        ("Cats rather than dogs live in the garden.", {"dogs"}),
    ],
)
def test_what_a_negation_reaches(text: str, expected: set[str]) -> None:
    assert negated(text) == expected


@pytest.mark.parametrize(
    ("mine", "theirs", "contrary"),
    [
        ("Cats may not enter.", "Cats may enter.", True),
        ("Cats are prohibited in the garden.", "Cats may not enter the garden.", False),
        ("Dogs enter the garden.", "Dogs enter the garden, cats do not.", False),
        ("Cats enter the garden.", "Dogs enter the garden, cats do not.", True),
        ("Lifts for dogs run at night.", "Dogs, cats and lifts are not allowed to swim.", False),
    ],
)
def test_words_under_another_sign_are_counted(mine: str, theirs: str, contrary: bool) -> None:
    other, same = disputes(signed(mine, VOCABULARY), signed(theirs, VOCABULARY), affirmed=False)
    assert (other > same) is contrary


def test_one_word_is_enough_where_the_passage_negates_nothing() -> None:
    mine = signed("No dog ever barked quietly in here.", VOCABULARY)
    theirs = signed("Dogs sleep.", VOCABULARY)
    assert disputes(mine, theirs, affirmed=True) == (1, 0)
    assert disputes(mine, theirs, affirmed=False) == (0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Members must pay.", {"duty"}),
        ("Members need not swim.", {"exempt"}),
        ("Payment is not required.", {"exempt"}),
        ("Members mustn't swim.", {"forbidden"}),
        ("Members cannot pay.", {"forbidden"}),
        ("Members are free to pay.", {"choice"}),
        ("Members should pay.", {"advice"}),
        ("Members pay.", set()),
    ],
)
def test_modes(text: str, expected: set[str]) -> None:
    assert set(modes(text)) == expected


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Hats are compulsory.", "Hats are recommended."),
        ("You must ask.", "You may ask."),
        ("You may ask.", "You have to ask."),
        ("You must not ask.", "You need not ask."),
        ("You must ask.", "There is no need to ask."),
        ("Members must attend.", "Only members may attend."),
    ],
)
def test_a_duty_is_no_choice(statement: str, source: str) -> None:
    assert "where the passage says" in stronger(statement, source)
    assert stronger(source, source) == ""


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Visitors must be members.", "Only members may attend."),
        ("You must be a member to attend.", "Only members may attend."),
        ("Pay by card: you must.", "You may only pay by card."),
        ("You must use a card.", "Only cards can be used."),
        ("The price may fall.", "The price is probably going to fall."),
    ],
)
def test_what_only_makes_a_duty(statement: str, source: str) -> None:
    assert stronger(statement, source) == ""


@pytest.mark.parametrize(
    ("statement", "source", "more"),
    [
        ("The price falls.", "The price is probably going to fall.", True),
        ("The price falls.", "The bank expects that the price may fall.", True),
        ("A branch in Lyon opens in 2026.", "It is planned to open a branch in Lyon in 2026.", True),
        ("Die Filiale öffnet 2026.", "Die Filiale öffnet voraussichtlich 2026.", True),
        ("The price may fall.", "The price is probably going to fall.", False),
        ("A branch in Lyon is likely to open.", "It is planned to open a branch in Lyon.", False),
        ("Planned leave is entered by Monday.", "Planned leave is entered by Monday.", False),
        ("Dogs are allowed every day.", "Dogs are allowed on Fridays only.", True),
        ("Everyone may attend.", "Only members may attend.", True),
        ("Everyone who is a member may attend.", "Only members may attend.", False),
        ("Dogs are allowed only on Fridays, always.", "Dogs are allowed on Fridays only.", False),
    ],
)
def test_more_than_is_sure(statement: str, source: str, more: bool) -> None:
    assert bool(overstated(statement, source)) is more


def test_words_that_belong_together_and_opposites() -> None:
    words = thesaurus(TERMS)
    (scare,), (frighten,), (dog,) = (VOCABULARY.stems(word) for word in ("scares", "frightened", "dog"))
    assert words.covers(scare, {frighten})
    assert not words.covers(scare, {dog})

    def opposites(mine: str, theirs: str) -> list[tuple[str, str]]:
        return words.opposites(VOCABULARY.stems(mine), VOCABULARY.stems(theirs))

    assert opposites("The thicker rope.", "The thinner rope.") == [("thicker", "thinner")]
    assert opposites("An unopened box.", "An opened box.") == [("unopened", "opened")]
    assert opposites("Sweet and sour.", "Sour and sweet.") == []
    assert opposites("It is 2 m deep.", "It is as shallow as 2 m.") == []


def test_pieces_that_changed_partners() -> None:
    left, right = frozenset((1, 2, 3)), frozenset((4, 5, 6))
    assert crossed([frozenset((1, 5)), frozenset((4, 2))], [left, right])
    assert not crossed([frozenset((1, 2)), frozenset((4, 5))], [left, right])
    assert not crossed([frozenset((1, 5)), frozenset((4, 6))], [left, right])


SURGERY = (
    "Vets operate on Tuesdays, and nurses bathe dogs on Fridays. Cats, rabbits and birds may not wait in the hall. "
    "Owners may bring a blanket. Wounds deeper than 2 cm are stitched. A muzzle is recommended."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "On Fridays nurses wash the dogs, and vets operate on Tuesdays.",
        "Rabbits are not allowed to wait in the hall.",
        "Owners can take along a blanket.",
        "A wound that is more than 2 cm deep is stitched.",
    ],
)
def test_other_words_for_the_same(sentence: str) -> None:
    assert judge(sentence, SURGERY).reason == ""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Nurses operate on Tuesdays, and vets bathe dogs on Fridays.", "puts together"),
        ("Rabbits may wait in the hall.", "leaves out a negation"),
        ("Owners must bring a blanket.", "“must” where the passage says “may”"),
        ("Wounds shallower than 2 cm are stitched.", "“shallower” where the passage says “deeper”"),
        ("A muzzle is mandatory.", "“mandatory” where the passage says “recommended”"),
    ],
)
def test_what_sounds_like_it_but_is_not_said(sentence: str, said: str) -> None:
    assert said in judge(sentence, SURGERY).reason
