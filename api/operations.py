"""What the faces offer, in wire objects: REST routes and the command line both call these."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from api import memory, parts
from api.bootstrap import Collection, Services
from api.schemas import (
    AnswerIn,
    DocumentOut,
    DocumentsOut,
    DocumentTextOut,
    IngestedOut,
    SearchIn,
    SearchOut,
    document_out,
    ingested_out,
    search_out,
)
from api.schemas_answers import AnswerOut, answer_out
from api.traces.watching import Keep, Watch
from api.tuned import Tuned
from generation.answerer import drain
from generation.tokens import estimate
from generation.types import Answer
from ingest.catalog_rows import CatalogEntry
from ingest.errors import InvalidError, NotFoundError, UnreadableFileError
from ingest.library.rows import UPLOAD_SCHEME
from ingest.parsers.routing import supported_suffix
from ingest.pipeline import FileResult, Label
from ingest.sources.filesystem import SourceFile
from ingest.types import document_id_of, joined_text
from ingest.writing import composed, normalized
from retrieval import filters
from retrieval.facets import FacetValue, facets
from retrieval.queries.conversation import recent, standalone
from retrieval.types import Access, Hit, Query, Turn


async def search(services: Services, body: SearchIn, access: Access) -> SearchOut:
    started = perf_counter()
    query = await _standalone(services, body, access, services.settings.retrieval.top_k)
    collection = await opened_collection(services, body.collection)
    hits, counted = await asyncio.to_thread(_found, services, collection, query, body.facets)
    return search_out(query.text, hits, {"search_ms": round((perf_counter() - started) * 1000, 2)}, counted)


def _found(
    services: Services, collection: Collection, query: Query, fields: Sequence[str]
) -> tuple[list[Hit], dict[str, tuple[FacetValue, ...]]]:
    """Facets are counted over all that the search looks at, not only over the hits that are shown."""
    if not fields:
        return collection.searcher.search(query), {}
    collection.hybrid.check_fields(filters.Every(tuple(map(filters.Present, fields))), query.access)
    deep = replace(query, top_k=max(query.top_k, services.settings.retrieval.candidates))
    plain = parts.current_searcher(services.settings, collection.store, collection.hybrid, services.catalog)
    looked_at = parts.reworded(services.settings, collection.store, plain, services.catalog).search(deep)
    return collection.searcher.search(query), facets(looked_at, fields)


async def answer(services: Services, body: AnswerIn, access: Access) -> AnswerOut:
    query, pieces = await answering(services, body, access)
    return answer_out(await drain(pieces), query)


async def answering(
    services: Services, body: AnswerIn, access: Access, keep: Keep | None = None
) -> tuple[str, AsyncGenerator[str | Answer, None]]:
    """The question as it was understood, and what will come of it. `keep` takes what its trace is made of in place of
    the recorder."""
    recalled = await memory.recalled(services, body, access)
    alone, record = recalled.asked, keep or services.recorder.record
    with Watch(alone, access, record, services.new_trace_id, recalled.cited) as watch:
        query = await _standalone(services, alone, access, services.settings.answers.passages)
        collection = await opened_collection(services, alone.collection)
    pieces = watch.over(query, Tuned(collection.tuned, collection.abstention), collection.answerer.answer(query))
    return query.text, memory.kept(services, body, access, query.text, pieces)


def to_query(services: Services, body: SearchIn | AnswerIn, access: Access, top_k: int) -> Query:
    return Query(
        text=body.query,
        collection=body.collection,
        tenant=access.tenant,
        groups=access.groups,
        top_k=body.top_k or top_k,
        mode=body.mode or services.settings.retrieval.mode,
        filters=filters.parse(body.filters),
        history=tuple(Turn(turn.role, normalized(turn.content)) for turn in body.history),
        as_of=body.as_of,
    )


def documents(services: Services, collection: str, access: Access, limit: int, after: str = "") -> DocumentsOut:
    """One page, ordered by id. Raises NotFoundError where there is no such collection."""
    services.require(collection)
    page: list[CatalogEntry] = []
    while len(page) <= limit:
        more = services.catalog.page(collection, access.tenant, limit=limit + 1, after=after, readers=access.groups)
        page += [entry for entry in more if _may_read(entry, access)]
        if len(more) <= limit:
            break
        after = more[-1].id
    shown = page[:limit]
    following = shown[-1].id if len(page) > limit else None
    return DocumentsOut(documents=[document_out(entry) for entry in shown], next=following)


def document(services: Services, document_id: str, access: Access) -> DocumentTextOut:
    entry = _readable(services, document_id, access)
    text = joined_text(services.catalog.sections(document_id))
    return DocumentTextOut(**document_out(entry).model_dump(), text=text)


def delete(services: Services, document_id: str, access: Access) -> DocumentOut:
    """From the index, and from the vector stores that it is a file of."""
    entry = _readable(services, document_id, access)
    services.collection(entry.collection).ingestor.remove([document_id], services.library.files.remove)
    return document_out(entry)


def upload(
    services: Services,
    name: str,
    content: BinaryIO,
    collection: str,
    label: Label,
    access: Access,
    source: str = "",
) -> IngestedOut:
    """Ingest one uploaded file; one of the same `source` (default: its name) replaces the one before.

    Raises:
        UnsupportedFormatError, UnreadableFileError: it cannot be indexed; what was indexed under its name stays.
        DeniedError: it would replace a document that the caller may not read.
        InvalidError: it would replace what a file in a vector store holds.
    """
    base = file_name(name)
    supported_suffix(Path(base))
    source = composed(source) or UPLOAD_SCHEME + base
    if services.library.files.attached(document_id_of(collection, label.tenant, source)):
        raise InvalidError(f"{source!r} is the source of a file in a vector store; change it there, or give another.")
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = Path(folder) / base
        with path.open("wb") as target:
            while block := content.read(2**20):
                target.write(block)
        if not services.exists(collection):
            services.parse(path)  # what cannot be read leaves no empty collection behind
        file = SourceFile(path, source)
        (result,) = ingested(services, [file], collection, label, access)
    if result.status == "failed":
        raise UnreadableFileError(result.reason)
    return ingested_out(result)


def ingested(
    services: Services,
    files: Sequence[SourceFile],
    collection: str,
    label: Label,
    access: Access,
    wanted: Callable[[str], bool] = lambda document_id: True,
) -> Iterator[FileResult]:
    """Ingest files for a caller, who must be able to read what they replace. Errors: see `Ingestor.run`."""
    opened = services.collection(collection, create=True)
    for result in opened.ingestor.run(files, label, may_replace=lambda entry: _may_read(entry, access), wanted=wanted):
        if result.status == "indexed":
            services.upkeep.written(collection, result.chunks)
        yield result


async def _standalone(services: Services, body: SearchIn | AnswerIn, access: Access, top_k: int) -> Query:
    query = to_query(services, body, access, top_k)
    if not query.history:
        return query
    chosen = services.settings.rewriting
    heeded = replace(query, history=recent(query.history, chosen.history_tokens, estimate))
    return await asyncio.to_thread(standalone, heeded, services.rewriting_model, chosen.rules)


async def opened_collection(services: Services, name: str) -> Collection:
    """Opening a collection reads the disk or asks a server: in a thread, so that other requests go on."""
    if collection := services.at_hand(name):
        return collection
    return await asyncio.to_thread(services.collection, name)


def file_name(given: str) -> str:
    """The last part of a path of any system."""
    base = composed(Path(given.replace("\\", "/")).name)
    if base in ("", "..") or "\0" in base or len(base.encode(errors="replace")) > 255:
        raise InvalidError("The upload has no usable file name; send one in the multipart part's filename.")
    return base


def _readable(services: Services, document_id: str, access: Access) -> CatalogEntry:
    """Documents that the reader may not see are as good as absent: their existence is not given away."""
    entry = services.catalog.get(document_id)
    if entry is None or not _may_read(entry, access):
        raise NotFoundError(f"There is no document {document_id!r}; `citewell documents` lists what there is.")
    return entry


def _may_read(entry: CatalogEntry, access: Access) -> bool:
    return entry.readable_by(access.tenant, access.groups)
