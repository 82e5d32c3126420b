"""The documents of a question set or a span set: files below a folder."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path, PurePath

from ingest.errors import InvalidError, PermanentError
from ingest.library.rows import UPLOAD_SCHEME
from ingest.sources.filesystem import Selection, SourceFile, list_files
from ingest.types import Section


@dataclass(frozen=True)
class Documents:
    """`files`: path below the `folder`, with slashes -> file. The path below the folder is the source that a document
    is indexed under. `copies`: the files may be copies of documents that are indexed elsewhere, so that a name may be
    the source of one there."""

    folder: Path
    files: Mapping[str, Path]
    copies: bool = False

    def source_files(self) -> list[SourceFile]:
        return [SourceFile(path, source) for source, path in self.files.items()]

    def named(self, name: str, where: str) -> str:
        """The source of the document of this name: its path below the folder, or so much of the end of its path as
        tells it from the others.

        Raises:
            InvalidError: there is none, or more than one; begins with `where`.
        """
        found = self.candidates(name)
        if not found:
            raise InvalidError(
                f"{where}: there is evidence in {name!r}, which is not in {self.folder} or of a kind that is not read."
            )
        if len(found) > 1:
            raise InvalidError(
                f"{where}: {name!r} may be {' or '.join(sorted(found))}; name its path below {self.folder}."
            )
        return found[0]

    def candidates(self, name: str) -> list[str]:
        """Sources of the documents that `name` may mean, however their accents are written."""
        if name in self.files:
            return [name]
        name = _composed(name)
        found = self._by_name.get(name) or self._by_ending.get(name.lstrip("/"), [])
        if found or not self.copies or not _is_source(name):
            return found
        shorter = _endings(name.removeprefix(UPLOAD_SCHEME))[::-1]
        return next((self._by_ending[end] for end in shorter if end in self._by_ending), [])

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for source in self.files:
            found.setdefault(_composed(source), []).append(source)
        return found

    @cached_property
    def _by_ending(self) -> dict[str, list[str]]:
        """End of a path -> the sources of the files whose paths end with it."""
        found: dict[str, list[str]] = {}
        for source, file in self.files.items():
            for end in _endings(_composed(file.as_posix())):
                found.setdefault(end, []).append(source)
        return found


def list_documents(folder: Path, leave_out: Path | None = None) -> Documents:
    """Every file below the folder that a parser reads; hidden ones are passed over.

    Args:
        leave_out: a file that is no document, such as that of the questions.

    Raises:
        InvalidError: there is none, or a part of the folder cannot be read.
    """
    from ingest.parsers.routing import SUFFIXES

    if not folder.is_dir():
        raise InvalidError(f"There is no folder {str(folder)!r}; name the folder of the documents.")
    listing = list_files([str(folder)], Selection(suffixes=frozenset(SUFFIXES)))
    for problem in listing.problems:
        raise InvalidError(f"{problem.source} {problem.reason}")
    root, other = Path(os.path.abspath(folder)), leave_out and leave_out.resolve()
    files = {file.path.relative_to(root).as_posix(): file.path for file in listing.files}
    files = {source: path for source, path in files.items() if path.resolve() != other}
    if not files:
        raise InvalidError(f"{folder} holds no document of a kind that is read ({' '.join(SUFFIXES)}).")
    return Documents(folder, files, copies=True)


def short_names(sources: Iterable[str]) -> dict[str, str]:
    """Source -> so much of the end of its path, its file name or more, as no other source ends with."""
    endings = {source: _endings(source) for source in sources}
    counts = Counter(chain.from_iterable(endings.values()))
    return {source: next((end for end in ends if counts[end] == 1), source) for source, ends in endings.items()}


def _composed(name: str) -> str:
    """Some systems take accents apart in the names of files."""
    return unicodedata.normalize("NFC", name)


def _is_source(name: str) -> bool:
    """Of a document that is indexed somewhere: an absolute path, a URL, or that of an upload."""
    return name.startswith(("/", UPLOAD_SCHEME)) or "://" in name


def _endings(source: str) -> list[str]:
    parts = PurePath(source).as_posix().split("/")
    return ["/".join(parts[-length:]) for length in range(1, len(parts) + 1)]


def indexed_sections(path: Path) -> list[Section]:
    """What a document is indexed as; their joined text is what every character offset refers to.

    Raises:
        InvalidError: it cannot be read.
    """
    from ingest.parsers.routing import RoutingParser

    try:
        return RoutingParser().parse(path)
    except PermanentError as error:
        raise InvalidError(f"The evidence in {path} cannot be looked up: {error}") from error
