"""What a sentence of a list is quoted with."""

import asyncio

import pytest

from generation.citations import resolve
from generation.generators.extractive import ExtractiveGenerator
from generation.lists import BULLETS, LONGEST, NUMBERS, kinds_asked_for, whole_list, without_label
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
        ("- lend", (NUMBERS,), None),
        ("- lend", (), None),
        ("2. Wait", (NUMBERS,), STEPS),
        ("2. Wait", (BULLETS,), None),
        ("Badges", (BULLETS, NUMBERS), None),
    ],
)
def test_of_a_list(begins: str, wanted: tuple[str, ...], expected: str | None) -> None:
    span = whole_list(TEXT, TEXT.index(begins), (), wanted)
    assert (TEXT[slice(*span)] if span else None) == expected


def test_a_long_list_is_not_quoted_whole() -> None:
    text = "Allowed:\n" + "\n".join(f"- tool number {number}" for number in range(LONGEST // 10))
    assert whole_list(text, 0, (), (BULLETS,)) is None


def test_a_place_where_no_sentence_begins_is_in_no_list() -> None:
    assert whole_list(TEXT, 3, (), (BULLETS,)) is None


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What are the rules for using our logo?", {BULLETS, NUMBERS}),
        ("List the stages a story passes through", {BULLETS, NUMBERS}),
        ("Which vaccinations are recommended?", {BULLETS, NUMBERS}),
        ("How do I order business cards?", {NUMBERS}),
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
    pieces, _ = answered("May I lend my badge?", "- lend")
    assert pieces == ["- lend a badge\n  to anyone [1]"]


def test_the_day_of_a_date_is_no_label() -> None:
    assert without_label("15. März 2025") == "15. März 2025"
    assert without_label("3. May be opened.") == "May be opened."
    assert without_label("3. Unplug it.") == "Unplug it."
