"""The exact words of a quote that answer a question."""

from dataclasses import replace
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.citations import citation_at
from generation.lookup import SURELY, Asked, asked_for, short_answer, shortened
from tests.generation.passages import hit


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who approves travel?", Asked.PERSON),
        ("By when must I hand it in?", Asked.DATE),
        ("In what year was it built?", Asked.YEAR),
        ("How many days of leave do I have?", Asked.COUNT),
        ("How much is the allowance?", Asked.MEASURE),
        ("How long are logs kept?", Asked.MEASURE),
        ("What time does the canteen open?", Asked.TIME),
        ("What is the e-mail address of the desk?", Asked.EMAIL),
        ("What is Denise's phone number?", Asked.PHONE),
        ("What is the number of the hotline?", Asked.PHONE),
        ("What is the number of inhabitants?", Asked.COUNT),
        ("Why is the lift closed?", None),
        ("What satellite was used when it began?", None),
        ("Who approves it and when?", None),
        ("Is it in May or in June, and how many days?", None),
        ("Wie viele Tage Urlaub gibt es?", Asked.COUNT),
    ],
)
def test_what_is_asked_for(question: str, kind: Asked | None) -> None:
    assert asked_for(question) == kind


@pytest.mark.parametrize(
    ("question", "quote", "expected"),
    [
        ("How many days of leave are there?", "There are 30 days of leave and 12 holidays.", "30 days"),
        ("How many days can I work from home?", "Office staff may do so up to three days a week.", "up to three days"),
        ("How long is the notice?", "The notice is 14 calendar days.", "14 calendar days"),
        ("How long is the notice?", "The notice is ten working days.", "ten working days"),
        ("How many days are there?", "There are 30 working days of leave.", "30 working days"),
        ("How many people work there?", "About 1200 people work there on 3 sites.", "About 1200"),
        ("What is the number of inhabitants?", "On 2023-05-14 the town had 14512 inhabitants.", "14512"),
        ("How long is the tunnel?", "The tunnel is 57 km long, and trains pass it in 20 minutes.", "57 km"),
        ("What is the number for the desk?", "Since 2023-05-14 it is 0421 5550144.", "0421 5550144"),
        ("How much is the fee?", "The fee is EUR 12.50 from 2025 on.", "EUR 12.50"),
        ("How long is the notice period?", "The notice period is 3 to 6 months.", "3 to 6 months"),
        ("How long is it kept?", "It costs 5 euros and is kept for at least 13 months.", "at least 13 months"),
        ("How long may it take?", "It may take no more than 3 weeks.", "no more than 3 weeks"),
        ("How many days may I carry over?", "You may carry over a maximum of 5 days.", "a maximum of 5 days"),
        ("How long are they kept?", "They are kept for a minimum of 6 months.", "a minimum of 6 months"),
        ("Wie viele Tage sind es?", "Es sind maximal 3 Tage.", "maximal 3 Tage"),
        ("Wie viele Tage sind es?", "Es sind nicht mehr als 5 Tage.", "nicht mehr als 5 Tage"),
        ("Wie viele Mitarbeiter sind es?", "Für Firmen mit weniger als 50 Mitarbeitern gilt er.", "weniger als 50"),
        ("Wann ist er fällig?", "Er ist bis zum 30. November fällig.", "bis zum 30. November"),
        ("Wann ist er fällig?", "Er ist spätestens am 30. November fällig.", "spätestens am 30. November"),
        ("Wann beginnt es?", "Es beginnt frühestens am 1. Mai 2025.", "frühestens am 1. Mai 2025"),
        ("Wann ist geschlossen?", "Vom 1. bis zum 15. Mai ist geschlossen.", "Vom 1. bis zum 15. Mai"),
        ("How far is it to the port?", "The port is 25 miles (40 km) away.", "25 miles"),
        ("When does the freeze begin?", "The freeze begins on 15 December 2025.", "15 December 2025"),
        ("When is the freeze?", "Nothing is released from 15 December to 6 January.", "from 15 December to 6 January"),
        ("In which year was it founded?", "It was founded in Bremen in 1987 by two brothers.", "1987"),
        ("What time does the canteen open?", "The canteen opens at 11:30.", "11:30"),
        ("Who leads the desk?", "Complaints go to Priya Dunmore, who leads the desk.", "Priya Dunmore"),
        ("Who played?", "The part was played by Lothar de Maizière in the end.", "Lothar de Maizière"),
        ("Who wrote it?", "It was written by Rajendra K. Pachauri in 1875.", "Rajendra K. Pachauri"),
        ("What is the e-mail address?", "Write to desk@tarnholm.example for help.", "desk@tarnholm.example"),
        ("How many members must be present?", "At least five of the ten members must be present.", "At least five"),
        ("How many members are there?", "At least five of the ten members must be present.", "ten"),
        ("How many members has the board?", "Five of its ten members must be present.", "ten"),
        ("How many days of leave are there?", "There are 30 days, which remain valid until March.", "30 days"),
        ("Until when is the shop open?", "The shop closes at 9 pm on Sundays.", "9 pm"),
        ("How many days can I carry over?", "You can carry over 5 days.", "5 days"),
        ("How many days can I carry over?", "Employees can carry over five days until 31 March.", "five days"),
        ("How many passengers are there?", "It has over 37 million passengers.", "over 37 million"),
        ("Wie viele Standorte sind es?", "Teams, die über 14 Standorte verteilt sind.", "14"),
        ("How many people work here?", "The company has 4,000 employees.", "4,000"),
        ("How many employees are there?", "The company has 4,000 workers.", "4,000"),
        ("How many persons belong to the club?", "It has 45 members.", "45"),
        ("How many keys are there?", "They hand over 3 keys.", "3"),
        ("How many sites has it?", "It is spread over 14 sites.", "14"),
        ("How many sites has it?", "It has over 14 sites.", "over 14"),
        ("Wie viele Tage gibt es?", "Sie verfügen über 30 Tage.", "30 Tage"),
        ("Wie viele Tage gibt es?", "Es sind über 30 Tage.", "über 30 Tage"),
        ("When is it closed?", "It is between 24 December and 1 January.", "between 24 December and 1 January"),
        ("How many weeks does it last?", "It lasts between 14 and 18 weeks.", "between 14 and 18 weeks"),
        ("How long does it take?", "Between 3 and 5 days.", "Between 3 and 5 days"),
        ("Wie lange dauert es?", "Es dauert zwischen drei und fünf Tagen.", "zwischen drei und fünf Tagen"),
        ("How old must they be?", "They must be 16 years or older.", "16 years or older"),
        ("How old must they be?", "They must be 16 years of age or older.", "16 years of age or older"),
        ("How long may it take?", "It may take three days at most.", "three days at most"),
        ("How long is it kept?", "It is kept 24 months minimum.", "24 months minimum"),
        ("How much is it?", "It is EUR 50 or less.", "EUR 50 or less"),
        ("How fast may I go?", "You may go 20 km/h.", "20 km/h"),
        (
            "How many hours per week may I work from home?",
            "You may work from home two days per week, that is 16 hours.",
            "16 hours",
        ),
        ("How many euros is it?", "The fee is EUR 12.", "EUR 12"),
        ("How many days of leave are there?", "There are 30 days and 12 holidays.", "30 days"),
        ("How many employees were there?", "In 2019, 15 employees worked here.", "15"),
        ("How many employees were there?", "In 2019 15 employees worked here.", "15"),
        ("What is the phone number?", "Call (030) 123 456.", "(030) 123 456"),
        ("What is the phone number?", "Call +49 (30) 123-456.", "+49 (30) 123-456"),
        ("What is the phone number?", "Call 0800/123 45 67 (24 hours).", "0800/123 45 67"),
        ("What is the phone number?", "Call us (0421 5550144) at any hour.", "0421 5550144"),
        ("What is the phone number?", "Call us (04215550144) at any hour.", "04215550144"),
        ("What is the phone number of the desk?", "Ring +49 421 555 0144 at any hour.", "+49 421 555 0144"),
        ("Until when is the canteen open?", "The canteen opens at 11:30 and closes at 14:00.", "14:00"),
        ("When does the canteen open?", "The canteen opens at 11:30 and closes at 14:00.", "11:30"),
        ("When does lunch end?", "Lunch starts at 11:30 and ends at 14:00.", "14:00"),
        ("When does the meeting end?", "The meeting begins on 3 May and ends on 5 May.", "5 May"),
        (
            "Who founded the canteen?",
            "It was founded in 1987 by Marta Vogel and has been run by Jan de Boer.",
            "Marta Vogel",
        ),
        ("Who did Anna Weber replace?", "Anna Weber replaced Luc Petit in 2020.", "Luc Petit"),
        ("Who replaced Anna Weber?", "Anna Weber was replaced by Luc Petit in 2020.", "Luc Petit"),
        ("Who reports to Ute Lange?", "Tom Hill reports to Ute Lange.", "Tom Hill"),
        ("How many hours does a shift take?", "A shift takes seven and a half hours.", "seven and a half hours"),
        ("How many days do part-timers have?", "Full-time staff have 30 days, part-timers have 15 days.", "15 days"),
    ],
)
def test_the_words_that_answer(question: str, quote: str, expected: str) -> None:
    span = short_answer(question, quote)
    assert span is not None
    assert quote[slice(*span)] == expected


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Why is the lift closed?", "It is closed for 3 days."),
        ("How many days?", "Nobody counts them."),
        ("How many rooms does the house of 1987 have?", "It was built in 1987."),
        ("Who leads it?", "The office in South Harbour is led by its members."),
        ("Who leads the Harbour Office?", "The Harbour Office is led by its members."),
        ("When is it?", "It is on 3 May 2025 in Leeds, on 4 May 2025 in Bremen."),
        ("How long is it kept?", "It costs 5 euros."),
        ("How many tonnes did flights cause?", "| Flights | 410 | 655 | 590 |"),
        ("How many days may I carry over?", "Nobody may carry over more than 5 days."),
        ("Wie viele Tage sind es?", "Niemand darf mehr als 5 Tage übertragen."),
        ("Wie viele Tage sind es?", "Es sind niemals 5 Tage."),
        ("Wie viele Tage sind es?", "Weder Teilzeit noch Vollzeit hat 5 Tage."),
        ("Wie viele Tage sind es?", "Ohne Attest sind es 3 Tage."),
        ("Who leads the desk?", "Priya Dunmore doesn't lead the desk."),
        ("How much is the fee?", "Article 7 sets the fee."),
        ("How long is the tunnel?", "Section 7 long remained closed."),
        ("When does registration close?", "Registration opens on 3 May 2025."),
        ("When does the contract end?", "The contract starts on 1 January 2024 and runs for two years."),
        ("Until when is registration open?", "Registration opens on 3 May 2025."),
        ("What time does the shop close?", "The shop opens at 9 am."),
        ("When was the policy last updated?", "The policy was first published on 3 May 2019."),
        ("How much did revenue grow?", "Revenue fell by 12%."),
        ("How many staff answered?", "5 % of the 200 staff answered."),
        ("How long may it take?", "Allow 3 weeks for A, 5 weeks for B."),
        ("How many projects are there?", "She takes over 14 projects."),
        ("Who approves overtime?", "Overtime is approved by Maria Lopez or Ken Adams."),
        ("Who approves overtime?", "Overtime is approved by Maria Lopez or the head of the desk."),
        ("Who are the safety officers?", "The safety officers are Tom Hill and Ute Lange."),
        ("Who are the safety officers?", "The safety officers are Tom Hill and the nurse."),
        ("Who are the safety officers?", "The safety officers are the nurse and Tom Hill."),
        ("How long does delivery take?", "Delivery takes three or four days."),
        ("How much is the fee?", "The fee is EUR 50 or 5 % of the price."),
        ("When is the office closed?", "The office is closed on 24 December and on 1 January."),
        ("When is the office closed?", "The office is closed on 24 and 31 December."),
        ("What is the phone number?", "The phone number is 0421 5550144 or 0421 5550145."),
        ("Who may enter the lab?", "All staff except Ute Lange may enter the lab."),
        ("Wer darf ins Labor?", "Alle außer Ute Lange dürfen ins Labor."),
        ("How many people does it seat?", "It has 45 square metres."),
        ("How many people does the room seat?", "The room has 45 square metres and seats 12."),
        ("When does it lapse?", "Leave carried over 2024 lapses."),
        ("How many passengers are there?", "It carries over 37 million passengers."),
        ("Who runs the canteen?", "The canteen was founded by Marta Vogel and has been run by Jan de Boer since 2015."),
        ("Who replaced Anna Weber?", "Anna Weber replaced Luc Petit in 2020."),
        ("Who does Ute Lange report to?", "Tom Hill reports to Ute Lange."),
        ("Who must not enter the lab?", "Visitors like Tom Hill may enter the lab."),
        ("How many women work at the Leeds site?", "The Leeds site has 112 employees."),
        ("How many people work here?", "The company has hired 45 new employees."),
        ("How many employees are there?", "The company has 45 members."),
        ("How many people died?", "The hotel, built in 1912, has 45 rooms."),
        ("How many days of leave do part-time employees have?", "Full-time employees have 30 days."),
        ("How many days do mothers get?", "Fathers get 20 working days, paid in full."),
    ],
)
def test_none_where_it_is_not_sure(question: str, quote: str) -> None:
    assert short_answer(question, quote) is None


def test_its_place_in_the_document() -> None:
    text = "It is law. The notice period is three months."
    found = hit(text, start=100)
    citation = citation_at(1, found, 11, len(text), SURELY)
    short = shortened("How long is the notice period?", citation)
    assert short is not None
    assert (short.text, short.marker, short.document_id) == ("three months", 1, "doc-1")
    assert text[short.char_start - 100 : short.char_end - 100] == short.text
    assert shortened("How long is the notice period?", replace(citation, support=SURELY - 0.01)) is None


@pytest.mark.parametrize("long", ["ab" * 30_000, "4711 " * 10_000, "a." * 30_000])
def test_a_long_quote_is_not_looked_through(long: str) -> None:
    text = f"The address of the desk is desk@tarnholm.example {long}"
    citation = citation_at(1, hit(text), 0, len(text), SURELY)
    started = thread_time()
    assert shortened("What is the e-mail address of the desk?", citation) is None
    short_answer("Which e-mail is it?", text[:2000])
    assert thread_time() - started < 1


PIECES = [
    "three",
    "14",
    " to ",
    "between ",
    " days",
    " EUR",
    "5 May 2024",
    "Maria Lopez",
    "over ",
    " or ",
    ", ",
    ". ",
    "a@b.org",
]


@given(
    st.sampled_from(["How many days?", "When?", "Who?", "How long?", "What year?", "Which email?"]),
    st.lists(st.sampled_from(PIECES)).map("".join) | st.text(max_size=80),
)
def test_it_always_stands_in_the_quote(question: str, quote: str) -> None:
    span = short_answer(question, quote)
    assert span is None or (0 <= span[0] < span[1] <= len(quote) and quote[slice(*span)].strip())
