"""Text files line by line; what is malformed is named with file and line."""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.errors import InvalidError


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Place (`file:line`) and text of every line that is not blank; a byte order mark at the start is left out. A file
    whose name ends with `.gz` is unpacked.

    Raises:
        InvalidError: the file cannot be read, or a line is not UTF-8.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if line.strip():
                    yield f"{path}:{number}", _decoded(line, f"{path}:{number}")
    except FileNotFoundError as error:
        raise InvalidError(f"{path} does not exist; check the folder of the data set.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidError(f"{path} is no gzipped file, or a damaged one ({error}); pack it anew.") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be read ({error.strerror}).") from error


def json_rows(path: Path, required: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and object of each line. Raises InvalidError for what is no object or lacks a `required` key."""
    for where, line in numbered_lines(path):
        row = _parsed(line, where)
        missing = [name for name in required if not isinstance(row, dict) or name not in row]
        if missing:
            raise InvalidError(f"{where} lacks {', '.join(missing)}.")
        yield where, row


def utf8_text(path: Path) -> str:
    """All of a file without a byte order mark, which parsers leave out too. Raises InvalidError where it cannot be read
    or is not UTF-8; names the line."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InvalidError(f"{path}:{line} is not UTF-8 ({error.reason}); save the file as UTF-8.") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be read ({error.strerror}).") from error


class Unique:
    """Refuses an id that was there before."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def add(self, key: str, where: str) -> str:
        if key in self._places:
            raise InvalidError(f"{where}: the id {key!r} was used before, at {self._places[key]}.")
        self._places[key] = where
        return key


def _parsed(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidError(f"{where} is not JSON ({error.msg}).") from error
    except RecursionError as error:
        raise InvalidError(f"{where} is nested too deeply to be read.") from error
    except ValueError as error:
        raise InvalidError(f"{where} holds a number with too many digits.") from error


def _decoded(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InvalidError(f"{where} is not UTF-8 ({error.reason}); save the file as UTF-8.") from error
