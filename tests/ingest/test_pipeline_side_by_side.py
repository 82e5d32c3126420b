"""Ingestion that breaks off, is taken up again, and stands beside other writers and readers."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.catalog import Catalog
from ingest.errors import DeniedError, IndexLockedError, UnavailableError
from ingest.pipeline import Label
from ingest.types import Chunk, Section, document_id_of
from retrieval.types import Access, Query
from tests.fakes import TextParser
from tests.ingest.workshop import COLLECTION, LABEL, FailingSink, Workshop, texts, write


class SlowParser(TextParser):
    """Is not done with slow.txt before it may be."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end, self.slow_ones = threading.Event(), list[str]()

    def parse(self, path: Path) -> list[Section]:
        if path.name == "slow.txt":
            self.may_end.wait(10)
            self.slow_ones.append(path.name)
        return super().parse(path)


def test_what_was_reported_before_the_index_failed_stands_and_the_rest_follows(workshop: Workshop, docs: Path) -> None:
    files = write(docs, dict(texts(30)))
    sink = FailingSink(workshop.store, UnavailableError("The disk is full; make room."), fails_at=4)
    reported: list[str] = []
    with pytest.raises(UnavailableError, match="disk is full"):
        reported.extend(Path(result.source).name for result in workshop.ingestor(sink).run(files, LABEL))
    assert 0 < len(reported) < 30
    assert {Path(chunk.source).name for chunk in workshop.found("alpha")} == set(reported)
    again = workshop.run(files)
    assert [name for name, one in again.items() if one.status == "unchanged"] == reported
    assert workshop.store.count() == sum(1 + number % 3 for number in range(30))
    assert workshop.catalog.unfinished(COLLECTION) == []


def test_a_caller_that_stops_early_leaves_a_state_that_the_next_run_completes(workshop: Workshop, docs: Path) -> None:
    files = write(docs, dict(texts(30)))
    ingestor = workshop.ingestor()
    run = ingestor.run(files, LABEL)
    next(run)
    run.close()  # type: ignore[attr-defined]
    statuses = [one.status for one in ingestor.run(files, LABEL)]
    assert set(statuses) == {"unchanged", "indexed"}
    assert workshop.store.count() == sum(1 + number % 3 for number in range(30))


def test_an_error_waits_for_no_file_that_is_being_parsed(workshop: Workshop, docs: Path) -> None:
    workshop.batch_chunks = 1
    workshop.parser = parser = SlowParser()
    sink = FailingSink(workshop.store, UnavailableError("The disk is full; make room."), fails_at=1)
    run = workshop.ingestor(sink).run(write(docs, {"a.txt": "alpha", "slow.txt": "alpha"}), LABEL)
    with pytest.raises(UnavailableError, match="disk is full"):
        next(run)
    assert not parser.slow_ones
    parser.may_end.set()


def test_recover_finishes_a_replacement_and_forgets_a_document_that_never_was(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha one"})
    workshop.run(files)
    (old,) = workshop.found("alpha")
    never = replace(old, id=document_id_of("x", "y", "z"), document_id=document_id_of("a", "b", "c"))
    stale = replace(old, id=document_id_of("x", "y", "w"), revision="half-written")
    workshop.catalog.begin(COLLECTION, [old.document_id, never.document_id])
    workshop.store.upsert([never, stale], np.stack([workshop.embedder.embed_query("alpha")] * 2))
    assert workshop.found("alpha") == [old]
    assert workshop.ingestor().recover() == 2
    assert workshop.store.count() == 1
    assert workshop.found("alpha") == [old]
    assert workshop.ingestor().recover() == 0


def test_what_another_process_is_writing_is_no_debris(workshop: Workshop, docs: Path) -> None:
    other = Catalog(workshop.catalog_url)
    recovery = threading.Thread(target=workshop.ingestor(catalog=other).recover)

    class Interrupted(FailingSink):
        def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
            super().upsert(chunks, vectors)
            recovery.start()
            recovery.join(0.3)

    sink = Interrupted(workshop.store, UnavailableError("never"), fails_at=0)
    list(workshop.ingestor(sink).run(write(docs, {"a.txt": "alpha"}), LABEL))
    recovery.join()
    other.close()
    assert [chunk.text for chunk in workshop.found("alpha")] == ["alpha"]


def test_what_another_process_wrote_meanwhile_is_not_replaced_by_who_may_not_read_it(
    workshop: Workshop, docs: Path
) -> None:
    files = write(docs, {"a.txt": "alpha"})
    secret = Label("acme", ("hr",))

    class Overtaken(TextParser):
        def parse(self, path: Path) -> list[Section]:
            workshop.run(files, secret)
            return super().parse(path)

    late = Workshop(workshop.folder, parser=Overtaken())
    late.store, late.catalog = workshop.store, workshop.catalog
    with pytest.raises(DeniedError, match=r"a\.txt' that you may not read; give another source"):
        list(late.ingestor().run(files, LABEL, may_replace=lambda entry: entry.readable_by("acme", ())))
    assert workshop.found("alpha") == []
    assert len(workshop.found("alpha", Access("acme", ("hr",)))) == 1


def test_what_is_given_up_while_it_is_read_is_not_written(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha one", "b.txt": "alpha two"})
    kept = document_id_of(COLLECTION, LABEL.tenant, files[1].source)
    results = list(workshop.ingestor().run(files, LABEL, wanted=lambda document_id: document_id == kept))
    assert [result.status for result in results] == ["pruned", "indexed"]
    assert [chunk.text for chunk in workshop.found("alpha")] == ["alpha two"]
    assert [result.status for result in workshop.ingestor().run(files[:1], LABEL, wanted=lambda _: False)] == ["pruned"]
    assert (workshop.store.count(), workshop.catalog.unfinished(COLLECTION)) == (1, [])


def test_a_lock_that_is_lost_leaves_no_document_without_its_chunks(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha"})

    class Overtaken(FailingSink):
        def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
            super().upsert(chunks, vectors)
            # As `recover` of another process that holds the lock by now.
            assert workshop.ingestor()._finish_interrupted() == 1

    sink = Overtaken(workshop.store, UnavailableError("never"), fails_at=0)
    with pytest.raises(IndexLockedError, match="ingest the files again"):
        list(workshop.ingestor(sink).run(files, LABEL))
    assert workshop.run(files)["a.txt"].status == "indexed"
    assert [chunk.text for chunk in workshop.found("alpha")] == ["alpha"]


def test_a_run_that_waits_for_its_caller_keeps_no_other_process_waiting(workshop: Workshop, docs: Path) -> None:
    other = Catalog(workshop.catalog_url)
    run = workshop.ingestor().run(write(docs, dict(texts(30))), LABEL)
    next(run)
    with other.writing(COLLECTION, wait_s=0):
        pass
    assert len(list(run)) == 29
    other.close()


def test_two_threads_take_turns(workshop: Workshop, docs: Path) -> None:
    files, ingestor = write(docs, dict(texts(20))), workshop.ingestor()
    statuses: list[str] = []
    threads = [
        threading.Thread(target=lambda: statuses.extend(one.status for one in ingestor.run(files, LABEL)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count("indexed"), statuses.count("unchanged")) == (20, 40)
    assert workshop.store.count() == sum(1 + number % 3 for number in range(20))


@pytest.mark.parametrize("mode", [pytest.param("bm25", marks=pytest.mark.slow), "hybrid"])
def test_a_reader_never_sees_two_revisions_nor_misses_a_document(workshop: Workshop, docs: Path, mode: str) -> None:
    """Every chunk holds the word alpha, so that each search must find each document, whole, in one revision."""
    workshop.run(write(docs, dict(texts(12, "v0"))))
    faults: list[str] = []
    searches, done = [0], threading.Event()

    def read() -> None:
        query = Query("alpha", COLLECTION, "acme", (), 100, mode)  # type: ignore[arg-type]
        while not done.is_set():
            chunks = [hit.chunk for hit in workshop.searcher.search(query)]
            versions = {(chunk.document_id, chunk.revision) for chunk in chunks}
            searches[0] += 1
            if len(versions) != 12 or len(chunks) != sum(1 + number % 3 for number in range(12)):
                faults.append(f"{len(versions)} versions, {len(chunks)} chunks")

    reader = threading.Thread(target=read)
    reader.start()
    for version in range(1, 12):
        workshop.run(write(docs, dict(texts(12, f"v{version}"))))
    done.set()
    reader.join()
    assert searches[0]
    assert faults == []
