"""MCP: the tools, asked in process."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from api.bootstrap import Services
from api.mcp.tools import create_server
from api.schemas import DocumentPartOut, DocumentTextOut, SearchIn, SearchOut
from api.schemas_answers import AnswerOut
from retrieval.types import Access
from tests.api.conftest import HOURS
from tests.api.mcp_client import PAGE, asked, call, failure, hits, local, text
from tests.api.shelf import LONG, id_of, shelf


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with shelf(tmp_path_factory.mktemp("mcp")) as services:
        yield services


def test_three_tools_are_offered_with_schemas(library: Services) -> None:
    tools = {tool.name: tool for tool in asked(local(library), lambda client: client.list_tools()).tools}
    assert list(tools) == ["search", "answer", "read_document"]
    assert {name: set(tool.input_schema["properties"]) for name, tool in tools.items()} == {
        "search": {"query", "top_k", "filters", "collection"},
        "answer": {"question", "filters", "collection"},
        "read_document": {"document_id", "char_start", "char_end"},
    }
    assert [tool.input_schema["required"] for tool in tools.values()] == [["query"], ["question"], ["document_id"]]
    for tool in tools.values():
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


def test_search_gives_passages(library: Services) -> None:
    result = call(local(library), "search", query="parental leave", top_k=1)
    (hit,) = SearchOut.model_validate(result.structured_content).hits
    assert hit.source == "upload:leave.md"
    assert text(result) == (
        f"[1] Leave (upload:leave.md); document_id {hit.document_id}, "
        f"characters {hit.char_start}-{hit.char_end}, score {hit.score:.3f}\n{hit.text}"
    )


@pytest.mark.parametrize(
    "filters", [{"year": 2023}, '{"year": 2023}', {"year": {"$lt": 2025}}, {"$not": {"title": ["Leave", "Travel"]}}]
)
def test_filters(library: Services, filters: object) -> None:
    assert hits(call(local(library), "search", query="parental leave", filters=filters)) == ["hours.txt"]
    answer = AnswerOut.model_validate(
        call(local(library), "answer", question="When does the office open?", filters=filters).structured_content
    )
    assert {one.source for one in answer.citations} == {"upload:hours.txt"}


def test_null_is_the_default(library: Services) -> None:
    assert len(hits(call(local(library), "search", query="leave", top_k=None, filters=None, collection=None))) > 1


def test_nothing_found(library: Services) -> None:
    result = call(local(library), "search", query="leave", filters={"year": 1999})
    assert (hits(result), text(result)[:17]) == ([], "Nothing was found")


def test_an_answer_has_its_citations(library: Services) -> None:
    result = call(local(library), "answer", question="How long is parental leave?")
    answer = AnswerOut.model_validate(result.structured_content)
    assert not answer.refused
    assert (answer.trace_id, answer.hits) == ("trace-1", [])
    first = answer.citations[0]
    assert first.quote == "Parental leave is thirty days."
    assert answer.short
    said = f"In short: {answer.short.text} [1]\n\n{answer.text}"
    assert text(result).startswith(f"{said}\n\nConfidence {answer.confidence:.2f}. Quoted from:\n\n[")
    place = f"characters {first.char_start}-{first.char_end}, support {first.support:.2f}"
    assert f"Leave (upload:leave.md); document_id {first.document_id}, {place}\n{first.quote}" in text(result)


def test_a_refusal_says_so_and_shows_what_is_nearest(tmp_path: Path) -> None:
    with shelf(tmp_path, min_confidence=1.0) as services:
        result = call(local(services), "answer", question="Who won the chess championship?")
    answer = AnswerOut.model_validate(result.structured_content)
    assert (result.is_error, answer.refused, answer.citations, len(answer.hits)) == (False, True, [], 3)
    assert text(result).startswith(f"REFUSED, confidence {answer.confidence:.2f}: ")
    assert f"Nearest passages, which may be about something else:\n\n- {answer.hits[0].title}" in text(result)


def test_a_document_is_read_page_by_page(library: Services) -> None:
    key, start, pages = id_of(library, "travel.md"), 0, []
    while True:
        result = call(local(library), "read_document", document_id=key, char_start=start)
        part = DocumentPartOut.model_validate(result.structured_content)
        assert (part.char_start, part.char_end) == (start, start + len(part.text))
        assert len(part.text) <= PAGE
        pages.append(part.text)
        if part.next is None:
            break
        assert text(result).endswith(f"{part.text}\n\n(There is more: read on with char_start {part.next}.)")
        start = part.next
    assert text(result).endswith(part.text)
    assert (len("".join(pages)), part.char_end) == (part.characters, part.characters)
    assert re.sub(r"\s+", " ", "".join(pages)).strip() == re.sub(r"\s+", " ", LONG.removeprefix("# Travel")).strip()


def test_a_range_is_what_a_citation_quotes(library: Services) -> None:
    asked_first = call(local(library), "answer", question="How long is parental leave?")
    first = AnswerOut.model_validate(asked_first.structured_content).citations[0]
    place = {"document_id": first.document_id, "char_start": first.char_start, "char_end": first.char_end}
    part = DocumentPartOut.model_validate(call(local(library), "read_document", **place).structured_content)
    assert (part.text, part.next, part.title) == (first.quote, None, "Leave")


def test_a_wide_range_is_paged_as_well(library: Services) -> None:
    wide = {"document_id": id_of(library, "travel.md"), "char_start": 10, "char_end": 10 + PAGE + 1}
    part = DocumentPartOut.model_validate(call(local(library), "read_document", **wide).structured_content)
    assert (part.char_end, part.next) == (10 + PAGE, 10 + PAGE)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("search", {"query": "x", "collection": "absent"}, "There is no collection 'absent' in "),
        ("answer", {"question": "x", "collection": "absent"}, "There is no collection 'absent' in "),
        ("search", {"query": "x", "collection": "../up"}, "collection: String should match pattern"),
        ("search", {"query": " "}, "query: String should have at least 1 character."),
        ("search", {}, "query: Field required."),
        ("search", {"query": "x", "limit": 3}, "limit: unknown field; known are collection, filters, query, top_k."),
        ("search", {"query": "x", "top_k": 51}, "top_k: Input should be less than or equal to 50."),
        ("search", {"query": "x", "filters": "year"}, "filters: Input should be a valid dictionary."),
        ("search", {"query": "x", "filters": {"yaer": 1}}, "No document that you may read has a field 'yaer'"),
        ("answer", {"question": "x", "filters": {"year": {"$near": 1}}}, "$near is no operator of a field"),
        ("read_document", {"document_id": "absent"}, "There is no document 'absent'"),
        ("read_document", {"document_id": "../search"}, "document_id: String should match pattern"),
    ],
)
def test_mistakes_are_results_that_say_what_to_do(
    library: Services, tool: str, arguments: dict[str, Any], message: str
) -> None:
    assert failure(call(local(library), tool, **arguments)).startswith(message)


def test_a_range_outside_of_the_document(library: Services) -> None:
    key = id_of(library, "hours.txt")
    whole = call(local(library), "read_document", document_id=key)
    size = DocumentPartOut.model_validate(whole.structured_content).characters
    assert size >= len(HOURS.strip())
    beyond = call(local(library), "read_document", document_id=key, char_start=size)
    assert failure(beyond) == f"The document has {size} characters; char_start must be less."
    empty = call(local(library), "read_document", document_id=key, char_start=5, char_end=5)
    assert failure(empty) == "char_end must be greater than char_start, which is 5."


def test_a_tool_that_does_not_exist_is_an_error_of_the_protocol(library: Services) -> None:
    async def delete(client: Client) -> None:
        with pytest.raises(MCPError, match="There is no tool 'delete'; there are search, answer, read_document"):
            await client.call_tool("delete", {})

    asked(local(library), delete)


def test_others_documents_are_as_good_as_absent(library: Services) -> None:
    theirs = id_of(library, "secret.md", Access("other"))
    assert failure(call(local(library), "read_document", document_id=theirs)).startswith("There is no document")
    assert "secret.md" not in hits(call(local(library), "search", query="parental leave secret", top_k=50))
    assert hits(call(local(library, Access("other")), "search", query="parental leave secret")) == ["secret.md"]


def test_what_a_group_may_read_is_for_the_group(library: Services) -> None:
    outsider, key = local(library, Access("acme")), id_of(library, "leave.md")
    assert "leave.md" not in hits(call(outsider, "search", query="parental leave", top_k=50))
    assert failure(call(outsider, "read_document", document_id=key)).startswith("There is no document")
    answer = AnswerOut.model_validate(
        call(outsider, "answer", question="How long is parental leave?").structured_content
    )
    assert "upload:leave.md" not in {one.source for one in answer.citations}


class Broken:
    """A reader that fails in a way that nobody foresaw."""

    async def search(self, body: SearchIn) -> SearchOut:
        raise RuntimeError("the password is swordfish")

    answer = search

    async def document(self, document_id: str) -> DocumentTextOut:
        raise RuntimeError("the password is swordfish")


def test_a_crash_is_logged_and_told_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    result = call(create_server(Broken(), PAGE), "search", query="x")  # type: ignore[arg-type]
    assert failure(result) == "An unexpected error happened; the log of `citewell mcp` has the details."
    assert "swordfish" in caplog.text
