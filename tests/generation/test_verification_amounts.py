"""Amounts, rates and dates of a sentence: whether they are those of what it speaks of."""

from time import thread_time

import pytest

from generation.verification.rates import as_often, rates
from tests.generation.test_verification_senses import supported
from tests.generation.test_verification_wording import judge

ALLOWANCE = "The travel allowance is 50 euros per month."
TURNOVER = "Turnover was 4.2 million euros in 2022 and 4.8 million euros in 2023."
PROJECT = "Project Alpha starts on 3 April 2024 and ends on 12 June 2024."
NOTICE = "The probation period is six months, the notice period two weeks."
FEES = "The entry fee is 20 euros, the parking fee 10 dollars."
LIFT = "The maximum load of the lift is 630 kg."
RATE = "The key rate was raised by 2 percentage points to 5 percent."
STORAGE = "The fridge keeps vaccines between 2 and 8 degrees."
BACKUP = "The backup runs daily at 2 am."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 euros per month, 20 a day, 5 kg each year", ["monthly", "daily", "yearly"]),
        ("vierteljährlich, the annual fee, weekly backups", ["quarterly", "annually", "weekly"]),
        ("pro Tag 50 Euro im Jahr, monatliche Miete", ["daily", "annually", "monthly"]),
        ("open seven days a week", ["daily"]),
        ("It lasts a year, with Wind 24 a kilowatt hour costs 5 per cent, 50 Euro im Jahr 24", []),
        ("every three to four weeks, every five of them, every employee", []),
    ],
)
def test_rates(text: str, expected: list[str]) -> None:
    found = sorted(rates(text), key=lambda one: one.start)
    assert len(found) == len(expected)
    assert all(as_often(one, *rates(other)) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("every two weeks", "fortnightly", True),
        ("every two weeks", "every other Monday", True),
        ("every two weeks", "biweekly", True),
        ("every two weeks", "alle 14 Tage", True),
        ("every two weeks", "twice a week", False),
        ("every two weeks", "weekly", False),
        ("twice a week", "two times each week", True),
        ("twice a week", "two days a week", True),
        ("twice a week", "three days a week", False),
        ("six tickets a month", "every month", True),
        ("six tickets a month", "six times a month", True),
        ("six tickets a month", "twice a month", False),
        ("twice a week", "twice a month", False),
        ("every 2nd month", "jeden zweiten Monat", True),
        ("every six months", "twice a year", True),
        ("every six months", "halbjährlich", True),
        ("every six months", "six times a year", False),
        ("quarterly", "every three months", True),
        ("quarterly", "four times yearly", True),
        ("quarterly", "three times a year", False),
        ("annually", "every 12 months", True),
        ("annually", "every two years", False),
        ("every 12 hours", "12x a day", False),
        ("every 12 hours", "zweimal am Tag", True),
        ("every half hour", "every 30 minutes", True),
        ("per 100 km", "per km", False),
        ("50 per working day", "50 a day", True),
        ("per night", "pro Nacht", True),
    ],
)
def test_how_often(one: str, other: str, same: bool) -> None:
    assert as_often(*rates(one), *rates(other)) is same


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        ("The team meets every two weeks.", "The team meets fortnightly.", "The team meets weekly."),
        ("The team meets every two weeks.", "The team meets every other week.", "The team meets twice a week."),
        ("The team meets twice a week.", "The team meets two times a week.", "The team meets once a week."),
        ("Filters are changed quarterly.", "Filters are changed every three months.", "Filters are changed annually."),
        ("Filters are changed every six months.", "Filters are changed twice a year.", "Filters are changed yearly."),
        ("Filters are changed monthly.", "Filters are changed every month.", "Filters are changed every two months."),
        ("Drills are held once a year.", "Drills are held annually.", "Drills are held every other year."),
        (
            "Das Team trifft sich alle zwei Wochen.",
            "Das Team trifft sich vierzehntägig.",
            "Das Team trifft sich zweimal pro Woche.",
        ),
        (
            "Die Filter werden halbjährlich gewechselt.",
            "Die Filter werden alle sechs Monate gewechselt.",
            "Die Filter werden alle zwei Jahre gewechselt.",
        ),
        (
            "The hall is cleaned weekly and the stairs monthly.",
            "The stairs are cleaned monthly.",
            "The stairs are cleaned weekly.",
        ),
        (
            "The hall is cleaned weekly and the stairs monthly.",
            "The hall is cleaned weekly.",
            "The hall is cleaned monthly.",
        ),
    ],
)
def test_intervals(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The monthly travel allowance is 50 euros.", ALLOWANCE),
        ("The travel allowance is 50 euros a month.", ALLOWANCE),
        ("The backup runs every day at 2 am.", BACKUP),
        ("Turnover was 4.8 million euros in 2023.", TURNOVER),
        ("In 2022 turnover was 4.2 million euros.", TURNOVER),
        ("Turnover grew from 4.2 million euros in 2022 to 4.8 million euros in 2023.", TURNOVER),
        ("Project Alpha starts on 3 April 2024.", PROJECT),
        ("Project Alpha ends on 12 June 2024.", PROJECT),
        ("Project Alpha runs until 12 June 2024.", PROJECT),
        ("Project Alpha runs from 3 April 2024 to 12 June 2024.", PROJECT),
        ("The notice period is two weeks.", NOTICE),
        ("The parking fee is 10 dollars.", FEES),
        ("The lift carries a load of 630 kg at most.", LIFT),
        ("The key rate was raised by 2 percentage points.", RATE),
        ("The key rate rose to 5%.", RATE),
        ("The fridge keeps vaccines at 2 to 8 degrees.", STORAGE),
        ("Vaccines must not be kept above 8 degrees.", f"{STORAGE} Vaccines are not kept above 8 degrees."),
        ("It can be put off by ten days at most.", "It can be put off up to ten days."),
        (
            "The fee for a lesson is waived within four weeks.",
            "The fee for a lesson of 30 minutes is waived, if within four weeks of it.",
        ),
        ("In case of doubt, after 5 May the fee is 20 euros.", "The fee is 10 euros until 5 May, then 20 euros."),
        ("Bills are not paid until Friday.", "Bills are paid after Friday only."),
        (
            "The bank expects more money, though some holders will leave.",
            "The bank expects to have more money, though some holders will leave.",
        ),
        (
            "The heating is raised from 8 to 20 degrees.",
            "The heating is set to 8 degrees, then turned up to 20 degrees.",
        ),
        ("The shop is open every day.", "The shop is open seven days a week."),
    ],
)
def test_the_same_amount(sentence: str, passage: str) -> None:
    assert judge(sentence, passage, ()).reason == ""


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The travel allowance is 50 euros per year.", ALLOWANCE),
        ("The travel allowance is 50 euros a day.", ALLOWANCE),
        ("The yearly travel allowance is 50 euros.", ALLOWANCE),
        ("The backup runs weekly at 2 am.", BACKUP),
        ("The backup runs every week at 2 am.", BACKUP),
        ("Turnover was 4.8 million euros in 2022.", TURNOVER),
        ("Project Alpha starts on 12 June 2024.", PROJECT),
        ("The probation period is two weeks.", NOTICE),
        ("The notice period is six months.", NOTICE),
        ("The entry fee is 10 dollars.", FEES),
        ("The key rate was raised by 2 percent.", RATE),
        ("The key rate was raised by 5 percent.", RATE),
        ("The key rate was raised to 2 percentage points.", RATE),
        ("The fridge keeps vaccines above 8 degrees.", STORAGE),
        ("The fridge keeps vaccines below 2 degrees.", STORAGE),
        ("The minimum load of the lift is 630 kg.", LIFT),
        ("Registration is possible from 5 May 2025.", "Registration is possible until 5 May 2025."),
        ("Turnover was 4.2 million euros in 2023.", TURNOVER),
    ],
)
def test_another_amount(sentence: str, passage: str) -> None:
    assert not judge(sentence, passage, ()).supported


def test_a_number_of_thousands_of_digits_is_no_rate() -> None:
    text = f"It is renewed every {'9' * 20_000} days and twice a year."
    start = thread_time()
    assert [rate.text for rate in rates(text)] == ["twice a year"]
    assert thread_time() - start < 1
