"""What a mail repeats of earlier ones, and alternatives of which one says nothing."""

from collections.abc import Callable

import pytest

from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]

HEAD = "From: Ann <a@b.c>\nDate: Fri, 3 Jan 2025 10:00:00 +0000\nSubject: {subject}\nMIME-Version: 1.0\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n"


def said(sections: list[Section]) -> list[tuple[tuple[str, ...], str]]:
    """Headings below the subject and texts, without the head."""
    return [(section.headings[1:], section.text) for section in sections[1:]]


def mail(body: str, subject: str = "Leave") -> str:
    return HEAD.format(subject=subject) + body


BOB = "Earlier message (On Mon, 2 Jan 2023, Bob wrote)"
CARL = "Earlier message (Carl <c@x.y>, Monday, 2 January 2023 10:00)"


@pytest.mark.parametrize(
    "body",
    [
        PLAIN + "30 now.\n\nOn Mon, 2 Jan 2023, Bob wrote:\n\n> Staff have\n>> 25 days.\n",
        PLAIN + "30 now.\n\nOn Mon, 2 Jan 2023,\nBob wrote:\n> Staff have\n> 25 days.",
        HTML + '<p>30 now.</p><div class="gmail_quote"><div>On Mon, 2 Jan 2023, Bob wrote:<br></div>'
        '<blockquote class="gmail_quote"><p>Staff have\n25 days.</p></blockquote></div>',
        HTML + "<p>30 now.</p><div>On Mon, 2 Jan 2023, Bob wrote:</div>"
        '<blockquote type="cite">Staff have 25 days.</blockquote>',
    ],
)  # fmt: skip
def test_quoted_text_stands_below_who_wrote_it(parse: Parse, body: str) -> None:
    new, (headings, text) = said(parse("a.eml", mail(body)))
    assert new == ((), "30 now.")
    assert (headings, " ".join(text.split())) == ((BOB,), "Staff have 25 days.")


@pytest.mark.parametrize(
    "body",
    [
        PLAIN + "30 now.\n\n________________\nFrom: Carl <c@x.y>\nSent: Monday, 2 January 2023 10:00\nTo: Ann\n"
        "Subject: Leave\n\n25 days.",
        PLAIN + "30 now.\n\n---------- Forwarded message ---------\nFrom: Carl <c@x.y>\n"
        "Date: Monday, 2 January 2023 10:00\nSubject: Leave\nTo: Ann\n\n\n25 days.",
        PLAIN + "30 now.\n\n-----Ursprüngliche Nachricht-----\nVon: Carl <c@x.y>\n"
        "Gesendet: Monday, 2 January 2023 10:00\nAn: Ann\nBetreff: Leave\n\n> 25 days.",
        HTML + "<p>30 now.</p><div><p><b>From:</b> Carl &lt;c@x.y&gt;<br><b>Sent:</b> Monday, 2 January 2023 10:00<br>"
        "<b>To:</b> Ann<br><b>Subject:</b> Leave</p></div><p>25 days.</p>",
    ],
)
def test_all_below_the_head_of_an_earlier_mail_is_its_text(parse: Parse, body: str) -> None:
    new, ((label,), text) = said(parse("a.eml", mail(body)))
    fields, _, rest = text.partition("\n\n")
    assert (new, label, rest.strip()) == (((), "30 now."), CARL, "25 days.")
    assert sorted(fields.split("\n")) in (["Subject: Leave", "To: Ann"], ["An: Ann", "Betreff: Leave"])


BLOCK = "From: Leeds\nTo: London\nDate: 5 May 2025\n{}\n\nThe hotel limit is 150 EUR."


def test_fields_alone_begin_an_earlier_mail_only_in_an_answer(parse: Parse) -> None:
    for text in (BLOCK.format("Seat: 14"), BLOCK.format("Subject: Leave")):
        assert said(parse("a.eml", mail(PLAIN + text))) == [((), text)]
    booking = BLOCK.format("Seat: 14")
    assert said(parse("a.eml", mail(PLAIN + booking, "Re: Trip"))) == [((), booking)]
    memo = PLAIN + "See below.\n\n" + BLOCK.format("Subject: Hotels")
    kept = "To: London\nSubject: Hotels\n\nThe hotel limit is 150 EUR."
    label = "Earlier message (Leeds, 5 May 2025)"
    assert said(parse("a.eml", mail(memo, "Re: Trip"))) == [((), "See below."), ((label,), kept)]


def test_answers_between_quotes(parse: Parse) -> None:
    body = PLAIN + "> Is it 25?\n\nNo, 30.\n\n> Since when?\n\nMarch.\n"
    expected = [("Earlier message",), (), ("Earlier message",), ()]
    assert [headings for headings, _ in said(parse("a.eml", mail(body, "Re: Leave")))] == expected
    assert said(parse("a.eml", mail(body)))[0][1].startswith("> Is it 25?")  # of no answer: > may be what it says


@pytest.mark.parametrize(
    "text", ["From: Monday\nTo: Friday\nDays: 5", "Von: Bremen\nAn: Leeds", "On Monday he wrote:\nx"]
)
def test_what_is_no_earlier_mail(parse: Parse, text: str) -> None:
    assert said(parse("a.eml", mail(PLAIN + text))) == [((), text)]


def alternatives(plain: str, html: str) -> str:
    parts = f"--X\n{PLAIN}{plain}\n--X\n{HTML}{html}\n--X--\n"
    return mail(f"Content-Type: multipart/alternative; boundary=X\n\n{parts}")


RULE = "From 1 March all staff have 30 days of leave."


@pytest.mark.parametrize(
    ("plain", "texts"),
    [
        ("This is an HTML e-mail. Please use a client that can show HTML.", [RULE]),
        ("From 1 March", [RULE]),
        ("All have 30 days of leave from 1 March: hooray.", ["All have 30 days of leave from 1 March: hooray."]),
        ("Agenda: pets, parking.", ["Agenda: pets, parking.", RULE]),
    ],
)  # fmt: skip
def test_a_plain_text_that_lacks_the_message(parse: Parse, plain: str, texts: list[str]) -> None:
    assert [text for _, text in said(parse("a.eml", alternatives(plain, f"<p>{RULE}</p>")))] == texts


def test_a_message_without_blanks_is_read_once(parse: Parse) -> None:
    text = "所有员工每年享有三十天的带薪年假请在系统中提前两周提交申请并等待经理批准"
    plain, html = ("\n".join(text[i : i + n] for i in range(0, len(text), n)) for n in (11, 8))
    assert len(said(parse("a.eml", alternatives(plain, f"<p>{html}</p>")))) == 1


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE", "every week on MO, WE"),
        ("FREQ=MONTHLY;INTERVAL=2;UNTIL=20251231T000000Z", "every 2 months until 2025-12-31 00:00 UTC"),
        ("FREQ=YEARLY;COUNT=3", "every year, 3 times"),
        ("FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO", "FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO"),
    ],
)
@pytest.mark.parametrize("cancelled", ["", "METHOD:CANCEL\n{}", "{}STATUS:CANCELLED\n"])
def test_events_that_are_repeated_or_cancelled(parse: Parse, rule: str, shown: str, cancelled: str) -> None:
    event = f"BEGIN:VEVENT\nSUMMARY:Fire drill\nDTSTART:20250301\nRRULE:{rule}\n"
    calendar = f"BEGIN:VCALENDAR\n{(cancelled or '{}').format(event)}END:VEVENT\nEND:VCALENDAR\n"
    ((_, text),) = said(parse("a.eml", mail(f"Content-Type: text/calendar\n\n{calendar}")))
    name = "Cancelled event" if cancelled else "Event"
    assert text == f"{name}: Fire drill\nStart: 2025-03-01\nRepeated: {shown}"
