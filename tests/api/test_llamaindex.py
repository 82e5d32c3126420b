"""LlamaIndex: the retriever and the query engine, at once and awaited, in process and through a server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import MetadataMode, NodeWithScore

from api.bootstrap import Services
from api.client import RestClient
from api.llamaindex import CitewellQueryEngine, CitewellRetriever
from api.reader import LocalReader, Reader, RemoteReader
from ingest.errors import FilterError, InvalidError, UnavailableError
from retrieval.types import Access
from tests.api.conftest import settings_for
from tests.api.shelf import READER, id_of, rest, shelf

QUESTION = "How long is parental leave?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with shelf(tmp_path_factory.mktemp("llamaindex")) as services:
        yield services


@pytest.fixture(scope="module", params=["here", "there"])
def reader(request: pytest.FixtureRequest, library: Services) -> Iterator[Reader]:
    if request.param == "here":
        yield LocalReader(library, READER)
        return
    with rest(library) as url, RestClient(url) as client:
        yield RemoteReader(client)


@pytest.fixture(params=["at once", "awaited", "at once inside a loop"])
def way(request: pytest.FixtureRequest) -> str:
    way: str = request.param
    return way


def retrieve(way: str, retriever: CitewellRetriever, query: str = QUESTION) -> list[NodeWithScore]:
    async def inside() -> list[NodeWithScore]:
        return retriever.retrieve(query)

    match way:
        case "at once":
            return retriever.retrieve(query)
        case "awaited":
            return asyncio.run(retriever.aretrieve(query))
    return asyncio.run(inside())


def query(way: str, engine: CitewellQueryEngine, question: str = QUESTION) -> Response:
    async def inside() -> Any:
        return engine.query(question)

    async def awaited() -> Any:
        return await engine.aquery(question)

    response = engine.query(question) if way == "at once" else asyncio.run(awaited() if way == "awaited" else inside())
    assert isinstance(response, Response)
    return response


def test_passages_become_nodes(library: Services, reader: Reader, way: str) -> None:
    (found,) = retrieve(way, CitewellRetriever(reader, top_k=1, filters={"year": 2025}))
    key, metadata = id_of(library, "leave.md"), found.node.metadata
    text = operations_text(library, key)
    assert found.score is not None
    assert found.score > 0
    assert found.text == text[metadata["char_start"] : metadata["char_end"]]
    place = {"document_id": key, "title": "Leave", "source": "upload:leave.md", "page": None, "headings": ["Leave"]}
    span = {"char_start": metadata["char_start"], "char_end": metadata["char_end"]}
    assert metadata == {**place, **span, "kind": "text", "year": 2025}
    assert found.node.ref_doc_id == key
    assert (found.node.start_char_idx, found.node.end_char_idx) == (span["char_start"], span["char_end"])  # type: ignore[attr-defined]


def operations_text(services: Services, key: str) -> str:
    return asyncio.run(LocalReader(services, READER).document(key)).text


def test_what_a_model_reads_has_title_and_headings_but_no_ids(reader: Reader) -> None:
    (found,) = retrieve("at once", CitewellRetriever(reader, top_k=1, filters={"year": 2025}))
    read = found.node.get_content(MetadataMode.LLM)
    assert "title: Leave" in read
    assert "document_id" not in read
    assert "char_start" not in read


def test_nodes_come_in_the_order_of_their_scores(reader: Reader) -> None:
    found = retrieve("at once", CitewellRetriever(reader, top_k=3, mode="bm25"), "train tickets of class leave")
    scores = [node.score or 0.0 for node in found]
    assert len(found) == 3
    assert scores == sorted(scores, reverse=True)


def test_an_answer_becomes_a_response(library: Services, reader: Reader, way: str) -> None:
    response = query(way, CitewellQueryEngine(reader, filters={"title": "Leave"}))
    assert response.response is not None
    assert "Parental leave is thirty days." in response.response
    assert response.metadata is not None
    assert set(response.metadata) == {"confidence", "refused", "trace_id", "model"}
    assert (response.metadata["refused"], response.metadata["trace_id"]) == (False, "trace-1")
    first = response.source_nodes[0]
    text = operations_text(library, first.node.metadata["document_id"])
    assert first.text == text[first.node.metadata["char_start"] : first.node.metadata["char_end"]]
    assert f"[{first.node.metadata['marker']}]" in response.response
    assert 0 <= (first.score or 0.0) <= 1
    assert len({node.node_id for node in response.source_nodes}) == len(response.source_nodes)


def test_a_refusal_has_no_sources(tmp_path: Path) -> None:
    with shelf(tmp_path, min_confidence=1.0) as services:
        response = query("at once", CitewellQueryEngine(LocalReader(services, READER)))
    assert response.metadata is not None
    assert (response.metadata["refused"], response.source_nodes) == (True, [])
    assert (response.response or "").startswith("I don't know")


def test_others_documents_are_not_found(library: Services) -> None:
    found = retrieve("at once", CitewellRetriever(LocalReader(library, Access("other")), top_k=50))
    assert {node.node.metadata["source"] for node in found} == {"upload:secret.md"}


@pytest.mark.parametrize(
    ("options", "question", "message"),
    [
        ({"collection": "absent"}, QUESTION, "There is no collection 'absent'"),
        ({"filters": {"yaer": 1}}, QUESTION, "has a field 'yaer'"),
        ({"mode": "exact"}, QUESTION, "mode: Input should be 'dense', 'bm25' or 'hybrid'"),
        ({}, "  ", "query: String should have at least 1 character"),
    ],
)
def test_mistakes_are_errors_of_this_house(reader: Reader, options: Any, question: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        retrieve("at once", CitewellRetriever(reader, **options), question)
    with pytest.raises(InvalidError, match=message):
        query("awaited", CitewellQueryEngine(reader, **options), question)


def test_an_error_inside_a_loop_is_the_same_error(library: Services) -> None:
    with pytest.raises(FilterError):
        retrieve("at once inside a loop", CitewellRetriever(LocalReader(library, READER), filters={"yaer": 1}))


def test_a_server_that_is_not_there() -> None:
    with RestClient("http://127.0.0.1:1") as client, pytest.raises(UnavailableError, match="check the URL"):
        query("at once", CitewellQueryEngine(RemoteReader(client)))


@pytest.mark.slow
def test_with_the_real_models(indexed: Path) -> None:
    with Services(settings_for(indexed)) as services:
        reader = LocalReader(services, Access("default"))
        assert retrieve("at once", CitewellRetriever(reader, top_k=1))[0].node.metadata["title"] == "Leave"
        response = query("awaited", CitewellQueryEngine(reader))
    assert response.source_nodes[0].text == "Parental leave is thirty days."
