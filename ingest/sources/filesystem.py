"""Files and folders as a source."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from ingest.errors import NotFoundError, UnreadableFileError
from ingest.types import Metadata
from ingest.writing import composed


@dataclass(frozen=True)
class SourceFile:
    """Bytes on disk (`path`) and the name under which they are known (`source`, with accents composed). `metadata`: of
    this file alone."""

    path: Path
    source: str
    metadata: Metadata = field(default_factory=dict, hash=False)

    @property
    def suffix(self) -> str:
        """Lower case, with the one before `.gz`: `.pdf.gz`."""
        suffixes = [part.lower() for part in self.path.suffixes]
        return "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])

    @property
    def size(self) -> int:
        """Bytes; 0 where it cannot be told."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


@dataclass(frozen=True)
class Problem:
    """A place that could not be listed."""

    source: str
    reason: str


@dataclass(frozen=True)
class Listing:
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    skipped: int
    """Files under a folder that were left out because no parser reads their kind."""


@dataclass(frozen=True)
class Selection:
    """Which files below a folder are wanted.

    Patterns are shell wildcards, matched in any case against the file name and against the path below the folder;
    a "/" at their end is passed over. Without `include`, every file of a supported suffix is wanted; with it, every
    file that matches.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    suffixes: frozenset[str] = frozenset()

    def excludes(self, relative: str) -> bool:
        """Hidden files and folders count as excluded, and so do the files by which Office says who has one open."""
        return os.path.basename(relative).startswith((".", "~$")) or _matches(relative, self.exclude)

    def includes(self, relative: str) -> bool:
        """True if neither the file nor a folder above it is excluded and the file is among those included."""
        above = (str(folder) for folder in PurePath(relative).parents[:-1])
        excluded = self.excludes(relative) or any(map(self.excludes, above))
        return not excluded and (not self.include or _matches(relative, self.include))

    def supports(self, file: SourceFile) -> bool:
        return bool(self.include) or file.suffix.removesuffix(".gz") in self.suffixes


def list_files(paths: Sequence[str], selection: Selection, leave_out: Sequence[Path] = ()) -> Listing:
    """Every wanted file of `paths` (files, or folders walked in a stable order), each once.

    Hidden files and folders are passed over, as are the folders in `leave_out` and links to folders. A file named
    outright is always wanted, whatever the patterns say.

    Raises:
        NotFoundError: one of `paths` does not exist.
    """
    files: dict[str, SourceFile] = {}
    problems: list[Problem] = []
    skipped = 0
    left_out = {os.path.abspath(path) for path in leave_out}
    for root in map(_existing, paths):
        named = not root.is_dir()
        for file in [SourceFile(root, composed(str(root)))] if named else _walk(root, selection, left_out, problems):
            if not _is_text(file.source):
                problems.append(_unnameable(file))
            elif named or selection.supports(file):
                if files.setdefault(file.source, file).path != file.path:
                    problems.append(
                        Problem(file.source, "has the name of another file, but for its accents; rename it.")
                    )
            else:
                skipped += 1
    return Listing(tuple(files.values()), tuple(problems), skipped)


def departed(known: Iterable[str], listing: Listing, paths: Sequence[str], selection: Selection) -> list[str]:
    """Sources of `known` that lie under `paths`, are wanted by `selection`, and are no longer listed.

    A folder that could not be read keeps what was indexed from it, and so does a file that has come since the listing:
    another run has perhaps indexed it meanwhile.
    """
    roots = [Path(composed(os.path.abspath(path))) for path in paths]
    present = {file.source for file in listing.files}
    unread = [Path(composed(problem.source)) for problem in listing.problems]
    return [
        source
        for source in known
        if source not in present
        and any(_wanted_below(Path(composed(source)), root, selection) for root in roots)
        and not any(Path(composed(source)).is_relative_to(folder) for folder in unread)
        and not (composed(source) not in present and _would_be_listed(source, selection))
    ]


def require_regular(path: Path) -> None:
    """Reading a pipe or a device might never end.

    Raises:
        UnreadableFileError: it is no regular file.
        OSError: as `Path.stat`.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnreadableFileError(f"{path.name} is not a regular file; leave it out.")


def sha256_of(path: Path, max_bytes: int) -> str:
    """Raises:
    UnreadableFileError: it cannot be read, is no regular file, or has more than `max_bytes`.
    """
    try:
        require_regular(path)
        _check_size(path, max_bytes)
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFileError(
            f"{path.name} cannot be read ({error.strerror}); check that it exists and may be read."
        ) from error


def _check_size(path: Path, max_bytes: int) -> None:
    size = path.stat().st_size
    if size > max_bytes:
        raise UnreadableFileError(
            f"{path.name} has {size / 2**20:.1f} MiB, over the limit of {max_bytes / 2**20:g}; "
            f"split it, or raise ingestion.max_file_mb."
        )


def _existing(path: str) -> Path:
    absolute = Path(os.path.abspath(path))
    if not os.path.lexists(absolute):
        raise NotFoundError(f"There is no file or folder {path!r}; check the spelling.")
    return absolute


def _walk(root: Path, selection: Selection, leave_out: set[str], problems: list[Problem]) -> Iterator[SourceFile]:
    def note(error: OSError) -> None:
        reason = f"cannot be read ({error.strerror}); give read permission to the user who runs citewell."
        problems.append(Problem(str(error.filename), reason))

    for folder, folders, names in os.walk(root, onerror=note):
        below = os.path.relpath(folder, root)
        folders[:] = sorted(
            name
            for name in folders
            if os.path.join(folder, name) not in leave_out
            and not selection.excludes(os.path.normpath(os.path.join(below, name)))
        )
        for name in sorted(names):
            if selection.includes(os.path.normpath(os.path.join(below, name))):
                yield SourceFile(Path(folder, name), composed(os.path.join(folder, name)))


def _is_text(source: str) -> bool:
    """False for a name whose bytes are not UTF-8: neither the catalog nor JSON could hold it."""
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unnameable(file: SourceFile) -> Problem:
    shown = os.fsencode(file.path).decode(errors="backslashreplace")
    return Problem(shown, "has a name that is not valid UTF-8; rename it.")


def _wanted_below(path: Path, root: Path, selection: Selection) -> bool:
    if path == root:
        return True
    return path.is_relative_to(root) and selection.includes(str(path.relative_to(root)))


def _would_be_listed(source: str, selection: Selection) -> bool:
    is_folder = os.path.isdir(source) and not os.path.islink(source)
    return os.path.lexists(source) and not is_folder and selection.supports(SourceFile(Path(source), source))


def _matches(relative: str, patterns: Sequence[str]) -> bool:
    path = composed(relative).lower()
    name = os.path.basename(path)
    wanted = [composed(pattern).lower().rstrip("/") for pattern in patterns]
    return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern) for pattern in wanted)
