"""Which files are found below a folder, and which have left it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import NotFoundError, UnreadableFileError
from ingest.sources.filesystem import Listing, Selection, SourceFile, departed, list_files, require_regular

KINDS = frozenset({".md", ".txt", ".pdf"})
ALL = Selection(suffixes=KINDS)
NOBODY = 65534


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.md", "a.txt", "c.exe", "sub/d.pdf", "sub/deep/e.MD", "drafts/f.md", "z.txt.gz", "plain"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def found(root: Path, selection: Selection = ALL, leave_out: tuple[Path, ...] = ()) -> list[str]:
    return below(list_files([str(root)], selection, leave_out), root)


def below(listing: Listing, root: Path) -> list[str]:
    return [str(file.path.relative_to(root)) for file in listing.files]


def test_supported_files_in_a_stable_order(tree: Path) -> None:
    assert found(tree) == ["a.txt", "b.md", "z.txt.gz", "drafts/f.md", "sub/d.pdf", "sub/deep/e.MD"]
    assert list_files([str(tree)], ALL).skipped == 2


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (("*.md",), (), ["b.md", "drafts/f.md", "sub/deep/e.MD"]),
        (("*.MD",), ("Drafts",), ["b.md", "sub/deep/e.MD"]),
        (("*.exe",), (), ["c.exe"]),
        (("sub/*",), (), ["sub/d.pdf", "sub/deep/e.MD"]),
        (("*.md", "*.txt"), ("drafts",), ["a.txt", "b.md", "sub/deep/e.MD"]),
        ((), ("sub", "*.gz"), ["a.txt", "b.md", "drafts/f.md"]),
        ((), ("deep",), ["a.txt", "b.md", "z.txt.gz", "drafts/f.md", "sub/d.pdf"]),
        ((), ("drafts/", "sub/deep/"), ["a.txt", "b.md", "z.txt.gz", "sub/d.pdf"]),
        ((), ("sub/deep",), ["a.txt", "b.md", "z.txt.gz", "drafts/f.md", "sub/d.pdf"]),
        ((), ("*",), []),
    ],
)
def test_patterns(tree: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]) -> None:
    assert found(tree, Selection(include, exclude, KINDS)) == expected


def test_hidden_files_and_folders_are_passed_over(tree: Path) -> None:
    (tree / ".hidden.md").write_text("x")
    (tree / ".git").mkdir()
    (tree / ".git" / "x.md").write_text("x")
    listing = list_files([str(tree)], ALL)
    assert not [name for name in below(listing, tree) if "hidden" in name or "git" in name]
    assert listing.skipped == 2


def test_owner_files_of_office_are_passed_over(tree: Path) -> None:
    (tree / "sub" / "~$d.pdf").write_text("x")
    assert "sub/~$d.pdf" not in found(tree) and list_files([str(tree)], ALL).skipped == 2


def test_a_file_named_outright_is_always_wanted(tree: Path) -> None:
    (tree / ".hidden.md").write_text("x")
    for name in (".hidden.md", "c.exe"):
        listing = list_files([str(tree / name)], Selection(("*.pdf",), ("*",), KINDS))
        assert below(listing, tree) == [name]


def test_files_named_twice_are_listed_once(tree: Path) -> None:
    listing = list_files([str(tree / "sub"), str(tree / "sub" / "d.pdf"), str(tree / "sub" / ".." / "sub")], ALL)
    assert below(listing, tree) == ["sub/d.pdf", "sub/deep/e.MD"]


def test_sources_are_absolute_whatever_the_working_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "sub")
    listing = list_files(["../drafts", "."], ALL)
    expected = ("drafts/f.md", "sub/d.pdf", "sub/deep/e.MD")
    assert [file.source for file in listing.files] == [str(tree / name) for name in expected]


def test_accents_are_composed_in_sources_and_patterns(tmp_path: Path) -> None:
    apart, composed = "Cafe\u0301", "Caf\u00e9"
    (tmp_path / apart).mkdir()
    (tmp_path / apart / f"{apart}.md").write_text("x")
    for pattern in (apart, composed):
        (file,) = list_files([str(tmp_path)], Selection((f"{pattern}.md",), (), KINDS)).files
        assert (file.path.name, file.source) == (f"{apart}.md", str(tmp_path / composed / f"{composed}.md"))
        assert found(tmp_path, Selection((), (pattern,), KINDS)) == []
    listing = list_files([str(tmp_path / apart)], ALL)
    known = [str(tmp_path / apart / f"{apart}.md"), str(tmp_path / composed / f"{composed}.md")]
    assert departed(known, listing, [str(tmp_path / apart)], ALL) == known[:1]


def test_two_names_that_differ_in_the_writing_of_accents_alone(tmp_path: Path) -> None:
    for name in ("e\u0301.md", "\u00e9.md"):
        (tmp_path / name).write_text("x")
    listing = list_files([str(tmp_path)], ALL)
    assert (len(listing.files), [problem.source for problem in listing.problems]) == (1, [str(tmp_path / "\u00e9.md")])


def test_left_out_folders(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "sub")
    left_out = (Path("../drafts"), tree / "sub" / "deep")
    assert found(tree, leave_out=left_out) == ["a.txt", "b.md", "z.txt.gz", "sub/d.pdf"]


def test_links(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "o.md").write_text("x")
    (tree / "link.md").symlink_to(outside / "o.md")
    (tree / "broken.md").symlink_to(outside / "absent.md")
    (tree / "folder").symlink_to(outside)
    (tree / "sub" / "loop").symlink_to(tree)
    here = ["a.txt", "b.md", "broken.md", "link.md", "z.txt.gz"]
    assert found(tree) == [*here, "drafts/f.md", "sub/d.pdf", "sub/deep/e.MD"]
    assert found(tree / "folder") == ["o.md"]
    assert [file.path.name for file in list_files([str(tree / "broken.md")], ALL).files] == ["broken.md"]


def test_a_path_that_does_not_exist(tree: Path) -> None:
    with pytest.raises(NotFoundError, match=r"There is no file or folder .*absent.*; check the spelling"):
        list_files([str(tree), str(tree / "absent")], ALL)


def test_an_empty_folder(tmp_path: Path) -> None:
    assert list_files([str(tmp_path)], ALL) == Listing((), (), 0)


def test_a_name_that_is_not_utf8_is_a_problem_not_a_crash(tree: Path) -> None:
    odd = os.fsencode(tree) + b"/caf\xe9.md"
    with open(odd, "w") as file:
        file.write("x")
    listing = list_files([str(tree)], ALL)
    assert len(listing.files) == 6
    ((problem),) = listing.problems
    assert problem.source == f"{tree}/caf\\xe9.md"
    assert problem.reason == "has a name that is not valid UTF-8; rename it."
    assert len(list_files([os.fsdecode(odd)], ALL).problems) == 1


def test_what_might_be_read_for_ever_is_refused(tree: Path) -> None:
    require_regular(tree / "a.txt")
    os.mkfifo(tree / "pipe.txt")
    for name in ("pipe.txt", "sub"):
        with pytest.raises(UnreadableFileError, match=f"{name} is not a regular file; leave it out"):
            require_regular(tree / name)


@contextmanager
def unreadable(folder: Path) -> Iterator[None]:
    """Root may read everything, so that root becomes nobody for a while."""
    folder.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_an_unreadable_folder_is_a_problem_and_keeps_what_was_indexed_from_it() -> None:
    with tempfile.TemporaryDirectory() as name:
        root, closed = Path(name), Path(name, "closed")
        root.chmod(0o755)
        closed.mkdir()
        (closed / "a.md").write_text("x")
        (root / "b.md").write_text("x")
        with unreadable(closed):
            listing = list_files([name], ALL)
        assert below(listing, root) == ["b.md"]
        ((problem),) = listing.problems
        assert problem.source == str(closed)
        assert "cannot be read (Permission denied); give read permission" in problem.reason
        assert departed([str(closed / "a.md"), str(root / "gone.md")], listing, [name], ALL) == [str(root / "gone.md")]


@pytest.mark.parametrize(
    ("selection", "gone"),
    [
        (ALL, ["gone.md", "drafts/gone.md", "sub/gone.pdf", "gone.exe"]),
        (Selection(("*.md",), (), KINDS), ["gone.md", "drafts/gone.md"]),
        (Selection((), ("drafts",), KINDS), ["gone.md", "sub/gone.pdf", "gone.exe"]),
        (Selection((), ("sub/*", "*.exe"), KINDS), ["gone.md", "drafts/gone.md"]),
    ],
)
def test_only_what_the_patterns_want_can_have_left(tree: Path, selection: Selection, gone: list[str]) -> None:
    listing = list_files([str(tree)], selection)
    names = ["a.txt", "gone.md", "drafts/gone.md", "sub/gone.pdf", "gone.exe", ".hidden/gone.md", "../elsewhere.md"]
    known = [os.path.normpath(tree / name) for name in names]
    assert departed(known, listing, [str(tree)], selection) == [str(tree / name) for name in gone]


def test_what_is_there_but_passed_over_has_not_left(tree: Path) -> None:
    selection = Selection((), ("drafts",), KINDS)
    known = [str(tree / "drafts" / "f.md")]
    assert departed(known, list_files([str(tree)], selection), [str(tree)], selection) == []


def test_what_has_come_since_the_listing_has_not_left(tree: Path) -> None:
    listing = list_files([str(tree)], ALL)
    known = [str(tree / "later.md"), str(tree / "c.exe"), str(tree / "gone.md")]
    (tree / "later.md").write_text("x")
    assert departed(known, listing, [str(tree)], ALL) == known[1:]


def test_nothing_leaves_a_folder_that_was_not_named(tree: Path) -> None:
    listing = list_files([str(tree / "sub")], ALL)
    known = [str(tree / "gone.md"), str(tree / "subway" / "gone.md"), str(tree / "sub" / "gone.md")]
    assert departed(known, listing, [str(tree / "sub")], ALL) == [str(tree / "sub" / "gone.md")]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.PDF", ".pdf"), ("a.txt.GZ", ".txt.gz"), ("a.b.c.md", ".md"), ("a", ""), (".env", ""), ("a.gz", ".gz")],
)
def test_suffixes(name: str, suffix: str) -> None:
    assert SourceFile(Path("/docs", name), "x").suffix == suffix
