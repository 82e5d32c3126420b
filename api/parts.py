"""The parts of one collection, as the settings want them."""

import json
import logging
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.settings import Settings
from api.tuned import Abstention, load_tuned
from ingest.catalog import Catalog
from ingest.catalog_rows import DERIVED_VERSION
from ingest.pipeline import Ingestor
from ingest.ports import Embedder, Parser
from ingest.types import joined_text
from retrieval.diversity import KEEP_ALL, DiverseSearcher, DiversityOptions
from retrieval.neighbours import NeighbourSearcher
from retrieval.ports import PairScorer, Searcher, Store
from retrieval.queries.acronyms import AcronymSearcher
from retrieval.queries.exact import ExactSearcher
from retrieval.queries.feedback import FeedbackSearcher
from retrieval.queries.parts import PartsSearcher
from retrieval.queries.spelling import SpellingSearcher
from retrieval.recency import RecencySearcher
from retrieval.references import ReferenceSearcher
from retrieval.reranking import RerankingSearcher, RerankOptions, TimedSearcher
from retrieval.searcher import FusionOptions, HybridSearcher
from retrieval.versions import CurrentSearcher

if TYPE_CHECKING:
    from retrieval.store.bm25 import Bm25Parameters
    from retrieval.store.identity import Identity
    from retrieval.store.options import IndexOptions

_log = logging.getLogger(__name__)
_LOOKED_AT = 50
"""Hits that references are followed to, unless a branch finds fewer."""


def store(settings: Settings, name: str, data: Path, embedder: Embedder) -> Store:
    """Opens it, or makes it."""
    match settings.store.engine:
        case "edge":
            from retrieval.store.edge import EdgeStore

            return EdgeStore(data / "collections" / name, _identity(settings, embedder), _options(settings))
        case "server":
            from retrieval.store.server import ServerStore

            identity, options = _identity(settings, embedder), _options(settings)
            return ServerStore.connect(*_server(settings), name, identity, options, settings.store.timeout_s)


def has_store(settings: Settings, name: str, data: Path) -> bool:
    """Whether `store` would open one that there is already. Makes nothing."""
    match settings.store.engine:
        case "edge":
            return (data / "collections" / name).exists()
        case "server":
            from retrieval.store.server import is_there

            return is_there(*_server(settings), name, settings.store.timeout_s)


def ingestor(
    settings: Settings,
    name: str,
    sink: Store,
    parser: Parser,
    embedder: Embedder,
    catalog: Catalog,
    proceed: Callable[[], None],
) -> Ingestor:
    from ingest.chunkers import CHUNKER_VERSION, TokenChunker
    from ingest.parsers.routing import PARSER_VERSION

    chosen = settings.ingestion
    known = [PARSER_VERSION, CHUNKER_VERSION, DERIVED_VERSION, chosen.chunk_tokens, chosen.overlap_tokens]
    return Ingestor(
        parser=parser,
        chunker=TokenChunker(embedder.token_spans, embedder.max_tokens, chosen.chunk_tokens, chosen.overlap_tokens),
        embedder=embedder,
        sink=sink,
        catalog=catalog,
        collection=name,
        fingerprint=json.dumps(known),
        batch_chunks=chosen.batch_chunks,
        max_bytes=int(chosen.max_file_mb * 2**20),
        workers=chosen.workers,
        proceed=proceed,
    )


def tuned_weight(settings: Settings, data: Path, name: str) -> float | None:
    """What was fitted to the collection, where the settings want it."""
    return load_tuned(data, name).dense_weight if settings.retrieval.tuned else None


def tuned_abstention(settings: Settings, data: Path, name: str) -> Abstention | None:
    """What was fitted to the collection, where the settings want it and are those that it was fitted with."""
    found = load_tuned(data, name).abstention if settings.answers.tuned else None
    if found and found.fitted_with != abstention_settings(settings, tuned_weight(settings, data, name)):
        _log.warning(
            "The confidence that was fitted to the collection %r belongs to other settings and is not used; "
            "run `citewell tune abstention` again.",
            name,
        )
        return None
    return found


def abstention_settings(settings: Settings, tuned: float | None) -> dict[str, Any]:
    """What decides the figures that a confidence is fitted to."""
    retrieval, answers = settings.retrieval, settings.answers
    return {
        "embedding": settings.embedding.model,
        "mode": retrieval.mode,
        "dense_weight": fusion_options(settings, tuned).dense_weight,
        "reranker": retrieval.reranker,
        "passages": answers.passages,
        "cross_encoder": answers.cross_encoder,
        "generator": answers.generator,
        "model": answers.model,
    }


def fusion_options(settings: Settings, tuned: float | None) -> FusionOptions:
    """`tuned`: takes the place of `retrieval.dense_weight`."""
    chosen = settings.retrieval
    return FusionOptions(chosen.fusion, chosen.dense_weight if tuned is None else tuned, chosen.rrf_k)


def bm25_parameters(settings: Settings) -> "Bm25Parameters":
    from retrieval.store.bm25 import Bm25Parameters

    words = settings.bm25
    return Bm25Parameters(words.k1, words.b, words.average_length, words.language)


def hybrid_searcher(
    settings: Settings, where: Store, embedder: Embedder, catalog: Catalog, tuned: float | None
) -> HybridSearcher:
    """`tuned`: takes the place of `retrieval.dense_weight`."""
    fusion = fusion_options(settings, tuned)
    return HybridSearcher(where, embedder.embed_query, catalog.revisions, fusion, settings.retrieval.candidates)


def current_searcher(settings: Settings, where: Store, hybrid: HybridSearcher, catalog: Catalog) -> CurrentSearcher:
    """What both branches find, as far as it is in force."""
    chosen = settings.retrieval
    found: Searcher = FeedbackSearcher(hybrid, where) if chosen.feedback else hybrid
    return CurrentSearcher(found, catalog, date.today, supersede=chosen.versions == "current")


def searcher(
    settings: Settings,
    where: Store,
    hybrid: HybridSearcher,
    catalog: Catalog,
    reranker: PairScorer | None,
) -> Searcher:
    """The search of both branches with what is put round it, innermost first."""
    chosen = settings.retrieval
    found: Searcher = current_searcher(settings, where, hybrid, catalog)
    if chosen.exact_match:
        found = ExactSearcher(found)
    if reranker:
        options = RerankOptions(
            chosen.rerank_candidates, chosen.rerank_weight, chosen.rerank_scale, chosen.rerank_budget_ms
        )
        found = RerankingSearcher(found, reranker, options)
    if chosen.follow_references:
        found = ReferenceSearcher(found, chosen.follow_references, min(_LOOKED_AT, chosen.candidates))
    if chosen.recency_weight:
        found = RecencySearcher(found, chosen.recency_weight, chosen.recency_half_life_days, date.today)
    found = reworded(settings, where, found, catalog)
    diversity = DiversityOptions(chosen.near_duplicates, chosen.per_document, chosen.mmr)
    if diversity != KEEP_ALL:
        found = DiverseSearcher(found, where, diversity)
    if reranker and chosen.rerank_budget_ms is not None:
        found = TimedSearcher(found, chosen.rerank_budget_ms)
    if chosen.neighbours:
        found = NeighbourSearcher(found, where, lambda key: joined_text(catalog.sections(key)), chosen.neighbours)
    return found


def reworded(settings: Settings, where: Store, inner: Searcher, catalog: Catalog) -> Searcher:
    """What searches with other words than those of the question, innermost first."""
    chosen = settings.retrieval
    if chosen.spell_out_acronyms:
        inner = AcronymSearcher(inner, catalog)
    if chosen.correct_spelling:
        inner = SpellingSearcher(inner, where)
    return PartsSearcher(inner) if chosen.split_questions else inner


def _options(settings: Settings) -> "IndexOptions":
    from retrieval.store.options import IndexOptions

    names = {one.name for one in fields(IndexOptions)}
    return IndexOptions(**settings.store.model_dump(include=names))


def _server(settings: Settings) -> tuple[str, str | None]:
    """URL and key."""
    key = settings.store.api_key
    return settings.store.url or "", key.get_secret_value() if key else None


def _identity(settings: Settings, embedder: Embedder) -> "Identity":
    from retrieval.embedders.weights import weights_key
    from retrieval.store.identity import Identity

    here = settings.embedding.runtime in ("torch", "onnx")  # the name of a static model says what it was made of
    weights = weights_key(settings.embedding.model) if here else None
    return Identity(embedder.name, embedder.dimension, bm25_parameters(settings), weights=weights)
