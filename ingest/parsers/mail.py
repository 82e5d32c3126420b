"""E-mail messages: the subject is the heading, then sender, recipients and date, then the body."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any, cast

from ingest.errors import UnreadableFileError
from ingest.parsers.blocks import Heading, Paragraph, sections_of
from ingest.parsers.checks import check_not_empty
from ingest.parsers.decoding import clean, decode, decode_as
from ingest.types import Section

SHOWN_HEADERS = ("From", "To", "Cc", "Date")
EXPECTED_HEADERS = ("From", "To", "Date", "Subject", "Received", "Message-ID")
PREFERENCE = {"text/plain": 0, "text/html": 1, "multipart/related": 1}
FORWARDED = "message/rfc822"
BLANK = re.compile(rb"(?:[\s\xa0]|\xc2\xa0)*")
"""White space and no-break spaces, in UTF-8 or Windows-1252."""


class _Lenient(email.policy.EmailPolicy):
    """A header that breaks the grammar is read as plain text."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        # The library's parser stumbles in many ways over what it does not expect.
        except Exception:
            return super().header_fetch_parse("Subject", value)


def read_eml(path: Path, name: str) -> list[Section]:
    """Plain text is preferred to HTML; forwarded messages are read too, attachments are named but not parsed."""
    data = path.read_bytes()
    check_not_empty(data, name)
    message = cast(EmailMessage, email.message_from_bytes(data, policy=_Lenient(message_factory=EmailMessage)))
    if not any(message[header] for header in EXPECTED_HEADERS):
        raise UnreadableFileError(
            f"{name} is not an e-mail message: export it again as .eml or give it its true suffix."
        )
    return _message_sections(message, name)


def _message_sections(message: MIMEPart, name: str) -> list[Section]:
    subject = " ".join(clean(str(message["Subject"] or "")).split()) or "(no subject)"
    sections = sections_of(Paragraph(line, is_item=True) for line in _head(message))
    for part in _shown_parts(message):
        sections += _part_sections(part, name)
    return [_under(subject, section) for section in sections] or sections_of([Heading(subject, 0)])


def _head(message: MIMEPart) -> Iterator[str]:
    for header in SHOWN_HEADERS:
        if value := message[header]:
            yield f"{header}: {' '.join(str(value).split())}"
    names = [part.get_filename() for part in _leaves(message) if part.get_filename() and not _is_shown(part)]
    if names:
        yield f"Attachments: {', '.join(str(name) for name in names)}"


def _leaves(part: MIMEPart) -> Iterator[MIMEPart]:
    if part.get_content_maintype() != "multipart":
        yield part
        return
    for child in part.iter_parts():
        yield from _leaves(child)


def _shown_parts(part: MIMEPart) -> Iterator[MIMEPart]:
    """Texts and forwarded messages in order; of alternatives, the first in `PREFERENCE` that is not blank."""
    if part.get_content_maintype() != "multipart":
        if _is_shown(part):
            yield part
        return
    children = [list(_shown_parts(child)) for child in _by_preference(part)]
    if part.get_content_type() == "multipart/alternative":
        children = [parts for parts in children if not all(map(_is_blank, parts))][:1]
    for parts in children:
        yield from parts


def _by_preference(part: MIMEPart) -> list[MIMEPart]:
    children = list(part.iter_parts())
    if part.get_content_type() == "multipart/alternative":
        children.sort(key=lambda child: PREFERENCE.get(child.get_content_type(), len(PREFERENCE)))
    return children


def _is_shown(part: MIMEPart) -> bool:
    if part.get_content_type() == FORWARDED:
        return part.is_multipart()
    return part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment"


def _is_blank(part: MIMEPart) -> bool:
    return part.get_content_type() != FORWARDED and BLANK.fullmatch(_bytes(part)) is not None


def _bytes(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _part_sections(part: MIMEPart, name: str) -> list[Section]:
    if part.get_content_type() == FORWARDED:
        return _message_sections(part.get_content(), name)
    if _is_blank(part):
        return []
    charset = part.get_content_charset()
    text = decode_as(_bytes(part), charset, name) if charset else decode(_bytes(part), name)
    if part.get_content_type() != "text/html":
        return sections_of([Paragraph(text)])
    # HTML is rarely met here, and its parser takes a second to load.
    from ingest.parsers.markup import html_sections

    return html_sections(text)


def _under(subject: str, section: Section) -> Section:
    return Section(section.text, headings=(subject, *section.headings), kind=section.kind)
