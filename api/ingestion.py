"""`citewell ingest`: list files, run them through the pipeline (here or on a server), report."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from api.bootstrap import Collection, Services
from api.client import RestClient
from api.schemas import ReportOut, ingested_out
from api.settings import Settings
from ingest.errors import InvalidError, UnavailableError
from ingest.pipeline import FileResult, Label
from ingest.progress import Progress, Snapshot
from ingest.sources.filesystem import Listing, Selection, departed, list_files
from ingest.types import Metadata

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class IngestRequest:
    paths: tuple[str, ...]
    collection: str
    tenant: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    prune: bool = False
    groups: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)

    @property
    def label(self) -> Label:
        return Label.of(self.tenant, self.groups, self.metadata)


def ingest_files(
    settings: Settings, request: IngestRequest, on_progress: Callable[[Snapshot], None], server: str | None = None
) -> ReportOut:
    """Ingest what the request names.

    Raises:
        NotFoundError: a path does not exist; nothing was changed.
    """
    from ingest.parsers.routing import SUFFIXES

    started = perf_counter()
    selection = Selection(request.include, request.exclude, frozenset(SUFFIXES))
    listing = list_files(request.paths, selection, [settings.data])
    results = list(_unlisted(listing))
    if server:
        results += _through_server(server, request, listing, on_progress)
    else:
        with Services(settings) as services:
            results += _here(services, request, listing, selection, on_progress)
    return _report(results, listing.skipped, perf_counter() - started)


def _here(
    services: Services,
    request: IngestRequest,
    listing: Listing,
    selection: Selection,
    on_progress: Callable[[Snapshot], None],
) -> list[FileResult]:
    collection = services.collection(request.collection, create=True)
    results = list(collection.ingestor.run(listing.files, request.label, on_progress))
    if request.prune:
        entries = services.catalog.page(request.collection, request.tenant)
        known = {entry.source: entry.id for entry in entries}
        gone = departed(known, listing, request.paths, selection)
        collection.ingestor.remove([known[source] for source in gone])
        services.forget()  # where no server runs, nobody else does it
        results += [FileResult(source, "pruned", known[source]) for source in gone]
    if any(result.status in ("indexed", "pruned") for result in results):
        _tidied(collection)
    return results


def _tidied(collection: Collection) -> None:
    """Where it cannot be done now, say for want of space, everything is found all the same."""
    try:
        collection.store.optimize()
    except UnavailableError as error:
        _log.warning("The index of collection %r was not tidied: %s", collection.name, error)


def _through_server(
    server: str, request: IngestRequest, listing: Listing, on_progress: Callable[[Snapshot], None]
) -> Iterator[FileResult]:
    if request.prune:
        raise InvalidError("--prune works on the data folder only; leave it out, or run without --server.")
    progress, started = Progress.of(listing.files), perf_counter()
    label = request.label
    with RestClient(server) as client:
        results = client.ingest(listing.files, request.collection, label.groups, json.dumps(dict(label.metadata)))
        for file, result in zip(listing.files, results, strict=True):
            written = result.chunks if result.status == "indexed" else 0
            progress.parsed(file.source, written)
            progress.embedded(written)
            progress.finished()
            on_progress(progress.snapshot(perf_counter() - started))
            yield result


def _unlisted(listing: Listing) -> Iterator[FileResult]:
    for problem in listing.problems:
        yield FileResult(problem.source, "failed", "", reason=f"{Path(problem.source).name} {problem.reason}")


def _report(results: Iterable[FileResult], skipped: int, seconds: float) -> ReportOut:
    results = list(results)

    def count(status: str) -> int:
        return sum(result.status == status for result in results)

    return ReportOut(
        indexed=count("indexed"),
        unchanged=count("unchanged"),
        failed=count("failed"),
        pruned=count("pruned"),
        skipped=skipped,
        chunks=sum(result.chunks for result in results if result.status == "indexed"),
        seconds=round(seconds, 2),
        failures=[ingested_out(result) for result in results if result.status == "failed"],
        incomplete=[ingested_out(result) for result in results if result.status == "indexed" and result.reason],
    )
