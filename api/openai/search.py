"""Search in a vector store."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter

from api import operations, parts
from api.bootstrap import Collection, Services
from api.dependencies import AccessOf, ServicesOf
from api.openai.filters import condition_of, keys_of, without_unknown
from api.openai.schemas import FoundOut, FoundPage, StoreSearchIn, TextOut
from api.openai.views import collection_of
from ingest.library.files import INGESTED_PREFIX
from ingest.library.rows import filename_of
from ingest.types import FILE_ID
from retrieval.filters import EVERYTHING
from retrieval.queries.rewriting import rewritten
from retrieval.types import Access, Hit, Mode, Query

router = APIRouter(prefix="/v1/vector_stores", tags=["OpenAI"])
_MODES: dict[str, Mode] = {"vector": "dense", "keyword": "bm25", "hybrid": "hybrid"}


@router.post("/{store_id}/search")
async def search(store_id: str, body: StoreSearchIn, services: ServicesOf, access: AccessOf) -> FoundPage:
    """The passages that match best, of several queries those that match any of them best."""
    name = collection_of(store_id)
    await asyncio.to_thread(services.library.stores.get, name, access.tenant)
    collection = await operations.opened_collection(services, name)
    return await asyncio.to_thread(_found, services, collection, access, body)


def _found(services: Services, collection: Collection, access: Access, body: StoreSearchIn) -> FoundPage:
    texts = [body.query] if isinstance(body.query, str) else list(body.query)
    if body.rewrite_query:
        texts = [rewritten(text, services.rewriting_model) for text in texts]
    model = _query(services, collection, access, body)
    searcher = collection.searcher
    if body.ranking_options.ranker == "none":
        searcher = parts.searcher(
            services.settings, collection.store, collection.hybrid, services.catalog, reranker=None
        )
    hits = merged([scaled(searcher.search(replace(model, text=text)), model.mode) for text in texts])
    wanted = [hit for hit in hits if hit.score >= body.ranking_options.score_threshold]
    shown = wanted[: body.max_num_results]
    uploaded = services.library.files.ids_of({hit.chunk.document_id for hit in shown})
    return FoundPage(search_query=texts, data=[_found_out(hit, uploaded) for hit in shown])


def _query(services: Services, collection: Collection, access: Access, body: StoreSearchIn) -> Query:
    condition = condition_of(body.filters) if body.filters is not None else EVERYTHING
    keys = keys_of(condition)
    if keys:
        condition = without_unknown(condition, collection.hybrid.known_fields(access, keys))
    return Query(
        text="",
        collection=collection.name,
        tenant=access.tenant,
        groups=access.groups,
        top_k=body.max_num_results,
        mode=_MODES[body.search_mode] if body.search_mode else services.settings.retrieval.mode,
        filters=condition,
    )


def scaled(hits: Sequence[Hit], mode: Mode) -> list[Hit]:
    """Scores in [0, 1]. Cosine similarities stay what they are (with what references add to them), opposite directions
    count as 0. Scores of BM25, of both branches and of what ranks hits anew mean nothing outside their query: they
    become shares of the best one, which has 1."""
    cosines = mode == "dense" and all(map(_is_cosine, hits))
    best = 1.0 if cosines else max((hit.score for hit in hits), default=0.0)
    return [replace(hit, score=min(max(hit.score / best, 0.0), 1.0) if best > 0 else 0.0) for hit in hits]


def _is_cosine(hit: Hit) -> bool:
    cosine = hit.origin.get("dense")
    return cosine is not None and (hit.score == cosine or ("named" in hit.origin and hit.score > cosine))


def merged(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Each passage once, with the best of its scores; equal ones in the order of the queries."""
    best: dict[str, Hit] = {}
    for hit in (hit for ranking in rankings for hit in ranking):
        if hit.chunk.id not in best or hit.score > best[hit.chunk.id].score:
            best[hit.chunk.id] = hit
    return sorted(best.values(), key=lambda hit: -hit.score)


def _found_out(hit: Hit, uploaded: Mapping[str, str]) -> FoundOut:
    """`uploaded`: the files of documents. What was ingested otherwise may have a `file_id` of its own."""
    chunk = hit.chunk
    attributes = dict(chunk.metadata)
    file_id = uploaded.get(chunk.document_id)
    if file_id:
        attributes.pop(FILE_ID, None)
    return FoundOut(
        file_id=file_id or INGESTED_PREFIX + chunk.document_id,
        filename=filename_of(chunk.source),
        score=round(hit.score, 6),
        attributes=attributes,
        content=[TextOut(text=chunk.text)],
    )
