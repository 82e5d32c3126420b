"""Documents that state different values for the same thing are named; whatever may speak of another thing is not."""

import asyncio
import time
from dataclasses import replace
from datetime import date

import pytest

from eval.experiment.scoring import supported
from generation.answerer import RagAnswerer
from generation.citations import citation_at
from generation.conflicts.finder import ConflictFinder
from generation.conflicts.values import denominators, values_of
from generation.conflicts.wording import HEAD, said
from generation.context import Unlimited
from generation.types import Answer, Citation, Conflict, Quote
from generation.verification.units import units_of
from generation.verification.words import Vocabulary
from ingest.types import MetadataValue
from retrieval.store.bm25 import Bm25Encoder
from retrieval.types import Hit
from tests.fakes import ScriptedGenerator
from tests.generation.passages import hit
from tests.generation.test_answerer import QUESTION, Shelf

TERMS = Bm25Encoder().terms
VOCABULARY = Vocabulary(TERMS)


def document(number: int, text: str, title: str = "", heading: str = "", **metadata: MetadataValue) -> Hit:
    made = hit(text, number, headings=(heading,) if heading else ())
    title = title or ("Staff rules", "Welcome booklet", "Questions and answers")[number - 1]
    return replace(made, chunk=replace(made.chunk, title=title, context=title, metadata=metadata))


def quotes_of(hits: list[Hit]) -> list[Quote]:
    """Every sentence or row, nearly equally well supported, the first documents' better."""
    units = [unit.candidate for marker, one in enumerate(hits, 1) for unit in units_of(marker, one, VOCABULARY)]
    return [Quote(one.marker, one.text, one.start, one.end, 0.9 - 0.01 * n) for n, one in enumerate(units)]


def cited(hits: list[Hit], quotes: list[Quote]) -> list[Citation]:
    return [citation_at(one.marker, hits[one.marker - 1], one.start, one.end, one.support) for one in quotes]


def find(*hits: Hit) -> tuple[Conflict, ...]:
    quotes = quotes_of(list(hits))
    return ConflictFinder(TERMS).find(hits, quotes, cited(list(hits), quotes[:1]))


def values(found: tuple[Conflict, ...]) -> list[list[str]]:
    return [[one.value for one in conflict.statements] for conflict in found]


@pytest.mark.parametrize(
    ("one", "other", "stated"),
    [
        (
            "Full-time employees at the European sites have 30 working days of paid annual leave per calendar year.",
            "Full-time employees in Europe have 28 working days of annual leave.",
            ["30 working days", "28 working days"],
        ),
        ("Parental leave is 30 days.", "Parental leave is twenty-eight days.", ["30 days", "twenty-eight days"]),
        (
            "A hotel may cost up to €140 a night.",
            "A hotel may cost up to 160 euros a night.",
            ["€140", "160 euros"],
        ),
        (
            "Expense claims must be submitted by 31 March.",
            "Expense claims are submitted by 15 April.",
            ["31 March", "15 April"],
        ),
        ("The canteen opens at 8:00.", "The canteen opens at 7.30 am.", ["8:00", "7.30 am"]),
        (
            "Passwords are at least fourteen characters long.",
            "Passwords are at least twelve characters long.",
            ["fourteen characters", "twelve characters"],
        ),
        (
            "The torque of the clamp screws is 12 Nm.",
            "The clamp screws have a torque of 15 Nm.",
            ["12 Nm", "15 Nm"],
        ),
        (
            "Invoices are kept for 10 years in the archive.",
            "In the archive, invoices are kept for 8 years.",
            ["10 years", "8 years"],
        ),
        (
            "The discount for resellers is 15 %.",
            "The discount for resellers is 12.5 per cent.",
            ["15 %", "12.5 per cent"],
        ),
        (
            "Die Kündigungsfrist beträgt drei Monate.",
            "Die Kündigungsfrist beträgt sechs Monate.",
            ["drei Monate", "sechs Monate"],
        ),
        ("Staff carry over no more than 5 days.", "Staff carry over at most 10 days.", ["5 days", "10 days"]),
        (
            "Repairs of a goods lift take not less than 2 days.",
            "Repairs of a goods lift take at least 3 days.",
            ["2 days", "3 days"],
        ),
        (
            "Hotel costs are reimbursed up to 120 euros per night.",
            "Hotel costs are reimbursed up to 150 euros a night.",
            ["120 euros", "150 euros"],
        ),
        (
            "Repairs of a lift take 30 calendar days.",
            "Repairs of a lift take 28 calendar days.",
            ["30 calendar days", "28 calendar days"],
        ),
        (
            "Der Urlaub beträgt 30 Arbeitstage im Jahr.",
            "Der Urlaub beträgt 28 Arbeitstage im Jahr.",
            ["30 Arbeitstage", "28 Arbeitstage"],
        ),
        ("The fast lorries go 80 km/h.", "The fast lorries go 90 km per hour.", ["80 km", "90 km"]),
        ("The proxy listens on port: 8080.", "The proxy listens on port: 3128.", ["8080", "3128"]),
    ],
)
def test_different_values_for_one_thing_are_named(one: str, other: str, stated: list[str]) -> None:
    assert values(find(document(1, one), document(2, other))) == [stated]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Parental leave is 30 days.", "Parental leave is thirty days."),
        ("The fee is EUR 1,500.", "The fee is 1500 euros."),
        ("The fee is EUR 1,500.", "The fee is 1800 dollars."),
        ("Parental leave is 30 days.", "Annual leave is 28 days."),
        ("Part-time employees have 20 days of leave.", "Full-time employees have 30 days of leave."),
        ("Senior managers have 35 days of annual leave.", "Managers have 30 days of annual leave."),
        ("Employees have 30 days of leave.", "After five years employees have 33 days of leave."),
        ("Employees have 30 days of leave.", "Employees have 33 days of leave if they work nights."),
        ("The warehouse in Leeds opens at 6:00.", "The warehouse in Bremen opens at 7:00."),
        ("The warehouse in Leeds opens at 6:00.", "The warehouse opens at 7:00."),
        ("Leeds warehouse staff start work at 6 am.", "Bremen warehouse staff start work at 7 am."),
        ("The canteen opens at 8:00.", "The canteen closes at 15:00."),
        ("The shop opens at 8:00 on weekdays.", "The shop opens at 10:00 on Saturdays."),
        ("Repairs take at least 2 days.", "Repairs take at most 10 days."),
        ("Repairs take not less than 2 days.", "Repairs take no more than 10 days."),
        ("Repairs take about 5 days.", "Repairs take 6 days."),
        ("Repairs take 5 days.", "Repairs take 2 weeks."),
        ("Employees have 20 working days of leave.", "Employees have 28 calendar days of leave."),
        ("Employees have 20 days of leave.", "Employees have 28 calendar days of leave."),
        ("Der Urlaub beträgt 30 Arbeitstage im Jahr.", "Der Urlaub beträgt 36 Werktage im Jahr."),
        ("Der Urlaub beträgt 30 Tage im Jahr.", "Der Urlaub beträgt 42 Kalendertage im Jahr."),
        ("Sales were 5 million euros in 2023.", "Sales were 6 million euros in 2024."),
        ("Section 4 speaks of sickness pay.", "Section 5 speaks of sickness pay."),
        ("A hotel may cost up to 120 euros per night.", "A hotel may cost up to 600 euros per week."),
        ("The allowance is 50 euros a day.", "The allowance is 250 euros a week."),
        ("The meal allowance is €50/day.", "The meal allowance is €250/week."),
        ("Der Tagessatz für Reisen ist 50 Euro am Tag.", "Der Tagessatz für Reisen ist 250 Euro pro Woche."),
        ("The hotel allowance is 50 euros per person.", "The hotel allowance is 80 euros per room."),
        ("Staff earn 3 days of annual leave per month.", "Staff earn 30 days of annual leave per year."),
        ("The first-class limit is 200 euros.", "The second-class limit is 150 euros."),
        ("The deposit is not refunded within 30 days.", "The deposit is refunded within 14 days."),
        ("Mr Holt leads a team of 12 people.", "Ms Brandt leads a team of 15 people."),
        ("A hotel may cost 140 euros and a dinner 30 euros.", "A hotel may cost 160 euros and a dinner 35 euros."),
        ("The valve XJ-200 opens at 5 bar.", "The valve XJ-300 opens at 8 bar."),
        ("It is 30 days.", "It is 28 days."),
        ("The deadline for the tax return is 31 July 2024.", "The deadline for the tax return is 31 August 2025."),
    ],
)
def test_no_wolf_is_cried(one: str, other: str) -> None:
    assert find(document(1, one), document(2, other)) == ()
    assert find(document(2, other), document(1, one)) == ()


HOTEL, DEARER = "A hotel may cost up to 140 euros a night.", "A hotel may cost up to 160 euros a night."


def test_sentences_of_one_document_do_not_conflict() -> None:
    assert find(document(1, f"{HOTEL} {DEARER}")) == ()


def test_quotes_that_the_answer_does_not_cite_or_that_are_ill_supported_do_not_count() -> None:
    found = [document(1, "Trains are booked in second class."), document(2, HOTEL), document(3, DEARER)]
    assert find(*found) == ()
    best, second = quotes_of(found[1:])
    weak = replace(second, support=0.4)
    assert ConflictFinder(TERMS).find(found[1:], [best, weak], cited(found[1:], [best])) == ()


def test_a_quote_of_a_few_words_is_read_with_its_sentence() -> None:
    found = [document(1, HOTEL), document(2, DEARER)]
    short = [replace(one, text=one.text[24:33], start=one.start + 24, end=one.start + 33) for one in quotes_of(found)]
    (conflict,) = ConflictFinder(TERMS).find(found, short, cited(found, short[:1]))
    assert [one.citation.quote for one in conflict.statements] == [HOTEL, DEARER]


TABLE = "| City | Hotel limit | Receipt |\n|---|---|---|\n| Oslo | {} | {} |\n| Rome | 120 | yes |\n"


@pytest.mark.parametrize(
    ("oslo", "stated"),
    [(("180", "yes"), [["220", "180"]]), (("180", "no"), []), (("220", "yes"), []), (("about", "yes"), [])],
)
def test_rows_conflict_in_one_cell(oslo: tuple[str, str], stated: list[list[str]]) -> None:
    assert values(find(document(1, TABLE.format("220", "yes")), document(2, TABLE.format(*oslo)))) == stated


def test_cells_are_shown_as_they_are_written_and_compared_in_lower_case() -> None:
    table = "| City | Hotel limit | In force from |\n|---|---|---|\n| {} | {} | {} |\n"
    one = document(1, table.format("Oslo", "EUR 50", "1 March 2025"))
    later, dearer = ("OSLO", "eur 50", "15 April 2025"), ("Oslo", "EUR 60", "1 march 2025")
    assert values(find(one, document(2, table.format(*later)))) == [["1 March 2025", "15 April 2025"]]
    assert values(find(one, document(2, table.format(*dearer)))) == [["EUR 50", "EUR 60"]]


def test_three_documents_make_one_conflict_with_their_dates() -> None:
    (found,) = find(
        document(1, HOTEL, valid_from="2025-02-01"),
        document(2, DEARER, dated="2024-06-30"),
        document(3, HOTEL.replace("140", "150"), dated="yesterday"),
    )
    assert [one.value for one in found.statements] == ["140 euros", "160 euros", "150 euros"]
    assert [one.valid_from for one in found.statements] == [date(2025, 2, 1), None, None]
    assert [one.dated for one in found.statements] == [None, date(2024, 6, 30), None]
    assert said([found]).split("\n")[2:] == [
        "The sources differ:",
        f"- 140 euros: “{HOTEL}” [1] (Staff rules, in force from 2025-02-01)",
        f"- 160 euros: “{DEARER}” [2] (Welcome booklet, of 2024-06-30)",
        f"- 150 euros: “{HOTEL.replace('140', '150')}” [3] (Questions and answers, no date)",
    ]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("up to 140 euros", {"EUR"}),
        ("in 2024", set()),
        ("section 4", set()),
        ("by 31 March", {"date"}),
        ("by 31 March 2025", {"date 2025"}),
        ("in March 2025", set()),
        ("at 9:00", {"time"}),
    ],
)
def test_what_is_stated_and_what_is_named(text: str, kinds: set[str]) -> None:
    assert values_of(text, VOCABULARY).kinds == kinds


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("up to €140 per night per person", {"night", "person"}),
        ("2 days for each month", {"month"}),
        ("three days a week", {"week"}),
        ("8 Stunden am Tag", {"day"}),
        ("80 km/h", {"hour"}),
        ("30 days per calendar year", set()),
        ("5 per cent within a week, sent per e-mail to staff and/or guests", set()),
        ("je nach Standort 5 Tage", set()),
    ],
)
def test_for_what_there_is_so_much(text: str, each: set[str]) -> None:
    assert denominators(text) == each


def test_an_answer_ends_with_what_contradicts_it_and_cites_it() -> None:
    found = [document(1, HOTEL), document(2, DEARER, dated="2024-06-30")]
    shelf, generator = Shelf(found, quotes_of(found)), ScriptedGenerator(f"{HOTEL} [1]")
    finder = ConflictFinder(TERMS)
    asked = RagAnswerer(shelf, Unlimited(), shelf, generator, None, shelf, 0.5, lambda: "trace-1", finder)

    async def run() -> list[str | Answer]:
        return [item async for item in asked.answer(QUESTION)]

    *pieces, answer = asyncio.run(run())
    assert isinstance(answer, Answer)
    assert pieces == [f"{HOTEL} [1]", said(answer.conflicts)]
    assert answer.text == "".join(map(str, pieces))
    assert HEAD in answer.text
    assert [one.quote for one in answer.citations] == [HOTEL, DEARER]
    texts = {one.chunk.document_id: one.chunk.text for one in found}
    assert all(texts[one.document_id][one.char_start : one.char_end] == one.quote for one in answer.citations)
    assert supported(answer, lambda key: texts[key]) == 1.0  # what is said of the sources is no sentence of theirs


def test_a_long_row_is_read_in_time_that_grows_with_its_length() -> None:
    def seconds(cells: int) -> float:
        text = "at least 5 m | " * cells
        begun = time.thread_time()  # others may want the processor, too
        assert len(values_of(text, VOCABULARY).stated) == cells
        return time.thread_time() - begun

    seconds(10)
    assert min(seconds(1_000) for _ in range(3)) < 20 * min(seconds(125) for _ in range(3))
