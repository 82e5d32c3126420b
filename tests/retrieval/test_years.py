"""Which numbers of a question are years."""

from time import process_time

import pytest

from retrieval.years import looks_ahead, named_years


@pytest.mark.parametrize(
    "text",
    [
        "Wie hoch war der Urlaubsanspruch 2022?",
        "Tagegeld Ausland 2022",
        "Reisekostenabrechnung 2022",
        "Gehaltstabelle 2022",
        "Homeoffice 2022",
        "Home Office 2022",
        "Zuschuss 2022",
        "Overtime 2022",
        "Annual Leave 2022",
        "Per Diem 2022",
        "Q1 2022",
        "March 15 2022",
        "December 31st 2022",
        "Corporate Governance Code 2022",
        "the server room in 2022",
        "FY2024? No, in March 2022",
    ],
)
def test_behind_any_noun_a_year_is_one(text: str) -> None:
    assert named_years(text) == {2022}


@pytest.mark.parametrize(
    "text",
    [
        "Windows Server 2022",
        "Windows Server R2 2022",
        "Microsoft Office 2022",
        "RFC 2022",
        "Rechnungsnummer: 2022",
        "INC #2022",
        "ticket # 2022",
        "ISO 27001 2022",
        "seit Anfang 2022 bei uns",
        "customers since March 2022",
    ],
)
def test_the_number_of_something_is_no_year(text: str) -> None:
    assert not named_years(text)


@pytest.mark.parametrize(
    "text", ["What " + "a" * 9_900 + " + 2019", "2019 + " * 1_400, "the policy of travel in 2019 and " * 300]
)
def test_a_long_question_takes_linear_time(text: str) -> None:
    began = process_time()
    assert named_years(text) == {2019}
    assert process_time() - began < 1


@pytest.mark.parametrize(
    "text", ["May I stay?", "How high is the limit?", "Wie viele Tage sind das?", "the mail of today"]
)
def test_a_plain_question_asks_for_today(text: str) -> None:
    assert not looks_ahead(text)
