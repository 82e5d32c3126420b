"""Where a missed question was lost: its evidence is followed through the stages of the pipeline."""

from pathlib import PurePath

from api.bootstrap import Collection, Services
from eval.experiment.asking import Asked
from eval.experiment.judging import cites_evidence, is_right
from eval.experiment.outcomes import Lost
from eval.experiment.sets import Case
from eval.metrics.text import words
from ingest.catalog import CatalogEntry
from ingest.types import SECTION_SEPARATOR, Chunk
from retrieval.types import Query

_ALL = 10_000


def where_lost(asked: Asked, services: Services, collection: Collection) -> Lost:
    """The first stage after which no evidence of the missed question was left."""
    case, query = asked.case, asked.query
    entries = _entries(case, services, collection)
    if not any(_says(entry, case, services) for entry in entries):
        return Lost.INDEX
    right = {
        chunk.id for entry in entries for chunk in _chunks(entry, services, collection, query) if is_right(chunk, case)
    }
    if not right:
        return Lost.CHUNKING
    if not right & _candidates(services, collection, query):
        return Lost.CANDIDATES
    if not right & {hit.chunk.id for hit in asked.hits}:
        return Lost.FUSION
    if not _weighed(asked, services, collection):
        return Lost.CONTEXT
    return Lost.REFUSED if asked.unguarded and cites_evidence(case, asked.unguarded) else Lost.UNUSED


def _entries(case: Case, services: Services, collection: Collection) -> list[CatalogEntry]:
    wanted = {key for key, grade in case.grades.items() if grade > 0} | {one.document for one in case.evidence}
    found = services.catalog.page(collection.name, services.settings.access.tenant)
    return [entry for entry in found if entry.source in wanted or PurePath(entry.source).name in wanted]


def _says(entry: CatalogEntry, case: Case, services: Services) -> bool:
    """Whether the text that was read from the document still has the evidence."""
    quotes = [one.quote for one in case.evidence if one.document == PurePath(entry.source).name and one.quote.strip()]
    if not quotes:
        return True
    text = words(SECTION_SEPARATOR.join(section.text for section in services.catalog.sections(entry.id)))
    return any(words(quote) in text for quote in quotes)


def _chunks(entry: CatalogEntry, services: Services, collection: Collection, query: Query) -> list[Chunk]:
    """Every chunk of the document."""
    vector = services.embedder.embed_query(query.text)
    found = collection.store.dense(vector, query.access, {"document_id": entry.id}, _ALL)
    return collection.store.fetch([key for key, _ in found], query.access)


def _candidates(services: Services, collection: Collection, query: Query) -> set[str]:
    vector = None if query.mode == "bm25" else services.embedder.embed_query(query.text)
    return {key for ranked in collection.searcher.branches(query, vector).values() for key, _ in ranked}


def _weighed(asked: Asked, services: Services, collection: Collection) -> bool:
    """Whether a sentence of the evidence is among those that the answerer weighs."""
    gold = [words(one.quote) for one in asked.case.evidence]
    signals = services.evidence(collection.store).signals(asked.query, asked.hits)
    return any(_common(words(one.text), quote) for one, _ in signals for quote in gold)


def _common(text: str, quote: str) -> bool:
    return not quote.strip() or text in quote or quote in text
