import base64
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.errors import UnreadableFileError
from ingest.parsers.routing import RoutingParser
from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]


def message(**parts: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Grüße an alle", "Ann <ann@example.org>", "bob@example.org"
    mail["Date"] = "Mon, 05 Feb 2024 10:00:00 +0000"
    if "plain" in parts:
        mail.set_content(parts["plain"])
    if "html" in parts:
        (mail.add_alternative if "plain" in parts else mail.set_content)(parts["html"], subtype="html")
    return mail


def test_eml_prefers_plain_and_names_attachments(parser: RoutingParser, tmp_path: Path) -> None:
    mail = message(plain="Hello\n\nthere", html="<p>HTML</p>")
    mail.add_attachment(b"%PDF-secret", maintype="application", subtype="pdf", filename="plan.pdf")
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    head, body = parser.parse(tmp_path / "a.eml")
    assert head.headings == body.headings == ("Grüße an alle",)
    assert head.text.split("\n") == [
        "From: Ann <ann@example.org>",
        "To: bob@example.org",
        "Date: Mon, 05 Feb 2024 10:00:00 +0000",
        "Attachments: plan.pdf",
    ]
    assert body.text == "Hello\n\nthere"


def test_eml_html_body(parser: RoutingParser, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(message(html="<h1>Top</h1><p>Words &amp; more</p>").as_bytes())
    assert [(s.headings, s.text) for s in parser.parse(tmp_path / "a.eml")][1:] == [
        (("Grüße an alle", "Top"), "Words & more")
    ]


def bodies(sections: list[Section]) -> list[str]:
    return [section.text for section in sections if not section.text.startswith("From: ")]


@pytest.mark.parametrize("blank", ["", " \n", "\xa0\n", "\u200b\n", "\ufeff\u034f \u2060\n"])
def test_blank_alternative_is_passed_over(parser: RoutingParser, tmp_path: Path, blank: str) -> None:
    (tmp_path / "a.eml").write_bytes(message(plain=blank, html="<p>The body.</p>").as_bytes())
    assert bodies(parser.parse(tmp_path / "a.eml")) == ["The body."]


def multipart(*parts: str) -> str:
    body = "".join(f"--X\n{part}\n" for part in parts)
    return f"From: a@b.c\nSubject: S\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=X\n\n{body}--X--\n"


def test_all_texts_are_read_in_order(parse: Parse) -> None:
    image = "Content-Type: image/png; name=plan.png\nContent-Disposition: inline\n\nabc"
    notes = "Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nNot read."
    content = multipart("\nFirst.", image, "Content-Type: text/html\n\n<p>Second.</p>", notes)
    head, *texts = parse("a.eml", content)
    assert head.text == "From: a@b.c\nAttachments: plan.png, notes.txt"
    assert [text.text for text in texts] == ["First.", "Second."]


@pytest.mark.parametrize("odd", ["\ufeff", "\u200b", ""])
def test_a_blank_part_is_passed_over(parse: Parse, odd: str) -> None:
    sections = parse("a.eml", multipart("\nFirst.", f"Content-Type: text/plain; charset=utf-8\n\n{odd}"))
    assert [section.text for section in sections] == ["From: a@b.c", "First."]


def test_a_part_that_is_no_text_is_named_like_an_attachment(parse: Parse) -> None:
    log = "Content-Type: text/plain; name=trace.log\nContent-Disposition: inline\n\na\0b"
    forwarded = "Content-Type: message/rfc822\n\nFrom: d@e.f\nSubject: T\n\na\0b"
    sections = parse("a.eml", multipart("\nFirst.", log, "\nc\0d", forwarded))
    assert [section.text for section in sections] == [
        "From: a@b.c\nAttachments: trace.log, text/plain",
        "First.",
        "From: d@e.f\nAttachments: text/plain",
    ]


def test_a_message_of_one_part_that_is_no_text_is_refused(parse: Parse) -> None:
    with pytest.raises(UnreadableFileError, match=r"a\.eml is not text but looks like binary data"):
        parse("a.eml", "From: a@b.c\n\na\0b")


@pytest.mark.parametrize("boundary", ["", "; boundary=Y"])
def test_several_parts_without_their_boundary_are_text(parse: Parse, boundary: str) -> None:
    mail = f"From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed{boundary}\n\nThe body.\n"
    assert bodies(parse("a.eml", mail)) == ["The body."]


def test_forwarded_message_is_read(parse: Parse) -> None:
    inner = multipart("\nThe limit is 500.").replace("Subject: S", "Subject: Limits").replace("X", "Y")
    sections = parse("a.eml", multipart("\nSee below.", f"Content-Type: message/rfc822\n\n{inner}"))
    assert [(section.headings, section.text) for section in sections] == [
        (("S",), "From: a@b.c"),
        (("S",), "See below."),
        (("S", "Limits"), "From: a@b.c"),
        (("S", "Limits"), "The limit is 500."),
    ]


def test_forwarded_message_may_be_encoded(parse: Parse) -> None:
    inner = base64.encodebytes(b"From: b@b.c\nSubject: Limits\n\nThe limit is 500.\n").decode()
    head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment"
    sections = parse("a.eml", multipart("\nSee below.", f"{head}\n\n{inner}"))
    assert [(section.headings, section.text) for section in sections[2:]] == [
        (("S", "Limits"), "From: b@b.c"),
        (("S", "Limits"), "The limit is 500."),
    ]


def test_an_invitation_says_what_when_and_where(parse: Parse) -> None:
    calendar = (
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nDTSTART:19701025T030000\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
        'DTSTART;TZID="Europe/Berlin":20250304T090000\nDTEND:20250304T093000Z\n'
        "SUMMARY;LANGUAGE=de:Review\\, part\n  two\n"
        "LOCATION:Room 7\nUID:x1\nBEGIN:VALARM\nSUMMARY:Alarm\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    plain = "Content-Type: text/plain\n\nPlease come."
    mail = multipart(plain, f"Content-Type: text/calendar; method=REQUEST\n\n{calendar}")
    event = "Start: 2025-03-04 09:00 Europe/Berlin\nEnd: 2025-03-04 09:30 UTC\nEvent: Review, part two\nPlace: Room 7"
    for kind in ("mixed", "alternative"):
        assert bodies(parse("a.eml", mail.replace("multipart/mixed", f"multipart/{kind}"))) == ["Please come.", event]


@pytest.mark.parametrize("header", ["From: <", "Message-ID: <", "From: a@[", "To: a@[\nFrom: <"])
def test_headers_that_break_the_grammar(parse: Parse, header: str) -> None:
    sections = parse("a.eml", f"{header}\nSubject: S\n\nBody.\n")
    assert sections[-1].text == "Body."
    assert not header.startswith("From") or header.split("\n")[0] in sections[0].text


def test_subject_without_control_characters(parse: Parse) -> None:
    (section,) = parse("a.eml", "Subject: =?utf-8?B?QUEAQkI=?=\n\nBody.\n")
    assert section.headings == ("AABB",)


@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "utf-8"])
def test_western_charsets_of_a_body(parse: Parse, charset: str) -> None:
    for encoding in ("cp1252", "utf-8"):
        head = f"From: a@b.c\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
        assert bodies(parse("a.eml", (head + "Price €100, it’s\n").encode(encoding))) == ["Price €100, it’s"]


def test_utf_16_body(parse: Parse) -> None:
    mail = message()
    mail.set_content("Größe".encode("utf-16-le"), maintype="text", subtype="plain", params={"charset": "utf-16le"})
    del mail["Content-Disposition"]
    assert bodies(parse("a.eml", mail.as_bytes())) == ["Größe"]
