"""The right parser for every file, chosen by suffix and checked against the content.

Parser modules are imported on first use: some of their libraries take seconds to load.
"""

import gzip
import tempfile
import zlib
from pathlib import Path

from ingest.errors import PermanentError, UnreadableFileError, UnsupportedFormatError
from ingest.parsers import checks
from ingest.types import Section

TEXT_SUFFIXES = (".txt", ".text", ".log", ".rst")
MARKDOWN_SUFFIXES = (".md", ".markdown")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")
OFFICE_SUFFIXES = (".docx", ".pptx", ".xlsx")
TABLE_SUFFIXES = (".csv", ".tsv")
SUFFIXES = (*MARKDOWN_SUFFIXES, *TEXT_SUFFIXES, *HTML_SUFFIXES, *OFFICE_SUFFIXES, *TABLE_SUFFIXES, ".eml", ".pdf")
"""Every suffix that can be parsed; each may be followed by `GZIP_SUFFIX`."""
GZIP_SUFFIX = ".gz"
PARSER_VERSION = "7"
"""Raised when files would give other sections than before, so that they are taken up again."""
MAX_UNPACKED_BYTES = 512 * 2**20
BLOCK_BYTES = 2**20


class RoutingParser:
    """A `Parser` for all of `SUFFIXES`.

    `max_unpacked_bytes` bounds what a .gz or an Office file (a ZIP archive) may unpack to.
    """

    def __init__(self, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> None:
        self._max_bytes = max_unpacked_bytes

    def parse(self, path: Path) -> list[Section]:
        """Sections of one file; there is at least one.

        Raises:
            UnreadableFileError: it is empty, damaged, encrypted or not what its name says.
            UnsupportedFormatError: no parser reads this kind of file.
        """
        suffix = supported_suffix(path)
        try:
            if path.suffix.lower() == GZIP_SUFFIX:
                sections = self._parse_gzip(path, suffix)
            else:
                sections = self._parse_plain(path, suffix, path.name)
        except (PermanentError, MemoryError):
            raise
        except OSError as error:
            raise UnreadableFileError(_os_sentence(path, error)) from error
        # Whatever a library stumbles over, the file is at fault for the caller: it will fail again.
        except Exception as error:
            raise UnreadableFileError(
                f"{path.name} is damaged ({_reason(error)}): open it in its own program and save it again."
            ) from error
        if not sections:
            raise UnreadableFileError(f"{path.name} holds no text: leave it out or add text to it.")
        return sections

    def _parse_gzip(self, path: Path, suffix: str) -> list[Section]:
        with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
            unpacked = Path(folder) / f"unpacked{suffix}"
            self._unpack(path, unpacked)
            return self._parse_plain(unpacked, suffix, path.name)

    def _unpack(self, path: Path, target: Path) -> None:
        size = 0
        try:
            with gzip.open(path) as packed, target.open("wb") as file:
                while block := packed.read(BLOCK_BYTES):
                    size += len(block)
                    if size > self._max_bytes:
                        raise UnreadableFileError(
                            f"{path.name} unpacks to more than {self._max_bytes // 2**20} MiB: "
                            "split it into smaller files."
                        )
                    file.write(block)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFileError(
                f"{path.name} is not a complete gzip archive ({_reason(error)}): pack or copy it again."
            ) from error

    def _parse_plain(self, path: Path, suffix: str, name: str) -> list[Section]:
        if suffix == ".pdf":
            checks.check_pdf(path, name)
        elif suffix in OFFICE_SUFFIXES:
            checks.check_office(path, suffix, name, self._max_bytes)
        return _read(path, suffix, name)


def supported_suffix(path: Path) -> str:
    """The suffix that decides, lower case and without .gz.

    Raises:
        UnsupportedFormatError: it is not among `SUFFIXES`.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == GZIP_SUFFIX:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    if suffix not in SUFFIXES:
        raise UnsupportedFormatError(
            f"{path.name} cannot be read because {suffix or 'a missing suffix'} is not supported: "
            f"convert it to one of {' '.join(SUFFIXES)} (each may be followed by {GZIP_SUFFIX})."
        )
    return suffix


def _read(path: Path, suffix: str, name: str) -> list[Section]:
    match suffix:
        case ".md" | ".markdown":
            from ingest.parsers.markup import read_markdown as read
        case ".html" | ".htm" | ".xhtml":
            from ingest.parsers.markup import read_html as read
        case ".docx":
            from ingest.parsers.office import read_docx as read
        case ".pptx":
            from ingest.parsers.office import read_pptx as read
        case ".xlsx":
            from ingest.parsers.spreadsheets import read_xlsx as read
        case ".csv" | ".tsv":
            from ingest.parsers.spreadsheets import read_csv as read
        case ".eml":
            from ingest.parsers.mail import read_eml as read
        case ".pdf":
            from ingest.parsers.pdf import read_pdf as read
        case _:
            from ingest.parsers.text import read_text as read
    return read(path, name)


def _os_sentence(path: Path, error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return f"{path.name} does not exist: check the path."
        case PermissionError():
            return f"{path.name} may not be read by this process: grant it read permission."
        case IsADirectoryError():
            return f"{path.name} is a folder: name a file."
        case _:
            return f"{path.name} cannot be read ({_reason(error)}): check the disk and copy the file again."


def _reason(error: Exception) -> str:
    """The first line of a message, short, without a full stop of its own."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:120].rstrip('.')}" if lines[0] else type(error).__name__
