"""Citewell in LlamaIndex: a retriever and a query engine over a reader, here or at a running server."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from api.bodies import body
from api.reader import Reader
from api.schemas import AnswerIn, HitOut, SearchIn
from api.schemas_answers import AnswerOut, CitationOut

_Result = TypeVar("_Result")
_NOT_FOR_MODELS = ["document_id", "chunk_id", "char_start", "char_end", "kind", "marker"]
"""Metadata that says nothing to a language model or an embedding model."""


class CitewellRetriever(BaseRetriever):
    """Passages as nodes, best first. Their metadata are those of the document, and `document_id`, `title`, `source`,
    `page`, `headings`, `kind`, `char_start` and `char_end` (offsets into the document's text, in characters).

    Args:
        top_k, mode: as in a search; None: as the settings say.
        filters: as in `POST /v1/search`.

    Retrieving raises CitewellError, with a message that says what to do.
    """

    def __init__(
        self,
        reader: Reader,
        collection: str = "default",
        top_k: int | None = None,
        mode: str | None = None,
        filters: Mapping[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager)
        self._reader = reader
        self._asked = {"collection": collection, "top_k": top_k, "mode": mode, "filters": filters}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _waited(self._aretrieve(query_bundle))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = await self._reader.search(body(SearchIn, query=query_bundle.query_str, **self._asked))
        return [_hit_node(hit) for hit in found.hits]


class CitewellQueryEngine(BaseQueryEngine):
    """Answers that Citewell wrote and checked; no model of LlamaIndex is asked.

    The source nodes of a response are the quotes, scored with their support in [0, 1]; its metadata are `confidence`
    in [0, 1], `refused` (then there are no source nodes), `trace_id` and `model`.

    Args:
        mode: as in a search; None: as the settings say.
        filters: as in `POST /v1/answers`.

    Querying raises CitewellError, with a message that says what to do.
    """

    def __init__(
        self,
        reader: Reader,
        collection: str = "default",
        mode: str | None = None,
        filters: Mapping[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager)
        self._reader = reader
        self._asked = {"collection": collection, "mode": mode, "filters": filters}

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _waited(self._aquery(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await self._reader.answer(body(AnswerIn, query=query_bundle.query_str, **self._asked)))


def _waited(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of `work`, in a thread of its own where this one runs an event loop already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def _response(answer: AnswerOut) -> Response:
    said = {name: getattr(answer, name) for name in ("confidence", "refused", "trace_id", "model")}
    return Response(answer.text, [_citation_node(one) for one in answer.citations], said)


def _hit_node(hit: HitOut) -> NodeWithScore:
    metadata = {**hit.metadata, **hit.model_dump(include={*_PLACE, "kind"})}
    return NodeWithScore(node=_node(hit.chunk_id, hit.text, hit, metadata), score=hit.score)


def _citation_node(citation: CitationOut) -> NodeWithScore:
    metadata = citation.model_dump(include={*_PLACE, "marker", "chunk_id"})
    key = f"{citation.chunk_id}:{citation.char_start}-{citation.char_end}"  # two quotes may come from one chunk
    return NodeWithScore(node=_node(key, citation.quote, citation, metadata), score=citation.support)


_PLACE = ("document_id", "title", "source", "page", "headings", "char_start", "char_end")


def _node(key: str, text: str, place: HitOut | CitationOut, metadata: dict[str, Any]) -> TextNode:
    return TextNode(
        id_=key,
        text=text,
        metadata=metadata,
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
        start_char_idx=place.char_start,
        end_char_idx=place.char_end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=place.document_id)},
    )
