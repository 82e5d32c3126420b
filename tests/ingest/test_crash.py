"""A process killed at any moment leaves nothing that the next run does not put right."""

import random
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from ingest.sources.filesystem import SourceFile
from tests.ingest.dying import ingest, work
from tests.ingest.workshop import COLLECTION, Workshop, files_of, texts, write

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.ingest.dying"])
DOCUMENTS = 24


def kill(data: Path, files: list[SourceFile], dies_after: int | None, delay: float = 60) -> bool:
    """Ingest in another process and kill it `delay` seconds after it began; True if it died on the way."""
    started = data.with_name("started")
    started.unlink(missing_ok=True)
    process = CONTEXT.Process(target=ingest, args=(data, files, dies_after, started))
    process.start()
    while process.is_alive() and not started.exists():
        time.sleep(0.005)
    process.join(delay)
    process.kill()
    process.join()
    assert process.exitcode in (0, -9)
    return process.exitcode == -9


def change(docs: Path, version: str, chance: random.Random) -> list[SourceFile]:
    """Most documents anew, one gone."""
    fresh = {name: text for name, text in texts(DOCUMENTS, version) if chance.random() < 0.8}
    write(docs, fresh)
    chance.choice(sorted(docs.iterdir())).unlink()
    return files_of(docs)


def check(data: Path, files: list[SourceFile]) -> None:
    """After one more run each file is there once, in its present version, and nothing else is."""
    with Workshop(data) as workshop:
        work(workshop, files, lambda: None)
        expected = {file.path.name: set(file.path.read_text().split("\n\n")) for file in files}
        assert workshop.stored(files) == expected
        assert workshop.store.count() == sum(map(len, expected.values()))
        assert workshop.catalog.count() == len(files)
        assert workshop.catalog.unfinished(COLLECTION) == []
        assert {chunk.text for chunk in workshop.found("alpha")} == set().union(*expected.values())


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    write(folder, dict(texts(DOCUMENTS)))
    return folder


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path: Path, docs: Path) -> None:
    chance, data, died = random.Random(7), tmp_path / "data", 0
    files = files_of(docs)
    for round_ in range(12):
        died += kill(data, files, None, chance.uniform(0.02, 0.3))
        if round_ % 3 == 2:  # also a crash upon a crash
            check(data, files)
        files = change(docs, f"v{round_}", chance)
    check(data, files)
    assert died >= 6


@pytest.mark.slow
def test_killed_at_each_step_of_a_first_run(tmp_path: Path, docs: Path) -> None:
    files, step = files_of(docs)[:6], 0
    while kill(data := tmp_path / f"data{step}", files, step):
        check(data, files)
        step += 1
    assert step > 6


def test_killed_at_each_step_of_replacing_and_removing(tmp_path: Path, docs: Path) -> None:
    files, data, step = files_of(docs)[:6], tmp_path / "data", 0
    while True:
        check(data, files)
        write(docs, dict(texts(6, f"v{step}")))
        if not kill(data, files[:5], step):
            break
        check(data, files[:5])
        step += 1
    assert step > 10
