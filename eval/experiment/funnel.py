"""Where a missed question was lost: its evidence is followed through the stages of the pipeline."""

import logging
from collections.abc import Iterable, Sequence
from functools import cache

from api.bootstrap import Collection, Services
from api.parts import current_searcher
from eval.experiment.asking import Asked
from eval.experiment.judging import cites_evidence, is_cited, is_right
from eval.experiment.outcomes import Lost
from eval.experiment.sets import Case
from eval.metrics.text import words
from generation.citations import citation_at
from ingest.catalog_rows import CatalogEntry
from ingest.errors import CitewellError
from ingest.types import Chunk, Document, chunk_id
from retrieval.types import Access, Hit, Query

_log = logging.getLogger(__name__)


class Funnel:
    """Of one open collection. What is read of a document is kept for the questions that follow."""

    def __init__(self, services: Services, collection: Collection) -> None:
        self._services, self._collection = services, collection
        self._current = current_searcher(services.settings, collection.store, collection.hybrid, services.catalog)
        self._entries = cache(self._read_entries)
        self._document = cache(self._read_document)
        self._words = cache(self._read_words)
        self._chunks = cache(self._read_chunks)

    def where_lost(self, asked: Asked) -> Lost:
        """The first stage after which no evidence of the missed question was left; what was asked is worth more than
        this, so a failure is one more answer."""
        try:
            return self._where_lost(asked)
        except CitewellError as error:
            _log.warning("Where question %r was lost is not known: %s", asked.case.id, error)
            return Lost.UNKNOWN

    def _where_lost(self, asked: Asked) -> Lost:
        case, query = asked.case, asked.query
        documents = _wanted(case) & self._entries().keys()
        if not any(self._says(one, case) for one in documents):
            return Lost.INDEX
        packed = _packed(asked)
        # Passages may be joined: they hold what no chunk holds alone, under the id of another one.
        if not any(is_right(hit.chunk, case) for hit in (*_found(asked), *packed)):
            return self._lost_by_search(case, query, documents)
        if not self._weighed(case, query, packed):
            return Lost.CONTEXT
        return Lost.REFUSED if asked.unguarded and cites_evidence(case, asked.unguarded) else Lost.UNUSED

    def _lost_by_search(self, case: Case, query: Query, documents: Iterable[str]) -> Lost:
        right = [chunk for one in documents for chunk in self._chunks(one, query.access) if is_right(chunk, case)]
        if not right:
            return Lost.CHUNKING
        gone = self._current.left_out(query, [Hit(chunk, 0.0) for chunk in right])
        shown = {chunk.id for chunk in right if chunk.document_id not in gone}
        if not shown:
            return Lost.VERSION
        return Lost.FUSION if shown & self._candidates(query) else Lost.CANDIDATES

    def _says(self, source: str, case: Case) -> bool:
        """Whether the text that was read from the document still has the evidence."""
        quotes = [one.quote for one in case.evidence if one.document == source and one.quote.strip()]
        return not quotes or any(words(quote) in self._words(source) for quote in quotes)

    def _candidates(self, query: Query) -> set[str]:
        vector = None if query.mode == "bm25" else self._services.embedder.embed_query(query.text)
        return {key for ranked in self._collection.hybrid.branches(query, vector).values() for key, _ in ranked}

    def _weighed(self, case: Case, query: Query, packed: Sequence[Hit]) -> bool:
        """Whether a sentence of the evidence is among those that the answerer weighs."""
        found = self._services.evidence(self._collection.store).signals(query, packed)
        cited = (citation_at(one.marker, packed[one.marker - 1], one.start, one.end, 0.0) for one, _ in found)
        return any(is_cited(one, case) for one in cited)

    def _read_entries(self) -> dict[str, CatalogEntry]:
        tenant = self._services.settings.access.tenant
        return {one.source: one for one in self._services.catalog.page(self._collection.name, tenant)}

    def _read_document(self, source: str) -> Document:
        one = self._entries()[source]
        sections = self._services.catalog.sections(one.id)
        about = (one.id, one.collection, one.tenant, one.groups, one.source, one.title, one.sha256, one.revision)
        return Document(*about, sections, one.metadata)

    def _read_words(self, source: str) -> str:
        return words(self._document(source).text)

    def _read_chunks(self, source: str, access: Access) -> list[Chunk]:
        """Every chunk of the document."""
        document, count = self._document(source), self._entries()[source].chunks
        return self._collection.store.fetch(
            [chunk_id(document.id, document.revision, place) for place in range(count)], access
        )


def _found(asked: Asked) -> tuple[Hit, ...]:
    """What the search gave."""
    known = asked.answer.provenance if asked.answer else None
    return known.found if known else asked.hits


def _packed(asked: Asked) -> tuple[Hit, ...]:
    """What the generator read, or would have read: the hits of a refusal are all that was found."""
    known = asked.unguarded.provenance if asked.unguarded else None
    if known is None:
        return asked.hits
    return known.prompt.hits if known.prompt else ()


def _wanted(case: Case) -> set[str]:
    """Sources of the documents that the evidence stands in."""
    return {key for key, grade in case.grades.items() if grade > 0} | {one.document for one in case.evidence}
