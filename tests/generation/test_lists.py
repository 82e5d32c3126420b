"""What a sentence of a list is quoted with."""

import asyncio

import pytest

from generation.citations import resolve
from generation.generators.extractive import ExtractiveGenerator
from generation.lists import LONGEST, denied, kinds_asked_for, whole_list, without_label
from generation.outlines import BULLETS, NUMBERS, Outline
from generation.prompting import UNKNOWN
from generation.types import Prompt, Quote
from ingest.sentences import sentences
from tests.generation.passages import hit

TEXT = """Staff may not:

- share accounts. This is strict.
- lend a badge
  to anyone

1. Ring the desk.
2. Wait.

Badges are blue."""
BANS = "Staff may not:\n\n- share accounts. This is strict.\n- lend a badge\n  to anyone"
STEPS = "1. Ring the desk.\n2. Wait."


@pytest.mark.parametrize(
    ("begins", "wanted", "expected"),
    [
        ("Staff may not", (), BANS),
        ("- share", (BULLETS,), BANS),
        ("This is strict", (BULLETS,), BANS),
        ("- lend", (BULLETS, NUMBERS), BANS),
        ("- lend", (NUMBERS,), BANS),
        ("- lend", (), BANS),
        ("2. Wait", (NUMBERS,), STEPS),
        ("2. Wait", (BULLETS,), None),
        ("Badges", (BULLETS, NUMBERS), None),
    ],
)
def test_of_a_list(begins: str, wanted: tuple[str, ...], expected: str | None) -> None:
    span = whole_list(Outline(TEXT, ()), TEXT.index(begins), wanted)
    assert (TEXT[slice(*span)] if span else None) == expected


@pytest.mark.parametrize("labels", ["(1) (2) (3)", "(a) (b) (c)", "1) 2) 3)"])
def test_labels_in_parentheses_make_a_list(labels: str) -> None:
    steps = [f"{label} {what}" for label, what in zip(labels.split(), ("Ring.", "Wait here.", "Sign."), strict=True)]
    text = "\n\n".join([*steps, "Badges (1) are blue."])
    span = whole_list(Outline(text, ()), text.index(steps[1]), (NUMBERS,))
    assert span and text[slice(*span)] == "\n\n".join(steps)
    assert without_label(steps[1]) == "Wait here."


def test_a_long_list_is_not_quoted_whole() -> None:
    text = "Allowed:\n" + "\n".join(f"- tool number {number}" for number in range(LONGEST // 10))
    assert whole_list(Outline(text, ()), 0, (BULLETS,)) is None


def test_a_place_where_no_sentence_begins_is_in_no_list() -> None:
    assert whole_list(Outline(TEXT, ()), 3, (BULLETS,)) is None


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What are the rules for using our logo?", {BULLETS, NUMBERS}),
        ("List the stages a story passes through", {BULLETS, NUMBERS}),
        ("Which vaccinations are recommended?", {BULLETS, NUMBERS}),
        ("How do I order business cards?", {NUMBERS}),
        ("How does a bill get to the client?", {NUMBERS}),
        ("What do we do step by step when a badge is lost?", {NUMBERS}),
        ("Whom do I ring, and in which order?", {NUMBERS}),
        ("At what age are cubs shown?", set()),
        ("Who is the safety officer?", set()),
        ("How many days of leave do I have?", set()),
    ],
)
def test_what_a_question_wants_whole(question: str, kinds: set[str]) -> None:
    assert kinds_asked_for(question) == kinds


def answered(question: str, *begins: str) -> tuple[list[str], list[tuple[str, float]]]:
    """Pieces of the answer, and quote and support of its citations."""
    found = hit(TEXT)
    spans = {TEXT[one.start : one.end]: one for one in sentences(TEXT)}
    quotes = []
    for rank, beginning in enumerate(begins):
        text, span = next((text, span) for text, span in spans.items() if text.startswith(beginning))
        quotes.append(Quote(1, text, span.start, span.end, 0.9 - rank / 50))

    async def run() -> list[str]:
        generator = ExtractiveGenerator()
        prompt = Prompt(question, (found,), tuple(quotes))
        return [str(piece) async for piece in generator.stream(prompt)]

    pieces = asyncio.run(run())
    cited = resolve("".join(pieces), [found], quotes)
    assert all(TEXT[one.char_start : one.char_end] == one.quote for one in cited)
    return pieces, [(one.quote, one.support) for one in cited]


def test_items_of_one_list_become_one_quote_with_the_support_of_the_best() -> None:
    pieces, cited = answered("What are staff forbidden?", "- lend", "- share", "Badges")
    assert pieces == [f"{BANS} [1]", "\nBadges are blue. [1]"]
    assert cited == [(BANS, 0.9), ("Badges are blue.", pytest.approx(0.86))]


def test_a_whole_list_takes_the_place_of_an_item_before_it() -> None:
    pieces, _ = answered("May I lend my badge?", "- lend", "Staff may not")
    assert pieces == [f"\n{BANS} [1]".lstrip()]


def test_an_item_stands_alone_where_nobody_asks_for_all() -> None:
    pieces, _ = answered("Does it help to ring the desk?", "1. Ring")
    assert pieces == ["1. Ring the desk. [1]"]


def test_an_item_whose_lead_denies_is_shown_with_it() -> None:
    pieces, cited = answered("May I lend my badge?", "- lend")
    assert pieces == [f"{BANS} [1]"]
    assert cited == [(BANS, 0.9)]


@pytest.mark.parametrize(
    ("lead", "alone"),
    [
        ("The following are not covered by the insurance:", False),
        ("It is prohibited to:", False),
        ("**Never:**", False),
        ("Everybody may enter, except:", False),
        ("Exclusions:", False),
        ("Ausgenommen sind:", False),
        ("Visitors may bring:", True),
    ],
)
def test_whether_an_item_says_the_opposite_alone(lead: str, alone: bool) -> None:
    text = f"{lead}\n\n- dogs\n  - of guests\n- cats"
    for item in ("- dogs", "- of guests", "- cats"):
        assert whole_list(Outline(text, ()), text.index(item), ()) == (None if alone else (0, len(text)))
        assert denied(Outline(text, ()), text.index(item)) is not alone
    assert not denied(Outline(text, ()), 0)


def test_of_a_long_list_of_bans_the_beginning_is_quoted_as_far_as_the_item() -> None:
    text = "You may not use:\n" + "\n".join(f"- tool number {number}" for number in range(100, 200))
    one, other = text.index("- tool number 103"), text.index("- tool number 190")
    assert whole_list(Outline(text, ()), one, ()) == (0, one + len("- tool number 103"))
    assert whole_list(Outline(text, ()), other, ()) is None
    assert denied(Outline(text, ()), other)


def test_a_ban_that_cannot_be_shown_with_its_lead_is_not_shown() -> None:
    text = "Staff may not:\n\n- share accounts [4]\n- lend a badge"
    prompt = Prompt("May I lend it?", (hit(text),), (Quote(1, "- lend a badge", text.index("- lend"), len(text), 0.9),))

    async def run() -> list[str]:
        return [str(piece) async for piece in ExtractiveGenerator().stream(prompt)]

    assert asyncio.run(run()) == [UNKNOWN]


def test_the_day_of_a_date_is_no_label() -> None:
    assert without_label("15. März 2025") == "15. März 2025"
    assert without_label("3. May be opened.") == "May be opened."
    assert without_label("3. Unplug it.") == "Unplug it."


STEPS_BELOW = """To reset a password:

1. Open the settings.
   - On a phone, tap the gear.
   - On a laptop:

     a) press F1
     b) wait

Note: ask first.

2. Choose Reset.

   It is blue.
   It is round.

3. Confirm with your badge."""


@pytest.mark.parametrize(
    "begins", ["To reset", "1. Open", "- On a phone", "a) press", "2. Choose", "It is round", "3. Confirm"]
)
def test_steps_are_quoted_with_all_that_stands_below_them(begins: str) -> None:
    text = f"Passwords expire.\n\n{STEPS_BELOW}\n\nBadges are blue."
    span = whole_list(Outline(text, ()), text.index(begins), (NUMBERS,))
    assert span
    assert text[slice(*span)] == STEPS_BELOW


@pytest.mark.parametrize(
    ("text", "begins", "expected"),
    [
        ("1. Open.\n- Tap.\n- Press.\n2. Close.", "1.", "1. Open.\n- Tap.\n- Press.\n2. Close."),
        ("1. Open.\n\nTo close:\n\n1. Shut.\n2. Lock.", "1. Open", "1. Open."),
        ("1. Open.\n\nTo close:\n\n1. Shut.\n2. Lock.", "2.", "To close:\n\n1. Shut.\n2. Lock."),
        ("1. Open.\n\nClosing\n\n2. Shut.", "2.", "2. Shut."),
        ("a) Open.\n\nSlowly.\n\nb) Shut.", "b)", "a) Open.\n\nSlowly.\n\nb) Shut."),
        ("- Choose one:\n  - red\n  - blue\n- Wait.", "- Choose", "- Choose one:\n  - red\n  - blue"),
    ],
)
def test_where_a_list_begins_and_ends(text: str, begins: str, expected: str) -> None:
    span = whole_list(Outline(text, ("Closing",)), text.index(begins), (NUMBERS,))
    assert span
    assert text[slice(*span)] == expected
