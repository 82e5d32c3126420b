"""Ingestion of files into one collection: hash -> parse -> chunk -> embed -> replace."""

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Literal, TypeAlias

from ingest.catalog import Catalog
from ingest.catalog_rows import CatalogEntry
from ingest.errors import CitewellError, DeniedError, PermanentError, UnreadableFileError
from ingest.library.rows import UPLOAD_SCHEME
from ingest.lookahead import prepared_ahead
from ingest.parsers.titles import document_title
from ingest.ports import Chunker, ChunkSink, Embedder, Parser
from ingest.progress import Progress, Snapshot
from ingest.readers import narrowed, with_groups
from ingest.sources.filesystem import SourceFile, sha256_of
from ingest.types import Chunk, Document, Metadata, document_id_of, joined_text
from ingest.unread import unread, unread_note
from ingest.validity import stated

Status: TypeAlias = Literal["indexed", "unchanged", "failed", "pruned"]
_REMOVED_TOGETHER = 500
"""Databases bound the number of ids in one statement."""
_OPENING = 3
"""Sections in which a document says since when it is valid."""


@dataclass(frozen=True)
class Label:
    """Whose the documents are and what is known of them beside their content."""

    tenant: str
    groups: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)

    @classmethod
    def of(cls, tenant: str, groups: Iterable[str], metadata: Metadata) -> "Label":
        """Groups as they were typed: in any order, repeated, empty."""
        return cls(tenant, tuple(sorted({group for group in groups if group})), metadata)


@dataclass(frozen=True)
class FileResult:
    source: str
    status: Status
    document_id: str
    chunks: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Prepared:
    """A file ready to be embedded, or already settled (`document` is None). `lost`: it is to be forgotten."""

    result: FileResult
    document: Document | None = None
    chunks: tuple[Chunk, ...] = ()
    lost: bool = False


class Ingestor:
    """Writes one collection. Runs of several threads wait for each other, and for other processes batch by batch.

    Args:
        fingerprint: names everything but the content that decides what chunks a file gives; a file is taken up
            again when it differs.
        batch_chunks: how many chunks are embedded and written together.
        max_bytes: larger files are refused.
        proceed: called before each file is read and each batch is embedded; what it raises ends the run.
    """

    def __init__(
        self,
        parser: Parser,
        chunker: Chunker,
        embedder: Embedder,
        sink: ChunkSink,
        catalog: Catalog,
        collection: str,
        fingerprint: str,
        batch_chunks: int = 256,
        max_bytes: int = 256 * 2**20,
        workers: int = 1,
        proceed: Callable[[], None] = lambda: None,
    ) -> None:
        self._parser, self._chunker, self._embedder = parser, chunker, embedder
        self._sink, self._catalog, self._collection = sink, catalog, collection
        self._fingerprint, self._batch_chunks = fingerprint, batch_chunks
        self._max_bytes, self._workers, self._proceed = max_bytes, workers, proceed
        self._lock = threading.Lock()

    def run(
        self,
        files: Sequence[SourceFile],
        label: Label,
        on_progress: Callable[[Snapshot], None] = lambda snapshot: None,
        may_replace: Callable[[CatalogEntry], bool] = lambda entry: True,
        wanted: Callable[[str], bool] = lambda document_id: True,
    ) -> Iterator[FileResult]:
        """Ingest the files; yields one result a source, once its chunks can be found (or it has failed).

        The next file waits until the caller takes the result, and no other call is served meanwhile. `wanted` is asked
        when nobody else can write any more: what has been given up since it was listed is `pruned`.

        Raises:
            UnavailableError: the index cannot be written; what was yielded before is kept.
            IndexLockedError: another process goes on writing the collection; likewise.
            DeniedError: `may_replace` says no to the document that a file would replace; likewise.
        """
        files = list({file.source: file for file in files}.values())
        with self._lock:
            self._recover()
            progress = Progress.of(files)
            started = perf_counter()

            def report() -> None:
                on_progress(progress.snapshot(perf_counter() - started))

            prepare = partial(self._prepare, label=label, may_replace=may_replace)
            with closing(prepared_ahead(files, prepare, self._workers, self._batch_chunks)) as prepared:
                for batch in self._batches(prepared, progress):
                    results = self._write(batch, progress, report, may_replace, wanted)
                    progress.finished(len(batch))
                    report()
                    yield from results

    def remove(self, document_ids: Sequence[str], also: Callable[[Sequence[str]], None] = lambda ids: None) -> None:
        """Forget documents; readers stop seeing each at once. `also` forgets them elsewhere, before anybody else writes
        the collection."""
        with self._lock:
            for start in range(0, len(document_ids), _REMOVED_TOGETHER):
                some = document_ids[start : start + _REMOVED_TOGETHER]
                with self._writing():
                    self._forget(some, also)

    def _forget(self, ids: Sequence[str], also: Callable[[Sequence[str]], None] = lambda ids: None) -> None:
        self._catalog.begin(self._collection, ids)
        self._catalog.remove(ids)
        self._sink.delete(ids)
        also(ids)
        self._catalog.finish(ids)

    def recover(self) -> int:
        """Finish what a crash interrupted; returns how many documents it concerned."""
        with self._lock:
            return self._recover()

    def _recover(self) -> int:
        with self._writing() as recovered:
            return recovered

    @contextmanager
    def _writing(self) -> Iterator[int]:
        """Alone in this and every other process, so that what is unfinished can only be a crash's: it is finished
        first. Gives the number of documents that this concerned."""
        with self._catalog.writing(self._collection):
            yield self._finish_interrupted()

    def _finish_interrupted(self) -> int:
        with self._catalog.finishing(self._collection) as unfinished:
            current = self._catalog.revisions(unfinished)
            if current:
                self._sink.delete_stale(current)
            if gone := [key for key in unfinished if key not in current]:
                self._sink.delete(gone)
            return len(unfinished)

    def _prepare(self, file: SourceFile, label: Label, may_replace: Callable[[CatalogEntry], bool]) -> _Prepared:
        self._proceed()
        label = replace(label, metadata={**label.metadata, **file.metadata})
        document_id = document_id_of(self._collection, label.tenant, file.source)
        entry = self._catalog.get(document_id)
        if entry:
            _check_replaceable(entry, may_replace)
        try:
            sha256 = sha256_of(file.path, self._max_bytes)
            revision = self._revision(sha256, label)
            if entry and entry.revision == revision:
                return _Prepared(FileResult(file.source, "unchanged", document_id, entry.chunks))
            document = self._document(file, label, document_id, sha256, revision)
            chunks = self._chunks(document, file.path.name)
        except PermanentError as error:
            failed = FileResult(file.source, "failed", document_id, reason=str(error))
            return self._still_there(failed, entry, label.groups) if entry else _Prepared(failed)
        note = unread_note(document.metadata, file.path.name)
        return _Prepared(FileResult(file.source, "indexed", document_id, len(chunks), note), document, chunks)

    def _still_there(self, failed: FileResult, entry: CatalogEntry, groups: Sequence[str]) -> _Prepared:
        """What was indexed before the file could not be read any more is kept, but not for those who lost it."""
        readers = narrowed(entry.groups, groups)
        if readers == entry.groups:
            return _Prepared(replace(failed, reason=f"{failed.reason} What was indexed of it before is still found."))
        if readers is None:
            reason = f"{failed.reason} What was indexed of it before, for other groups, is found no more."
            return _Prepared(replace(failed, reason=reason), lost=True)
        document = with_groups(entry, self._catalog.sections(entry.id), readers)
        reason = f"{failed.reason} What was indexed of it before is still found, by {', '.join(readers)} only."
        return _Prepared(replace(failed, reason=reason), document, self._chunks(document, Path(entry.source).name))

    def _document(self, file: SourceFile, label: Label, document_id: str, sha256: str, revision: str) -> Document:
        sections = tuple(self._parser.parse(file.path))
        metadata = {**stated(joined_text(sections[:_OPENING])), **unread(sections), **label.metadata}
        return Document(
            id=document_id,
            collection=self._collection,
            tenant=label.tenant,
            groups=label.groups,
            source=file.source,
            title=document_title(sections, file.source.removeprefix(UPLOAD_SCHEME)),
            sha256=sha256,
            revision=revision,
            sections=sections,
            metadata=metadata,
        )

    def _chunks(self, document: Document, name: str) -> tuple[Chunk, ...]:
        """A text that the chunker trips over costs one file, not the run."""
        try:
            return tuple(self._chunker.chunk(document))
        except CitewellError:
            raise
        except Exception as error:
            raise UnreadableFileError(
                f"{name} cannot be cut into chunks ({type(error).__name__}: {error}); "
                f"leave it out, or report it together with the file."
            ) from error

    def _revision(self, sha256: str, label: Label) -> str:
        known = [sha256, self._fingerprint, sorted(label.groups), sorted(label.metadata.items())]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32]

    def _batches(self, prepared: Iterable[_Prepared], progress: Progress) -> Iterator[list[_Prepared]]:
        batch: list[_Prepared] = []
        chunks = 0
        for item in prepared:
            progress.parsed(item.result.source, len(item.chunks))
            batch.append(item)
            chunks += len(item.chunks)
            if chunks >= self._batch_chunks or len(batch) >= self._batch_chunks:
                yield batch
                batch, chunks = [], 0
        if batch:
            yield batch

    def _write(
        self,
        batch: Sequence[_Prepared],
        progress: Progress,
        report: Callable[[], None],
        may_replace: Callable[[CatalogEntry], bool],
        wanted: Callable[[str], bool],
    ) -> list[FileResult]:
        if any(item.document or item.lost for item in batch):
            with self._writing():
                batch = [_unless_given_up(item, wanted) for item in batch]
                documents = [(item.document, len(item.chunks)) for item in batch if item.document]
                ids = [document.id for document, _ in documents]
                lost = [item.result.document_id for item in batch if item.lost]
                entries = self._catalog.entries([*ids, *lost])
                for entry in entries:  # another process may have made it since the file was prepared
                    _check_replaceable(entry, may_replace)
                if lost:
                    self._forget(lost)
                if documents:
                    self._catalog.begin(self._collection, ids)
                    self._embed([chunk for item in batch for chunk in item.chunks], progress, report)
                    self._replace(documents, {entry.id for entry in entries})
        return [item.result for item in batch]

    def _replace(self, documents: Sequence[tuple[Document, int]], there: Collection[str]) -> None:
        self._catalog.commit(documents)
        if stale := {document.id: document.revision for document, _ in documents if document.id in there}:
            self._sink.delete_stale(stale)
        self._catalog.finish([document.id for document, _ in documents])

    def _embed(self, chunks: Sequence[Chunk], progress: Progress, report: Callable[[], None]) -> None:
        for start in range(0, len(chunks), self._batch_chunks):
            self._proceed()
            part = chunks[start : start + self._batch_chunks]
            self._sink.upsert(part, self._embedder.embed_documents([chunk.indexed_text for chunk in part]))
            progress.embedded(len(part))
            report()


def _unless_given_up(item: _Prepared, wanted: Callable[[str], bool]) -> _Prepared:
    if item.document is None or wanted(item.document.id):
        return item
    return _Prepared(replace(item.result, status="pruned", chunks=0))


def _check_replaceable(entry: CatalogEntry, may_replace: Callable[[CatalogEntry], bool]) -> None:
    if not may_replace(entry):
        raise DeniedError(f"There is a document {entry.source!r} that you may not read; give another source.")
