"""What comes first, what is changed into what, and whether a statement turns that round."""

import pytest

from tests.generation.test_verification_senses import supported

CHECKLIST = "Before the trip, book the hotel; after the trip, submit the receipts."
AUDIT = "Passwords are changed before the audit, and the report is written after the audit."
BADGE = "Visitors sign in before they receive a badge."
SERVER = "Back up the data before updating the server."


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        ("Submit the form after travel.", "The form is submitted after travel.", "Submit the form before travel."),
        (CHECKLIST, "The hotel is booked before the trip.", "Book the hotel after the trip."),
        (CHECKLIST, "Submit the receipts after the trip.", "Submit the receipts before the trip."),
        (AUDIT, "Passwords are changed before the audit.", "Passwords are changed after the audit."),
        (AUDIT, "The report is written after the audit.", "The report is written before the audit."),
        (BADGE, "Visitors receive a badge after they sign in.", "Visitors receive a badge before they sign in."),
        (BADGE, "Before visitors receive a badge, they sign in.", "Visitors sign in after they receive a badge."),
        (SERVER, "Update the server after backing up the data.", "Update the server before backing up the data."),
        (
            "The manager signs before the director signs.",
            "The director signs after the manager signs.",
            "The director signs before the manager signs.",
        ),
        (
            "Remote work is not allowed until probation ends.",
            "Remote work is allowed after probation ends.",
            "Remote work is not allowed after probation ends.",
        ),
        (
            "The discount applies until the contract is signed.",
            "The discount applies before the contract is signed.",
            "The discount applies once the contract is signed.",
        ),
        (
            "Access is granted from the first day of employment.",
            "Access is granted as of the first day of employment.",
            "Access is granted until the first day of employment.",
        ),
        (
            "The laptop is returned by the last day of work.",
            "The laptop is returned no later than the last day of work.",
            "The laptop is returned after the last day of work.",
        ),
        (
            "The early shift starts earlier than the late shift.",
            "The late shift starts later than the early shift.",
            "The late shift starts earlier than the early shift.",
        ),
        (
            "The doors are locked at ten, after which guests use a chip.",
            "Guests use a chip after the doors are locked.",
            "Guests use a chip before the doors are locked.",
        ),
        (
            "Der Antrag wird nach der Reise gestellt.",
            "Nach der Reise wird der Antrag gestellt.",
            "Vor der Reise wird der Antrag gestellt.",
        ),
        (
            "Die Daten werden gesichert, bevor der Server aktualisiert wird.",
            "Bevor der Server aktualisiert wird, werden die Daten gesichert.",
            "Die Daten werden gesichert, nachdem der Server aktualisiert wurde.",
        ),
        (
            "Die Regel gilt bis zum Ende der Probezeit.",
            "Bis zum Ende der Probezeit gilt die Regel.",
            "Die Regel gilt ab dem Ende der Probezeit.",
        ),
        ("Der Zug fährt sonntags früher.", "Sonntags fährt der Zug früher.", "Der Zug fährt sonntags später."),
    ],
)
def test_what_comes_first(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


DEADLINE = "The deadline was moved from 3 May to 10 May."
OFFICE = "The office moved from Leeds to York in 2023."
LIMIT = "The limit was increased from 20 users to 30 users."
SOFTWARE = "We replaced SAP with Odoo."
TERMIN = "Der Termin wurde vom 3. Mai auf den 10. Mai verschoben."


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        (DEADLINE, "The deadline was moved to 10 May from 3 May.", "The deadline was moved from 10 May to 3 May."),
        (DEADLINE, "The deadline is now 10 May.", "The deadline is now 3 May."),
        (DEADLINE, "The deadline was 3 May before it was moved.", "The deadline was moved to 3 May."),
        (OFFICE, "In 2023 the office moved to York from Leeds.", "The office moved from York to Leeds in 2023."),
        (OFFICE, "The office moved to York in 2023.", "The office moved to Leeds in 2023."),
        (OFFICE, "The office moved from Leeds in 2023.", "The office moved from York in 2023."),
        (LIMIT, "The limit was increased to 30 users.", "The limit was increased from 30 users to 20 users."),
        (SOFTWARE, "SAP was replaced by Odoo.", "Odoo was replaced by SAP."),
        (SOFTWARE, "Odoo took the place of SAP.", "SAP took the place of Odoo."),
        ("SAP was replaced with Odoo.", "Odoo replaced SAP.", "SAP replaced Odoo."),
        (
            "The paper forms were replaced with online forms.",
            "The online forms replaced the paper forms.",
            "The online forms were replaced with paper forms.",
        ),
        ("The team switched from Slack to Teams.", "The team switched to Teams.", "The team switched to Slack."),
        (
            "The meeting was postponed from Monday to Friday.",
            "The meeting is on Friday.",
            "The meeting is on Monday.",
        ),
        (
            "Opening was moved from 9 am to 10 am.",
            "Opening was moved to 10 am.",
            "Opening was moved from 10 am to 9 am.",
        ),
        (
            "The status changes from open to closed.",
            "The status changes to closed.",
            "The status changes from closed to open.",
        ),
        (
            TERMIN,
            "Der Termin wurde auf den 10. Mai verschoben.",
            "Der Termin wurde vom 10. Mai auf den 3. Mai verschoben.",
        ),
        ("SAP wurde durch Odoo ersetzt.", "Odoo ersetzt SAP.", "Odoo wurde durch SAP ersetzt."),
        (
            "Das Büro zog von Bremen nach Hamburg.",
            "Das Büro zog nach Hamburg.",
            "Das Büro zog von Hamburg nach Bremen.",
        ),
    ],
)
def test_what_was_changed_into_what(passage: str, right: str, wrong: str) -> None:
    assert supported(right, passage)
    assert not supported(wrong, passage)


def test_both_directions_may_stand_in_one_sentence() -> None:
    coach = "A coach gives six lessons, three before and three after the leave."
    assert supported("A coach gives three lessons before the leave.", coach)
    assert supported("A coach gives three lessons after the leave.", coach)
    assert supported("Trains go from York to Leeds.", "Trains go from Leeds to York and from York to Leeds.")


def test_what_was_before_a_change_may_be_spoken_of_for_itself() -> None:
    passage = "The fair was moved from 3 May to 10 May since 3 May is a holiday."
    assert supported("3 May is a holiday.", passage)
