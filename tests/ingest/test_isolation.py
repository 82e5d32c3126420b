"""A parser that crashes, hangs or runs out of memory costs its file, not the run."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.errors import UnavailableError, UnreadableFileError, UnsupportedFormatError
from ingest.isolation import IsolatedParser
from ingest.memory import memory_bytes
from ingest.types import Section

TIMEOUT_S = 1.5


class MoodyParser:
    """Port `Parser` that does what the file's name says."""

    def parse(self, path: Path) -> list[Section]:
        match path.name:
            case "exit":
                os._exit(3)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(600)
            case "memory":
                raise MemoryError
            case "hunger":
                bytearray(1 << 45)
            case "limit":
                import resource

                return [Section(str(resource.getrlimit(resource.RLIMIT_DATA)[0]))]
            case "leftover":
                Path(tempfile.mkdtemp(), "unpacked").write_text("much")
                os._exit(3)
            case "torch":
                return [Section(str(sys.modules.get("torch")))]
            case "unreadable":
                raise UnreadableFileError("unreadable is damaged; mend it.")
            case "unsupported":
                raise UnsupportedFormatError("unsupported is of no known kind.")
        return [Section(f"{path.name} {os.getpid()}", page=1, headings=("H",))]


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    isolated = IsolatedParser(MoodyParser(), TIMEOUT_S, workers=2)
    yield isolated
    isolated.close()


def test_sections_come_back_from_another_process(parser: IsolatedParser) -> None:
    (section,) = parser.parse(Path("good"))
    name, pid = section.text.split()
    assert (name, section.page, section.headings) == ("good", 1, ("H",))
    assert int(pid) != os.getpid()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("exit", r"exit made its parser crash \(exit code 3\); save it again in another program\."),
        ("segfault", r"segfault made its parser crash \(exit code -11\); save it again"),
        ("hang", r"hang took more than 1\.5 s to parse and was given up; split it, or raise ingestion\.parse_t"),
        ("memory", r"memory needs more memory than a parser may take; split it"),
        ("unreadable", "unreadable is damaged; mend it."),
    ],
)
def test_trouble_is_one_sentence_and_the_next_file_is_parsed(parser: IsolatedParser, name: str, sentence: str) -> None:
    with pytest.raises(UnreadableFileError, match=sentence):
        parser.parse(Path(name))
    assert parser.parse(Path("good"))[0].text.startswith("good")


def test_errors_keep_their_kind(parser: IsolatedParser) -> None:
    with pytest.raises(UnsupportedFormatError, match="no known kind"):
        parser.parse(Path("unsupported"))


def test_neighbours_in_the_other_worker_are_unharmed(parser: IsolatedParser) -> None:
    def outcome(name: str) -> str:
        try:
            return parser.parse(Path(name))[0].text.split()[0]
        except UnreadableFileError:
            return "failed"

    names = ["good", "exit", "fine", "segfault", "well", "exit", "hang", "good"] * 2
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, names))
    assert outcomes == [name if name in ("good", "fine", "well") else "failed" for name in names]


def test_a_file_may_take_its_time_where_another_was_given_up(parser: IsolatedParser) -> None:
    """The clock of a file starts when a worker takes it, not when it is queued."""
    hanging = [threading.Thread(target=_swallow, args=(parser,)) for _ in range(2)]
    for thread in hanging:
        thread.start()
    time.sleep(0.2)
    assert parser.parse(Path("good"))[0].text.startswith("good")
    for thread in hanging:
        thread.join()


def test_a_process_that_is_killed_while_it_waits_is_replaced(parser: IsolatedParser) -> None:
    for _ in range(2):
        os.kill(int(parser.parse(Path("good"))[0].text.split()[1]), signal.SIGKILL)
        time.sleep(0.5)  # the pool looks at its processes ten times a second
        assert parser.parse(Path("good"))[0].text.startswith("good")


def test_torch_is_not_loaded_where_files_are_parsed(parser: IsolatedParser) -> None:
    assert parser.parse(Path("torch"))[0].text == "None"


def test_processes_share_half_of_the_memory(parser: IsolatedParser) -> None:
    assert int(parser.parse(Path("limit"))[0].text) == max(memory_bytes() // 4, 2**30)
    with pytest.raises(UnreadableFileError, match="more memory than a parser may take"):
        parser.parse(Path("hunger"))


def test_what_a_dead_process_has_unpacked_is_removed(
    parser: IsolatedParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UnreadableFileError, match="crash"):
        parser.parse(Path("leftover"))
    assert list(tmp_path.iterdir()) == []


def test_closing_ends_the_children() -> None:
    isolated = IsolatedParser(MoodyParser(), TIMEOUT_S)
    pid = int(isolated.parse(Path("good"))[0].text.split()[1])
    isolated.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_closing_ends_what_is_being_parsed() -> None:
    isolated = IsolatedParser(MoodyParser(), timeout_s=60)
    isolated.parse(Path("good"))
    errors: list[str] = []

    def parse() -> None:
        with pytest.raises(UnavailableError) as raised:
            isolated.parse(Path("hang"))
        errors.append(str(raised.value))

    thread = threading.Thread(target=parse, daemon=True)
    thread.start()
    time.sleep(0.5)
    isolated.close()
    thread.join(10)
    assert errors == ["hang was given up because the program ends; add it again."]


def test_closing_one_that_was_never_used() -> None:
    unused = IsolatedParser(MoodyParser())
    for _ in range(2):
        unused.close()


def _swallow(parser: IsolatedParser) -> None:
    with pytest.raises(UnreadableFileError):
        parser.parse(Path("hang"))
