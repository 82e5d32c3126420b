"""What negations reach, what is a duty, which words are opposites, and who does what."""

import pytest

from generation.verification.hedges import overstated
from generation.verification.modality import modes, stronger
from generation.verification.placement import crossed
from generation.verification.quantifiers import other_share
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
        ("The office opens in May.", "The office is expected to open in May.", True),
        ("Delivery is in June.", "Delivery is expected in June.", True),
        ("Deliveries are expected in June.", "Deliveries are expected in June.", False),
        ("If sales rise, the shop opens in June.", "The shop probably opens in June.", True),
        ("If asked, the board approves it.", "The board is expected to approve it.", True),
        ("If it rains, the tour is cancelled.", "If it rains, the tour is likely to be cancelled.", True),
        ("If it rains, the tour is meant to stop.", "If it rains, the tour is likely to be stopped.", False),
        ("If it rains, the tour may be cancelled.", "If it rains, the tour is likely to be cancelled.", False),
        (
            "If it exceeds an hour, a voucher is due.",
            "If a delay is likely to exceed an hour, a voucher is due.",
            False,
        ),
        ("Klaus asked if the office closes.", "Klaus asked whether the office closes.", False),
        ("Wenn es gut geht, öffnet die Filiale.", "Die Filiale öffnet voraussichtlich 2026.", True),
        ("Planned leave is entered by Monday.", "Planned leave is entered by Monday.", False),
        ("Dogs are allowed every day.", "Dogs are allowed on Fridays only.", True),
        ("Everyone may attend.", "Only members may attend.", True),
        ("Everyone who is a member may attend.", "Only members may attend.", False),
        ("Dogs are allowed only on Fridays, always.", "Dogs are allowed on Fridays only.", False),
    ],
)
def test_more_than_is_sure(statement: str, source: str, more: bool) -> None:
    assert bool(overstated(statement, source)) is more


@pytest.mark.parametrize(
    ("statement", "source", "other"),
    [
        ("All clerks have a laptop.", "Most clerks have a laptop.", True),
        ("Every branch opens at nine.", "Most branches open at nine.", True),
        ("The majority of branches open at nine.", "Most branches open at nine.", False),
        ("Most branches open at nine.", "All branches open at nine.", False),
        ("Most branches open on Sundays.", "Some branches open on Sundays.", True),
        ("Several branches open on Sundays.", "Some branches open on Sundays.", False),
        ("Branches open on Sundays.", "Only some branches open on Sundays.", True),
        ("Only some branches open on Sundays.", "All branches open on Sundays.", True),
        ("Not all branches open on Sundays.", "Most branches open on Sundays.", False),
        ("All branches open on Sundays.", "Not all branches open on Sundays.", True),
        ("Many guests pay by card.", "Few guests pay by card.", True),
        ("Few guests pay by card.", "Most guests pay by card.", True),
        ("All clerks are insured.", "Nearly all clerks are insured.", True),
        ("All clerks have a laptop.", "Most clerks work in Leeds, and all clerks have a laptop.", False),
        ("All clerks have a laptop.", "Clerks have a laptop.", False),
        ("Every day all guests are counted.", "Some guests are counted.", True),
        ("Some 40 guests are counted.", "All guests are counted.", False),
        ("Orders are always shipped by noon.", "Orders are usually shipped by noon.", True),
        ("Orders are normally shipped by noon.", "Orders are usually shipped by noon.", False),
        ("Alle Filialen öffnen sonntags.", "Einige Filialen öffnen sonntags.", True),
        ("Alle Filialen öffnen sonntags.", "Nicht alle Filialen öffnen sonntags.", True),
        ("Die meisten Filialen öffnen sonntags.", "Die meisten Filialen öffnen sonntags.", False),
    ],
)
def test_of_how_many(statement: str, source: str, other: bool) -> None:
    assert bool(other_share(statement, source, VOCABULARY)) is other


@pytest.mark.parametrize(
    ("statement", "source", "more"),
    [
        ("Overtime is paid.", "Overtime may be paid.", True),
        ("Parcels are delayed by a week.", "Parcels could be delayed by a week.", True),
        ("Overtime can be paid.", "Overtime may be paid.", False),
        ("Overtime is paid in May.", "Overtime is paid in May.", False),
        ("Overtime is paid.", "Overtime may not be paid.", False),  # a matter of negations
    ],
)
def test_what_may_be_is_not_what_is(statement: str, source: str, more: bool) -> None:
    assert bool(stronger(statement, source)) is more


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


def test_numbers_of_thousands_of_digits_are_words_like_others() -> None:
    pieces = signed(f"Account {'9' * 5000} is not for visitors", VOCABULARY)
    assert disputes(pieces, signed(f"Account {'9' * 5000} is for visitors", VOCABULARY), affirmed=True)[0]
