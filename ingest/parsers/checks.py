"""Is the file what its name says? Every refusal is one sentence that says what to do."""

import zipfile
from pathlib import Path

from ingest.errors import EmptyFileError, UnreadableFileError

PDF_HEADER_WITHIN = 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_OFFICE_STREAM = "EncryptedPackage".encode("utf-16-le")
ROOT, STRICT = "_rels/.rels", b"http://purl.oclc.org/ooxml/"
"""What names the parts of an Office file, and how those names begin in its strict variant."""
MAX_ROOT_BYTES = 2**16
OFFICE_FOLDERS = {".docx": "word/", ".pptx": "ppt/", ".xlsx": "xl/"}
MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (OLE_MAGIC, "an old or encrypted Office file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML file"),
)


def looks_like(data: bytes) -> str:
    """What the first bytes of a file suggest, in words for an error message."""
    start = data.lstrip()[:64]
    lowered = start.lower()
    for magic, name in MAGIC:
        if start.startswith(magic) or lowered.startswith(magic):
            return name
    return "binary data" if b"\x00" in data[:4096] else "plain text or another format"


def check_not_empty(data: bytes, name: str) -> None:
    if not data.strip():
        raise EmptyFileError(f"{name} is empty: leave it out or save it again with its content.")


def check_pdf(path: Path, name: str) -> None:
    with path.open("rb") as file:
        start = file.read(PDF_HEADER_WITHIN)
    check_not_empty(start, name)
    if b"%PDF" not in start:
        raise UnreadableFileError(
            f"{name} is not a PDF but looks like {looks_like(start)}: export it again or give it its true suffix."
        )


def check_office(path: Path, suffix: str, name: str, max_bytes: int) -> None:
    """Refuse what is not an unencrypted Office Open XML file of the kind that `suffix` promises."""
    with path.open("rb") as file:
        start = file.read(4096)
    check_not_empty(start, name)
    if start.startswith(OLE_MAGIC):
        _refuse_ole(path, suffix, name)
    if not zipfile.is_zipfile(path):
        raise UnreadableFileError(
            f"{name} is not a {suffix} file or is damaged (it looks like {looks_like(start)}): "
            "save it again from its own program or give it its true suffix."
        )
    _check_archive(path, suffix, name, max_bytes)


def _refuse_ole(path: Path, suffix: str, name: str) -> None:
    if ENCRYPTED_OFFICE_STREAM in path.read_bytes():
        raise UnreadableFileError(f"{name} is protected by a password: save a copy without one.")
    raise UnreadableFileError(f"{name} is in the Office format of before 2007: save it again as {suffix}.")


def _check_archive(path: Path, suffix: str, name: str, max_bytes: int) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if sum(member.file_size for member in members) > max_bytes:
        raise UnreadableFileError(f"{name} unpacks to more than {max_bytes // 2**20} MiB: split it into smaller files.")
    if not any(member.filename.startswith(OFFICE_FOLDERS[suffix]) for member in members):
        raise UnreadableFileError(
            f"{name} is a ZIP archive but not a {suffix} file: unpack it or give it its true suffix."
        )
    if _is_strict(path):
        raise UnreadableFileError(
            f'{name} is "Strict Open XML", which is not supported: save it again as an ordinary {suffix} file.'
        )


def _is_strict(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        if ROOT not in archive.namelist():
            return False
        with archive.open(ROOT) as names:
            return STRICT in names.read(MAX_ROOT_BYTES)
