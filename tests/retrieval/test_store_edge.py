"""What only the embedded store promises: one owner, durability, threads, and sentences about disks."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import sleep
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.errors import IndexLockedError, IndexMismatchError, UnavailableError
from ingest.types import Chunk
from retrieval.filters import EVERYTHING
from retrieval.store import layout
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.store.options import IndexOptions
from retrieval.types import Access

IDENTITY = Identity("test-model", 16)
READER = Access("acme")
ROOT = Path(__file__).parents[2]


def chunks(start: int, stop: int) -> list[Chunk]:
    return [
        Chunk(
            id=str(UUID(int=number)),
            document_id=f"doc-{number // 10}",
            revision="1",
            tenant="acme" if number % 2 else "other",
            groups=(),
            source="s",
            title="t",
            text=f"leave number {number}",
            context="",
            position=number,
            page=None,
            headings=(),
            char_start=0,
            char_end=5,
        )
        for number in range(start, stop)
    ]


def vectors(number: int, dimension: int = 16, seed: int = 0) -> NDArray[np.float32]:
    """Correlated unit vectors, as embeddings are: half as many degrees of freedom as dimensions."""
    mix = np.random.default_rng(1).normal(size=(dimension // 2, dimension))
    random = np.random.default_rng(seed)
    rows = random.normal(size=(number, dimension // 2)) @ mix + 0.05 * random.normal(size=(number, dimension))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeStore]:
    with closing(EdgeStore(tmp_path / "index", IDENTITY)) as opened:
        yield opened


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Python in another process, with this module's names at hand."""
    prelude = f"import runpy, sys; globals().update(runpy.run_path({__file__!r}))\n"
    return subprocess.Popen(
        [sys.executable, "-c", prelude + code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


WRITE_FOR_EVER = """
store = EdgeStore(Path(sys.argv[1]), IDENTITY)
for start in range(0, 10**9, 100):
    store.upsert(chunks(start, start + 100), vectors(100))
    print(start + 100, flush=True)
"""


def test_acknowledged_chunks_survive_a_kill(tmp_path: Path) -> None:
    with child(WRITE_FOR_EVER, str(tmp_path)) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split()]
    with closing(EdgeStore(tmp_path, IDENTITY)) as store:
        written = chunks(0, acknowledged[-1])
        assert store.count() >= len(written)
        mine = [one for one in written if one.tenant == "acme"]
        assert store.fetch([one.id for one in written], READER) == mine
        assert len(store.bm25("leave", READER, EVERYTHING, 10**6)) >= len(mine)
        assert len(store.dense(vectors(1)[0], READER, EVERYTHING, 10**6)) >= len(mine)


HOLD = """
store = EdgeStore(Path(sys.argv[1]), IDENTITY)
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_has_the_index(tmp_path: Path) -> None:
    with child(HOLD, str(tmp_path)) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        with pytest.raises(IndexLockedError, match=rf"in use by process {process.pid}: stop .* `--server URL`"):
            EdgeStore(tmp_path, IDENTITY)
        process.kill()
    EdgeStore(tmp_path, IDENTITY).close()


def test_a_second_opener_in_the_same_process_is_told_so(store: EdgeStore, tmp_path: Path) -> None:
    with pytest.raises(IndexLockedError, match="this very process"):
        EdgeStore(tmp_path / "index", IDENTITY)


def test_an_owner_that_has_not_written_its_id_yet_is_another_process(store: EdgeStore, tmp_path: Path) -> None:
    (tmp_path / "index" / "owner.pid").write_text("")
    with pytest.raises(IndexLockedError, match="in use by another process"):
        EdgeStore(tmp_path / "index", IDENTITY)


def test_a_refused_identity_gives_the_lock_back(tmp_path: Path) -> None:
    EdgeStore(tmp_path, IDENTITY).close()
    with pytest.raises(IndexMismatchError):
        EdgeStore(tmp_path, Identity("another-model", 16))
    EdgeStore(tmp_path, IDENTITY).close()


def test_close_can_be_called_twice_and_nothing_else_after_it(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path, IDENTITY)
    store.close()
    store.close()
    with pytest.raises(UnavailableError, match="is closed"):
        store.count()


@pytest.mark.parametrize("end", [EdgeStore.close, EdgeStore.drop])
def test_what_is_being_read_is_waited_for_in_the_end(tmp_path: Path, end: Callable[[EdgeStore], None]) -> None:
    with closing(EdgeStore(tmp_path / "index", IDENTITY)) as store:
        store.upsert(chunks(0, 1000), vectors(1000))
        ids = [one.id for one in chunks(0, 1000)]

        def read() -> str:
            try:
                while True:
                    assert len(store.fetch(ids, READER)) == len(store.vectors(ids, READER)) == 500
            except UnavailableError as error:
                return str(error)

        with ThreadPoolExecutor(3) as pool:
            readers = [pool.submit(read) for _ in range(3)]
            sleep(0.2)
            end(store)
            assert all(reader.result().endswith("is closed.") for reader in readers)
    with closing(EdgeStore(tmp_path / "index", IDENTITY)) as store:
        assert store.count() == (1000 if end is EdgeStore.close else 0)


def test_a_crash_while_making_the_index_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "shard.new" / "segments").mkdir(parents=True)
    (tmp_path / "identity.json").write_text("half wri")
    EdgeStore(tmp_path, IDENTITY).close()


@pytest.mark.parametrize("damaged", ["edge_config.json", "segment.json", "status.dat", "first-index"])
def test_a_damaged_index_is_unavailable(tmp_path: Path, damaged: str) -> None:
    with closing(EdgeStore(tmp_path, IDENTITY)) as store:
        store.upsert(chunks(0, 10), vectors(10))
    for file in (tmp_path / "shard").rglob(damaged):
        file.write_bytes(b"" if damaged == "status.dat" else b"\xff" * 64)
    with pytest.raises(UnavailableError, match="restore it from a backup"):
        EdgeStore(tmp_path, IDENTITY)


def test_an_index_without_a_readable_identity_is_refused(tmp_path: Path) -> None:
    EdgeStore(tmp_path, IDENTITY).close()
    (tmp_path / "identity.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(IndexMismatchError, match="something unknown"):
        EdgeStore(tmp_path, IDENTITY)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be used"):
        EdgeStore(tmp_path / "file" / "index", IDENTITY)


def test_nothing_is_written_to_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    with closing(EdgeStore(tmp_path, IDENTITY, reserve=2**60)) as store:
        with pytest.raises(UnavailableError, match=r"MiB free, \d+ are needed: make room"):
            store.upsert(chunks(0, 1), vectors(1))
        with pytest.raises(UnavailableError, match="make room"):
            store.optimize()
        assert store.count() == 0


SMALL_FILES_ONLY = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
try:
    EdgeStore(Path(sys.argv[1]), IDENTITY)
except UnavailableError as error:
    print("unavailable")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_disk_that_takes_no_more_is_unavailable(tmp_path: Path) -> None:
    with child(SMALL_FILES_ONLY, str(tmp_path)) as process:
        assert process.stdout
        assert process.stdout.read() == "unavailable\n"


def test_readers_and_writers_in_many_threads(store: EdgeStore) -> None:
    store.upsert(chunks(0, 1000), vectors(1000))
    stop = threading.Event()

    def read() -> int:
        rounds = 0
        while not stop.is_set():
            ids = [key for key, _ in store.dense(vectors(1)[0], READER, EVERYTHING, 50)]
            ids += [key for key, _ in store.bm25("leave number", READER, EVERYTHING, 50)]
            assert len(ids) == 100
            assert {one.tenant for one in store.fetch(ids, READER)} == {"acme"}
            rounds += 1
        return rounds

    def write(start: int) -> None:
        for first in range(start, start + 2000, 250):
            store.upsert(chunks(first, first + 250), vectors(250))
        store.delete([f"doc-{start // 10}"])

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for writer in [pool.submit(write, 1000 + 2000 * n) for n in range(3)]:
            writer.result()
        store.optimize()
        stop.set()
        assert all(reader.result() > 0 for reader in readers)
    assert store.count() == 1000 + 3 * (2000 - 10)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [IndexOptions(), IndexOptions("int8", "disk"), IndexOptions("4bit", "disk", oversampling=4.0)],
    ids=lambda options: options.quantization,
)
def test_an_optimized_index_finds_what_an_exact_search_finds(tmp_path: Path, options: IndexOptions) -> None:
    """Above `EXACT_BELOW` a graph is searched, so a part may be missed."""
    number, dimension = layout.EXACT_BELOW + 4000, 64
    rows, queries = vectors(number, dimension), vectors(40, dimension, seed=9)
    with closing(EdgeStore(tmp_path, Identity("test-model", dimension), options)) as store:
        store.upsert(chunks(0, number), rows)
        exact = [store.dense(query, READER, EVERYTHING, 10) for query in queries]
        store.optimize()
        graph = [store.dense(query, READER, EVERYTHING, 10) for query in queries]
    shares = [len(dict(a).keys() & dict(b).keys()) / 10 for a, b in zip(exact, graph, strict=True)]
    assert np.mean(shares) >= 0.97
