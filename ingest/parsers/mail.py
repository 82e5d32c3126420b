"""E-mail messages: the subject is the heading, then sender, recipients and date, then the body."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from ingest.errors import UnreadableFileError
from ingest.parsers.blocks import Heading, Paragraph, sections_of
from ingest.parsers.checks import check_not_empty
from ingest.parsers.decoding import decode
from ingest.types import Section

SHOWN_HEADERS = ("From", "To", "Cc", "Date")
EXPECTED_HEADERS = ("From", "To", "Date", "Subject", "Received", "Message-ID")


def read_eml(path: Path, name: str) -> list[Section]:
    """The plain body is preferred to the HTML one; attachments are named but not parsed."""
    data = path.read_bytes()
    check_not_empty(data, name)
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(message[header] for header in EXPECTED_HEADERS):
        raise UnreadableFileError(
            f"{name} is not an e-mail message: export it again as .eml or give it its true suffix."
        )
    subject = " ".join(str(message["Subject"] or "").split()) or "(no subject)"
    head = sections_of([Heading(subject, 0), *(Paragraph(line, is_item=True) for line in _head(message))])
    return [*head, *_body(message, subject, name)]


def _head(message: EmailMessage) -> Iterator[str]:
    for header in SHOWN_HEADERS:
        if value := message[header]:
            yield f"{header}: {' '.join(str(value).split())}"
    names = [part.get_filename() for part in message.iter_attachments() if part.get_filename()]
    if names:
        yield f"Attachments: {', '.join(str(name) for name in names)}"


def _body(message: EmailMessage, subject: str, name: str) -> list[Section]:
    body = message.get_body(preferencelist=("plain", "html"))
    data = body.get_payload(decode=True) if body is not None else None
    if body is None or not isinstance(data, bytes) or not data.strip():
        return []
    text = _text(data, body.get_content_charset(), name)
    if body.get_content_type() != "text/html":
        return sections_of([Heading(subject, 0), Paragraph(text)])
    # HTML is rarely met here, and its parser takes a second to load.
    from ingest.parsers.markup import html_sections

    return [_under(subject, section) for section in html_sections(text)]


def _text(data: bytes, charset: str | None, name: str) -> str:
    try:
        return data.decode(charset or "utf-8").replace("\r\n", "\n")
    except (UnicodeError, LookupError):
        return decode(data, name)


def _under(subject: str, section: Section) -> Section:
    return Section(section.text, headings=(subject, *section.headings), kind=section.kind)
