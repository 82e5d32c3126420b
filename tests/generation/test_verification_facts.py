"""Numbers, dates, names and negations as a text says them."""

import pytest

from generation.verification.dates import agree, dates
from generation.verification.modality import stronger
from generation.verification.names import forms, known, names, stands
from generation.verification.numbers import quantities, same, unit_named
from generation.verification.polarity import conflict, without_lead
from generation.verification.roles import inverted
from ingest.sentences import seen_in_lower_case


def said(text: str) -> list[tuple[str, str]]:
    """Smallest value and unit of each strong number."""
    return [(min(one.values), one.unit) for one in quantities(text) if not one.weak]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,500 boats", [("1500", "")]),
        ("1 500 boats and 1'500 and 12.000.000", [("1500", ""), ("1500", ""), ("12000000", "")]),
        ("€2.40, 3,50 euros and GBP 120", [("2.4", "EUR"), ("3.5", "EUR"), ("120", "GBP")]),
        ("1.24 million rides and £35.0m", [("1240000", ""), ("35000000", "GBP")]),
        ("15 per cent, 15 percent, 15 %, 15%", [("15", "%")] * 4),
        ("2 percentage points, 2 percent points, 2 Prozentpunkte", [("2", "pp")] * 3),
        ("a 30-minute course in five working days", [("30", "minute"), ("5", "working day")]),
        ("twenty-five years, the twelfth, the 12th", [("25", "year"), ("12", ""), ("12", "")]),
        ("minus 7 °C and −2 °C", [("-7", "degree"), ("-2", "degree")]),
        ("8–12 pages", [("8", ""), ("12", "page")]),
        ("zwölf Tage", [("12", "day")]),
        ("dreißig Tage, dreissig Tage", [("30", "day"), ("30", "day")]),
        ("version 3.1.4", [("3.1.4", "")]),
        ("Step 3 of clause 4.2, § 41", [("3", "section"), ("4.2", "section"), ("41", "section")]),
        ("(5) Secondary work for 5 of us", [("5", "section"), ("5", "")]),
        ("3.5 hours", [("3.5", "hour")]),
        ("750ml, 80m², 2½ hours, 2.4GHz", [("750", "ml"), ("80", "m²"), ("2.5", "hour"), ("2.4", "GHz")]),
        ("two hundred euros, two thousand five hundred and fifty people", [("200", "EUR"), ("2550", "")]),
        ("3 billions, 1 Milliarde, zwei Millionen", [("3000000000", ""), ("1000000000", ""), ("2000000", "")]),
        ("the 1990s, 12 am, 2 at night", [("1990", ""), ("0", "time"), ("2", "time")]),
        ("20 m long, a length of 38 m.", [("20", "m"), ("38", "m")]),
        ("code F.33, bay 4E, P1", []),
        ("one of them, the first floor", []),
    ],
)
def test_numbers(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("1,500 m", "1500 metres", True),
        ("1.500", "1500", True),
        ("5 days", "five working days", True),
        ("5 days", "5 weeks", False),
        ("5", "5 weeks", True),
        ("$5", "€5", False),
        ("11 pm", "23:00", True),
        ("11 pm", "11 am", False),
        ("9:00", "nine", True),
        ("14", "15", False),
        ("-2 °C", "2 °C", False),
        ("25 %", "a quarter", True),
        ("12", "a dozen", True),
        ("two weeks", "14 days", True),
        ("two weeks", "14 working days", False),
        ("14 days", "14 Arbeitstage", True),
        ("14 working days", "14 Arbeitstage", True),
        ("14 Arbeitstage", "14 Kalendertage", False),
        ("14 Arbeitstage", "14 Werktage", False),
        ("two weeks", "14 Kalendertage", True),
        ("two weeks", "14 Arbeitstage", False),
        ("three decades", "30 years", True),
        ("24 months", "2 years", True),
        ("72 hours", "three days", True),
        ("14 weeks", "14 days", False),
        ("1.5 km", "1,500 m", True),
        ("half an hour", "30 minutes", True),
        ("half a year", "six months", True),
        ("half a year", "three months", False),
    ],
)
def test_the_same_number(one: str, other: str, equal: bool) -> None:
    assert any(same(left, right) for left in quantities(one) for right in quantities(other)) is equal


def test_a_column_names_its_unit() -> None:
    assert unit_named("Price (euros)") == "EUR"
    assert unit_named("Hotel ceiling per night") == ""
    assert unit_named("Price in euros per day") == ""


@pytest.mark.parametrize(
    "text",
    ["2025-03-03", "3 March 2025", "3rd of March 2025", "March 3, 2025", "3. März 2025", "3.3.2025", "03/03/2025"],
)
def test_dates_are_read_in_every_style(text: str) -> None:
    (found,) = dates(f"Until {text}, free.")
    assert (found.year, found.month, found.day) == (2025, 3, 3)


def test_dates_that_are_none_and_dates_with_two_readings() -> None:
    assert dates("children under 8 may march on, 5 Aprıl 2024") == []
    assert [(one.month, one.day) for one in dates("on 03/04/2025")] == [(4, 3), (3, 4)]
    assert [(one.month, one.day) for one in dates("on 25/04/2025")] == [(4, 25)]
    assert dates("24/7, release 04.02.10.1 and 1.2.10, 4-5 years, 10/11/12/13") == []
    assert [one.year for one in dates("since 31/12/68 and 31.12.69")] == [2068, 1969]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("3 March", "3 March 2025", True),
        ("3 March 2025", "3 March", True),  # the year is looked for beside it
        ("3 March 2025", "3 March 2024", False),
        ("March 2025", "3 March 2025", True),
        ("3 March", "4 March", False),
        ("3 March", "3 April", False),
        ("3 March", "March 2025", False),
    ],
)
def test_dates_agree(one: str, other: str, expected: bool) -> None:
    assert agree(dates(one)[0], dates(other)[0]) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The curator, Dr Wieland Maas, decides.", ["Wieland", "Maas"]),
        ("Mattingly fell ill.", ["Mattingly"]),
        ("Employees may swim.", []),
        ("Press F3 or set HelloEnabled=0 as CSV.", ["F3", "HelloEnabled=0", "CSV"]),
        ("It costs GBP 5 on 3 March.", []),
        ("Ask Anni's team. Then wait.", ["Anni's"]),
        ("Der Hund und die Katze mit P1.", ["P1"]),
        ("Höchstens sechs Personen.", []),
        ("Frau Schmidt leitet die Abteilung und die Logistik mit Dr. Kern.", ["Schmidt", "Kern"]),
        ("Ursula von der Leyen met Olaf.", ["Ursula", "Leyen", "Olaf"]),
        ("Whoever drives pays Anni.", ["Anni"]),
        ("Twelve at most.", []),
        ("Bay 4E and room 12b on the 5th, 80m² for 20GB.", ["4E", "12b"]),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert [one.text for one in names(text, seen_in_lower_case)] == expected


def test_names_stand_in_other_forms() -> None:
    there = known("Anni Kroll, curator of the SAF-T room, and the Müllers")
    assert all(stands(word, there) for word in ("Anni's", "KROLL", "SAF-T", "Müller"))
    assert not stands("Maas", there)
    assert "anni" in forms("Anni’s")
    assert stands("Tuesdays", known("Tue, Fri")) and stands("Thurs", known("Thursday"))
    assert not stands("Mondays", known("Tue, Fri"))


def test_names_that_change_places() -> None:
    source = "Swigert had replaced Mattingly three days before."
    both = ["Swigert", "Mattingly"]
    assert inverted(both, source, "Mattingly replaced Swigert.") == ("Mattingly", "Swigert")
    assert inverted(both, source, "Mattingly was replaced by Swigert.") is None
    assert inverted(both, "Swigert and Mattingly flew.", "Mattingly and Swigert flew.") is None
    assert inverted(both, source, "Swigert was replaced by Mattingly.") == ("Swigert", "Mattingly")
    assert inverted(both, "Swigert was helped by Mattingly.", "Swigert worked with Mattingly.") is None


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("Schmidt's manager is Braun.", False),
        ("Anna Schmidt's manager is Braun.", False),
        ("The manager of Anna Schmidt is Braun.", False),
        ("Braun's employee is Schmidt.", False),
        ("Braun's manager is Schmidt.", True),
        ("Schmidt manages Braun.", True),
        ("Braun is managed by Schmidt.", True),
        ("Schmidt is managed by Braun.", False),
    ],
)
def test_names_beside_a_possessive(statement: str, changed: bool) -> None:
    source = "Braun manages Anna Schmidt."
    assert bool(inverted(["Anna", "Schmidt", "Braun"], source, statement)) is changed


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Dogs are not allowed.", "Dogs are prohibited."),
        ("Dogs may not enter.", "Dogs cannot enter."),
        ("Dogs mustn't enter.", "Dogs must not enter."),
        ("It is free of charge.", "It costs nothing."),
        ("It is at most 5.", "It is not more than 5."),
        ("It may not exceed 5.", "It must not exceed 5."),
        ("No later than Friday.", "By Friday."),
        ("It is no longer sold.", "It is not sold any more."),
        ("Neither cats nor dogs.", "No cats or dogs."),
        ("The lift is not only for staff.", "The lift is for staff."),
        ("Hunde sind nicht erlaubt.", "Hunde sind verboten."),
        ("It opens before noon.", "It does not open after noon."),
        ("Open from 9 am.", "Open from 9 am to 5 pm."),
        ("Send it before Friday.", "Send it by Friday."),
        ("It rose by 5 since 2020.", "After 2020 it rose by 5."),
        ("Spätestens am Freitag.", "Bis Freitag."),
        ("Es gibt nichts im Mai.", "Im Mai ist nichts."),
        ("First block the card, then call.", "Block the card before you call."),
        ("No hay tasas.", "No hay ninguna tasa."),
        ("Sans frais.", "Sans aucun frais."),
    ],
)
def test_texts_that_do_not_contradict(statement: str, source: str) -> None:
    assert conflict(statement, source) == ""
    assert conflict(source, statement) == ""


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Dogs are allowed.", "Dogs are not allowed."),
        ("Dogs are allowed.", "Dogs are prohibited."),
        ("It costs at most 5.", "It costs at least 5."),
        ("Pay before the trip.", "Pay after the trip."),
        ("Use it if it rains.", "Use it unless it rains."),
        ("Fees increased.", "Fees fell."),
        ("It takes more than a day.", "It takes less than a day."),
        ("Everyone leaves with shoes.", "Everyone leaves without shoes."),
        ("Hunde dürfen hinein.", "Hunde dürfen nicht hinein."),
        ("Except on Mondays it is open.", "On Mondays it is open."),
        ("Außer am Montag ist offen.", "Am Montag ist offen."),
        ("Les chiens sont admis.", "Les chiens ne sont pas admis."),
        ("Se admiten perros.", "No se admiten nunca perros."),
        ("Honden zijn toegestaan.", "Honden zijn niet toegestaan."),
        ("I cani sono ammessi.", "I cani non sono ammessi."),
        ("It is valid until 5 May.", "It is valid from 5 May."),
        ("Es gilt ab 5. Mai.", "Es gilt bis zum 5. Mai."),
        ("Spätestens am Freitag.", "Frühestens am Freitag."),
        ("Ab dem 5. Mai.", "Spätestens am 5. Mai."),
        ("Pay after Friday.", "Pay by Friday."),
        ("Pay no later than 5 pm.", "Pay after 5 pm."),
        ("Children over 12 pay.", "Children up to 12 pay."),
    ],
)
def test_texts_that_contradict(statement: str, source: str) -> None:
    assert conflict(statement, source) != ""
    assert conflict(source, statement) != ""


def test_a_choice_is_no_duty() -> None:
    assert stronger("You must swim.", "You may swim.") == "it says “must” where the passage says “may”"
    assert stronger("You may swim.", "You must swim.") != ""
    assert stronger("You may only swim here.", "You must swim here.") == ""
    assert stronger("You can swim.", "You may swim.") == ""


def test_the_answer_to_the_question_is_left_out() -> None:
    assert without_lead("No, dogs stay out.") == "dogs stay out."
    assert without_lead("No dogs enter.") == "No dogs enter."
    assert without_lead("The answer to this question is: No, dogs stay out.") == "dogs stay out."
    assert without_lead("Die Antwort lautet: Nein.") == without_lead("The answer is no.") == ""
    assert without_lead("The answer is sent by post.") == "The answer is sent by post."
