"""Ingestion as a whole: what is indexed, what is left alone, what fails alone."""

import os
from pathlib import Path

import pytest

from ingest.chunkers import TokenChunker
from ingest.errors import DeniedError
from ingest.pipeline import Label
from ingest.progress import Snapshot
from ingest.sources.filesystem import SourceFile
from ingest.types import Chunk, Document, document_id_of
from retrieval.types import Access
from tests.ingest.workshop import COLLECTION, LABEL, Workshop, files_of, texts, write


def test_what_was_ingested_can_be_found(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "# Leave\n\nThirty days a year.", "b.txt": "Nine to five."})
    results = workshop.run(files)
    assert [(name, one.status, one.chunks) for name, one in results.items()] == [
        ("a.txt", "indexed", 1),
        ("b.txt", "indexed", 1),
    ]
    (chunk,) = workshop.found("thirty")
    assert (chunk.text, chunk.headings, chunk.source) == ("Thirty days a year.", ("Leave",), str(docs / "a.txt"))
    assert chunk.document_id == results["a.txt"].document_id == document_id_of(COLLECTION, "acme", str(docs / "a.txt"))


def test_a_second_run_parses_and_embeds_nothing(workshop: Workshop, docs: Path) -> None:
    files = write(docs, dict(texts(20)))
    first = workshop.run(files)
    workshop.parser.parsed.clear()
    workshop.embedder.embedded.clear()
    second = workshop.run(files)
    assert {one.status for one in second.values()} == {"unchanged"}
    assert {name: one.chunks for name, one in second.items()} == {name: one.chunks for name, one in first.items()}
    assert workshop.parser.parsed == workshop.embedder.embedded == []


def test_only_what_changed_is_taken_up_again(workshop: Workshop, docs: Path) -> None:
    workshop.run(write(docs, dict(texts(10))))
    workshop.parser.parsed.clear()
    results = workshop.run(write(docs, {"004.txt": "bravo only"}))
    assert workshop.parser.parsed == ["004.txt"]
    assert [name for name, one in results.items() if one.status == "indexed"] == ["004.txt"]
    assert workshop.stored(files_of(docs))["004.txt"] == {"bravo only"}
    assert [chunk.text for chunk in workshop.found("bravo")] == ["bravo only"]
    assert not [chunk for chunk in workshop.found("alpha") if chunk.source.endswith("004.txt")]


def test_a_touched_file_is_unchanged(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha"})
    workshop.run(files)
    os.utime(docs / "a.txt", (0, 0))
    assert workshop.run(files)["a.txt"].status == "unchanged"


def test_a_failure_keeps_the_old_revision_and_harms_no_neighbour(workshop: Workshop, docs: Path) -> None:
    workshop.run(write(docs, {"a.txt": "alpha one", "b.txt": "alpha two", "c.txt": "alpha three"}))
    results = workshop.run(write(docs, {"a.txt": "bravo one", "b.txt": "broken", "c.txt": "bravo three"}))
    assert [one.status for one in results.values()] == ["indexed", "failed", "indexed"]
    assert results["b.txt"].reason == "b.txt is broken; mend it. What was indexed of it before is still found."
    assert [chunk.text for chunk in workshop.found("alpha")] == ["alpha two"]
    assert len(workshop.found("bravo")) == 2


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ((), ("hr",), ("hr",)),
        (("everyone",), ("hr",), ("hr",)),
        (("hr", "it"), ("it", "law"), ("it",)),
        (("hr",), (), ("hr",)),
        (("hr",), ("everyone",), ("hr",)),
        (("hr",), ("hr", "it"), ("hr",)),
    ],
)
def test_a_failure_widens_no_circle_and_narrows_it_as_asked(
    workshop: Workshop, docs: Path, old: tuple[str, ...], new: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    workshop.run(write(docs, {"a.txt": "alpha"}), Label("acme", old, {"year": 2025}))
    for _ in range(2):
        result = workshop.run(write(docs, {"a.txt": "broken"}), Label("acme", new))["a.txt"]
        assert result.status == "failed"
        readers = {group for group in ("", "hr", "it", "law") if workshop.found("alpha", Access("acme", (group,)))}
        assert readers == set(kept)
    assert [chunk.metadata for chunk in workshop.found("alpha", Access("acme", kept))] == [{"year": 2025}]
    mended = workshop.run(write(docs, {"a.txt": "alpha"}), Label("acme", old, {"year": 2025}))["a.txt"]
    assert mended.status == ("unchanged" if kept == old else "indexed")


def test_what_cannot_be_read_any_more_is_not_shown_to_another_group(workshop: Workshop, docs: Path) -> None:
    workshop.run(write(docs, {"a.txt": "alpha"}), Label("acme", ("hr", "law")))
    result = workshop.run(write(docs, {"a.txt": "broken", "b.txt": "bravo"}), Label("acme", ("it",)))["a.txt"]
    assert result.status == "failed"
    assert result.reason.endswith("What was indexed of it before, for other groups, is found no more.")
    assert workshop.found("alpha", Access("acme", ("hr", "law", "it"))) == []
    assert len(workshop.found("bravo", Access("acme", ("it",)))) == 1
    assert workshop.run(write(docs, {"a.txt": "broken"}), Label("acme", ("hr",)))["a.txt"].reason.endswith("mend it.")
    assert workshop.run(write(docs, {"a.txt": "alpha"}), Label("acme", ("hr",)))["a.txt"].status == "indexed"


def test_a_text_that_the_chunker_trips_over_fails_alone(
    workshop: Workshop, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TokenChunker.chunk

    def chunk(chunker: TokenChunker, document: Document) -> list[Chunk]:
        assert "odd" not in document.text, "a piece is lost"
        return whole(chunker, document)

    monkeypatch.setattr(TokenChunker, "chunk", chunk)
    results = workshop.run(write(docs, {"a.txt": "alpha", "b.txt": "odd", "c.txt": "alpha"}))
    assert [one.status for one in results.values()] == ["indexed", "failed", "indexed"]
    reason = results["b.txt"].reason
    assert reason.startswith("b.txt cannot be cut into chunks (AssertionError: a piece is lost")
    assert reason.endswith("leave it out, or report it together with the file.")


@pytest.mark.parametrize("text", ["alpha one", "alpha two", "broken"])
def test_what_may_not_be_replaced_stays(workshop: Workshop, docs: Path, text: str) -> None:
    secret = Label("acme", ("hr",))
    workshop.run(write(docs, {"a.txt": "alpha one"}), secret)
    files = write(docs, {"a.txt": text})
    for label in (LABEL, secret):
        run = workshop.ingestor().run(files, label, may_replace=lambda entry: entry.readable_by("acme", ()))
        with pytest.raises(DeniedError, match=r"a\.txt' that you may not read; give another source"):
            next(run)
    assert [chunk.text for chunk in workshop.found("alpha", Access("acme", ("hr",)))] == ["alpha one"]
    assert workshop.found("alpha") == []


def test_a_failed_file_is_tried_again(workshop: Workshop, docs: Path) -> None:
    assert workshop.run(write(docs, {"a.txt": "broken"}))["a.txt"].status == "failed"
    assert workshop.run(write(docs, {"a.txt": "mended"}))["a.txt"].status == "indexed"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to("absent"), "cannot be read (No such file or directory); check that it exists"),
        (lambda path: os.mkfifo(path), "is not a regular file; leave it out."),
        (lambda path: path.mkdir(), "is not a regular file; leave it out."),
        (lambda path: path.write_bytes(b"x" * (2**20 + 1)), "has 1.0 MiB, over the limit of 1; split it"),
    ],
    ids=["broken link", "pipe", "folder", "too large"],
)
def test_what_cannot_be_hashed_fails_alone(workshop: Workshop, docs: Path, make: object, reason: str) -> None:
    write(docs, {"a.txt": "alpha", "c.txt": "alpha"})
    make(docs / "b.txt")  # type: ignore[operator]
    results = workshop.run([SourceFile(docs / name, name) for name in ("a.txt", "b.txt", "c.txt")])
    assert [one.status for one in results.values()] == ["indexed", "failed", "indexed"]
    assert results["b.txt"].reason.startswith(f"b.txt {reason}")


def test_a_source_given_twice_is_taken_once(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha one", "b.txt": "alpha two"})
    results = list(workshop.ingestor().run([*files, *files], LABEL))
    assert [Path(one.source).name for one in results] == ["a.txt", "b.txt"]
    assert workshop.store.count() == 2


def test_the_same_content_under_two_names_is_two_documents(workshop: Workshop, docs: Path) -> None:
    workshop.run(write(docs, {"a.txt": "alpha", "b.txt": "alpha"}))
    assert sorted(Path(chunk.source).name for chunk in workshop.found("alpha")) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "label", [Label("acme", ("hr",)), Label("acme", (), {"year": 2025}), Label("acme", ("hr",), {"year": 1})], ids=str
)
def test_another_label_is_taken_up_again(workshop: Workshop, docs: Path, label: Label) -> None:
    files = write(docs, {"a.txt": "alpha"})
    workshop.run(files)
    assert workshop.run(files, label)["a.txt"].status == "indexed"
    assert workshop.run(files, label)["a.txt"].status == "unchanged"
    (chunk,) = workshop.found("alpha", Access("acme", label.groups))
    assert (chunk.groups, chunk.metadata) == (label.groups, label.metadata)
    assert workshop.store.count() == 1


def test_another_tenant_has_its_own_documents(workshop: Workshop, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha"})
    mine, theirs = workshop.run(files), workshop.run(files, Label("other"))
    assert theirs["a.txt"].status == "indexed"
    assert mine["a.txt"].document_id != theirs["a.txt"].document_id
    workshop.ingestor().remove([mine["a.txt"].document_id])
    assert workshop.found("alpha") == []
    assert len(workshop.found("alpha", Access("other"))) == 1


def test_another_fingerprint_is_taken_up_again(tmp_path: Path, docs: Path) -> None:
    files = write(docs, {"a.txt": "alpha"})
    for fingerprint, status in (("v1", "indexed"), ("v1", "unchanged"), ("v2", "indexed")):
        with Workshop(tmp_path / "data", fingerprint) as workshop:
            assert workshop.run(files)["a.txt"].status == status
            assert workshop.store.count() == 1


def test_removing_many(workshop: Workshop, docs: Path) -> None:
    workshop.batch_chunks = 500
    results = workshop.run(write(docs, {f"{number}.txt": f"alpha {number}" for number in range(1200)}))
    ids = [one.document_id for one in results.values()]
    workshop.ingestor().remove(ids[:-1])
    assert workshop.catalog.count() == workshop.store.count() == len(workshop.found("alpha")) == 1
    assert workshop.catalog.unfinished(COLLECTION) == []
    workshop.ingestor().remove([])


def test_a_document_larger_than_a_batch(workshop: Workshop, docs: Path) -> None:
    paragraphs = "\n\n".join(f"alpha paragraph {number}" for number in range(100))
    results = workshop.run(write(docs, {"a.txt": "alpha", "b.txt": paragraphs, "c.txt": "alpha"}))
    assert [one.chunks for one in results.values()] == [1, 100, 1]
    assert workshop.store.count() == 102


def test_chunks_are_embedded_with_their_context(workshop: Workshop, docs: Path) -> None:
    workshop.run(write(docs, {"a.txt": "# Leave\n\nThirty days."}))
    (text,) = workshop.embedder.embedded
    assert text.endswith("Leave\nThirty days.")


def test_progress_ends_complete(workshop: Workshop, docs: Path) -> None:
    seen: list[Snapshot] = []
    files = write(docs, dict(texts(30)) | {"bad.txt": "broken"})
    list(workshop.ingestor().run(files, LABEL, seen.append))
    assert len(seen) > 5
    assert (seen[-1].files_done, seen[-1].files_total) == (31, 31)
    assert seen[-1].chunks_done == seen[-1].chunks_expected == workshop.store.count()
    assert [one.chunks_done for one in seen] == sorted(one.chunks_done for one in seen)
    assert all(one.chunks_done <= one.chunks_expected for one in seen)
