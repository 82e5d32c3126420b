"""Which rows of a table a question names."""

import pytest

from generation.candidates import candidates
from generation.keys import named
from tests.generation.passages import hit

ROTA = """| Day | Surgeon | Ward |
| --- | --- | --- |
| 2025-03-08 | R. Oyelaran | A4 |
| 2025-03-15 | D. Bhandari | A4 |
| 2025-03-22 | R. Oyelaran | B-7 |

The rota of 8 March was changed."""


def rows(question: str, text: str = ROTA) -> list[str]:
    return [one.text.split("|")[1].strip() for one in named(question, candidates([hit(text)])) if one.header]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who operates on the 15th of March?", ["2025-03-15"]),
        ("Who operates on 15 March 2025?", ["2025-03-15"]),
        ("Wer operiert am 15.03.2025?", ["2025-03-15"]),
        ("Who operates in ward B7?", ["2025-03-22"]),
        ("Who was in A4 on 15 March?", ["2025-03-15"]),
        ("Who was in B-7 or in A4?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
        ("Who operates in March 2025?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
        ("Who operates on 15 March 2024?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
        ("Who operates after 8 March?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
        ("Who operates in ward C9?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
        ("Who operates?", ["2025-03-08", "2025-03-15", "2025-03-22"]),
    ],
)
def test_rows_that_a_question_names(question: str, expected: list[str]) -> None:
    assert rows(question) == expected


@pytest.mark.parametrize(
    ("question", "rows_of_table"),
    [
        ("Who approves purchases above EUR 500?", ["up to EUR 500 | lead", "EUR 501 to EUR 5000 | manager"]),
        ("Who approves purchases of EUR 600?", ["up to EUR 500 | lead", "EUR 501 to EUR 600 | manager"]),
        ("Wer genehmigt Einkäufe über USD 500?", ["bis USD 500 | Leiter", "ab USD 501 | Chef"]),
        ("Which rate has Germany on 1 May 2025?", ["Germany | 2 January 2025", "France | 1 May 2025"]),
        ("Who comes on 1 May 2025?", ["daily | guard", "1 May 2025 | fitter"]),
    ],
)
def test_rows_that_may_answer_all_the_same_stay(question: str, rows_of_table: list[str]) -> None:
    table = "\n".join(["| What | Who |", "| --- | --- |", *(f"| {row} |" for row in rows_of_table)])
    assert len(rows(question, table)) == len(rows_of_table)


def test_days_since_when_a_row_holds_are_no_keys() -> None:
    table = "| Land | Rate | Changed |\n| --- | --- | --- |\n| A | 28 | 2025-01-02 |\n| B | 40 | 2025-05-01 |"
    assert rows("Which rate applies on 1 May 2025?", table) == ["A", "B"]


def test_what_stands_in_no_row_stays() -> None:
    found = named("Who operates on 15 March?", candidates([hit(ROTA)]))
    assert found[-1].text == "The rota of 8 March was changed."


def test_a_table_without_a_named_row_stays_beside_one_with_it() -> None:
    other = "Prices\n\n| Item | Price |\n| --- | --- |\n| Coat | 12 |"
    kept = named("Who operates on 15 March?", candidates([hit(ROTA), hit(other)]))
    assert [one.marker for one in kept if one.header] == [1, 2]
